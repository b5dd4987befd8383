package dpop

import (
	"errors"
	"io"
	"net/http"
)

// transport puts proofs on the requests of a login.
type transport struct {
	key  *Key
	base http.RoundTripper
}

// RoundTrip sends the request with a proof, and once more if the server wants a nonce in it. A
// request whose body cannot be read twice is sent once.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, again, err := t.send(r, r.Body)
	if err != nil || !again {
		return resp, err
	}
	body, ok := bodyAgain(r)
	if !ok {
		return resp, nil
	}
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // lets the connection be used again
	_ = resp.Body.Close()
	resp, _, err = t.send(r, body)
	return resp, err
}

// bodyAgain returns the body of a request that has been sent, to send it once more, and reports
// whether that can be done.
func bodyAgain(r *http.Request) (body io.ReadCloser, ok bool) {
	if r.Body == nil || r.Body == http.NoBody {
		return r.Body, true
	}
	if r.GetBody == nil {
		return nil, false
	}
	body, err := r.GetBody()
	return body, err == nil
}

func (t *transport) send(r *http.Request, body io.ReadCloser) (resp *http.Response, again bool, err error) {
	if r.URL == nil {
		return nil, false, errors.New("dpop: the request has no URL")
	}
	out := r.Clone(r.Context())
	out.Body = body
	if err := t.key.prover.prove(out, t.key, bearer(r)); err != nil {
		if body != nil {
			_ = body.Close()
		}
		return nil, false, err
	}
	if resp, err = t.base.RoundTrip(out); err != nil {
		return nil, false, err
	}
	if resp.Request == nil {
		resp.Request = out
	}
	return resp, t.key.prover.Learn(resp), nil
}

// bearer returns the access token that a request carries as DPoP; "" if it carries none.
func bearer(r *http.Request) string {
	const scheme = "DPoP "
	if v := r.Header.Get("Authorization"); len(v) > len(scheme) && v[:len(scheme)] == scheme {
		return v[len(scheme):]
	}
	return ""
}
