package chain

import (
	"errors"
	"net/url"
	"reflect"
	"slices"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/interceptor"
)

// addRetryCondition makes resty ask retryable, once.
func addRetryCondition(client *resty.Client) {
	if !slices.ContainsFunc(client.RetryConditions, isRetryable) {
		client.AddRetryCondition(retryable)
	}
}

func isRetryable(f resty.RetryConditionFunc) bool {
	return reflect.ValueOf(f).Pointer() == reflect.ValueOf(retryable).Pointer()
}

// retryable is resty's default, to retry what failed on the wire, without what an interceptor rejected. Once there is a
// condition resty has no default, so this one has to decide everything, unless the user has conditions too: then
// those decide, as they would have without the chain.
func retryable(resp *resty.Response, err error) bool {
	if err == nil || resp == nil || hasConditions(resp.Request) {
		return false // resp is nil when a hook of resty's failed before anything was sent
	}
	if _, ok := errors.AsType[*rejection](err); ok {
		return false
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return true
	}
	// What is left failed while the body was read, which resty retries, or in a hook behind, which it does not. Resty
	// does not say which, but it sets the size when the body was read.
	return resp.Size() == 0 && (len(resp.Body()) > 0 || interceptor.KindOf(err) != interceptor.KindUnknown)
}

// hasConditions tells whether the user added conditions to the request or its client.
func hasConditions(r *resty.Request) bool {
	v := reflect.ValueOf(r).Elem()
	if own := v.FieldByName("retryConditions"); own.IsValid() && own.Len() > 0 {
		return true
	}
	client := v.FieldByName("client")
	return client.IsValid() && !client.IsNil() && client.Elem().FieldByName("RetryConditions").Len() > 1
}
