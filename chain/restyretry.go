package chain

import (
	"compress/gzip"
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

// retryable is resty's default, which is to retry what failed on the wire, without what an
// interceptor rejected. A client with a condition has no default, so this one decides everything,
// unless the user has conditions, too: then those decide, as they would without the chain.
func retryable(resp *resty.Response, err error) bool {
	if err == nil || resp == nil || hasConditions(resp.Request) {
		return false // resp is nil when a hook of resty's failed before anything was sent
	}
	if f, ok := errors.AsType[*failure](err); ok && f.rejected {
		return false
	}
	if _, ok := errors.AsType[*url.Error](err); ok {
		return true
	}
	// The rest failed while the body was read, which resty retries, or in a later hook, which it
	// does not. Resty does not say which, but it sets body and size when the body was read.
	switch body := resp.Body(); {
	case set(field(resp.Request, "isSaveResponse")): // then a hook reads it
		return false
	case body == nil:
		return true
	default:
		return resp.Size() == 0 && (len(body) > 0 || readError(err))
	}
}

// readError reports whether err comes from reading a body, not from a hook.
func readError(err error) bool {
	return interceptor.KindOf(err) != interceptor.KindUnknown || errors.Is(err, gzip.ErrHeader)
}

// hasConditions reports whether the user added conditions to the request or its client.
func hasConditions(r *resty.Request) bool {
	if set(field(r, "retryConditions")) {
		return true
	}
	client := field(r, "client")
	return set(client) && client.Elem().FieldByName("RetryConditions").Len() > 1
}

// field reads one of the unexported fields of a request that resty has no accessor for.
func field(r *resty.Request, name string) reflect.Value {
	return reflect.ValueOf(r).Elem().FieldByName(name)
}

// set reports whether a field holds anything; a field that a later version of resty lacks does not.
func set(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Bool:
		return v.Bool()
	case reflect.Slice:
		return v.Len() > 0
	case reflect.Pointer:
		return !v.IsNil()
	default:
		return false
	}
}
