package endpoints

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
)

// Client is how a client authenticates at an endpoint of an OAuth 2.0 server.
type Client struct {
	ID, Secret string
	InHeader   bool // the secret goes into the Authorization header, else into the body
	Assertion  func(ctx context.Context, audience string) (string, error)
}

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// apply authenticates a request with the given form and header. Audience is the URL of the
// endpoint.
func (c Client) apply(ctx context.Context, audience string, form url.Values, h http.Header) error {
	switch {
	case c.Assertion != nil: // RFC 7523, section 2.2
		assertion, err := c.Assertion(ctx, audience)
		if err != nil {
			return fmt.Errorf("the client assertion: %w", err)
		}
		form.Set("client_assertion_type", assertionType)
		form.Set("client_assertion", assertion)
		form.Set("client_id", c.ID)
	case c.InHeader: // RFC 6749, section 2.3.1
		basic := http.Request{Header: h}
		basic.SetBasicAuth(url.QueryEscape(c.ID), url.QueryEscape(c.Secret))
	default:
		form.Set("client_id", c.ID)
		if c.Secret != "" {
			form.Set("client_secret", c.Secret)
		}
	}
	if form.Get("client_id") == "" {
		form.Del("client_id")
	}
	return nil
}

// Grant returns the call of a token endpoint with a grant. The parameters of the grant win over
// params.
func Grant(
	ctx context.Context, endpoint string, client Client, params, grant url.Values, transport http.RoundTripper,
) (Call, error) {
	form, h := make(url.Values), make(http.Header)
	maps.Copy(form, params)
	maps.Copy(form, grant)
	if err := client.apply(ctx, endpoint, form, h); err != nil {
		return Call{}, err
	}
	return Call{
		Method: http.MethodPost, URL: endpoint, ContentType: FormType, Body: form.Encode(), Header: h, Transport: transport,
	}, nil
}
