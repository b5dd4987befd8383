package auth

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"
)

// clientAuth is how a client authenticates at an endpoint of an OAuth 2.0 server.
type clientAuth struct {
	id, secret string
	style      oauth2.AuthStyle // AutoDetect: the header for a client with a secret, else the body
	assertion  func(ctx context.Context, audience string) (string, error)
}

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// apply authenticates a request with the given form and header. Audience is the URL of the
// endpoint.
func (c clientAuth) apply(ctx context.Context, audience string, form url.Values, h http.Header) error {
	switch {
	case c.assertion != nil: // RFC 7523, section 2.2
		assertion, err := c.assertion(ctx, audience)
		if err != nil {
			return fmt.Errorf("the client assertion: %w", err)
		}
		form.Set("client_assertion_type", assertionType)
		form.Set("client_assertion", assertion)
		form.Set("client_id", c.id)
	case c.inHeader(): // RFC 6749, section 2.3.1
		basic := http.Request{Header: h}
		basic.SetBasicAuth(url.QueryEscape(c.id), url.QueryEscape(c.secret))
	default:
		form.Set("client_id", c.id)
		if c.secret != "" {
			form.Set("client_secret", c.secret)
		}
	}
	if form.Get("client_id") == "" {
		form.Del("client_id")
	}
	return nil
}

func (c clientAuth) inHeader() bool {
	return c.style == oauth2.AuthStyleInHeader || c.style == oauth2.AuthStyleAutoDetect && c.secret != ""
}

// grantCall returns the call of a token endpoint with a grant. The parameters of the grant win over
// params.
func grantCall(
	ctx context.Context, endpoint string, client clientAuth, params, grant url.Values, transport http.RoundTripper,
) (endpointCall, error) {
	form, h := make(url.Values), make(http.Header)
	maps.Copy(form, params)
	maps.Copy(form, grant)
	if err := client.apply(ctx, endpoint, form, h); err != nil {
		return endpointCall{}, err
	}
	return endpointCall{
		method: http.MethodPost, url: endpoint, contentType: formType, body: form.Encode(), header: h, transport: transport,
	}, nil
}
