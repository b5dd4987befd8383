package auth

import "github.com/chatelaine-go/chatelaine/interceptor"

// retried is the session that signed a call sent again with a new token, after the old one was
// refused.
//
// Each call has one Extra value of its Interceptor, which is also the key: a *session at first, a
// retried after that retry. Neither needs an allocation to become an interface value, which counts
// when thousands of calls are refused together.
type retried struct{ *session }

// noteSigner notes that s signs the current attempt; nil if the request is not ours to sign.
func (a *Interceptor) noteSigner(req *interceptor.Request, s *session) {
	if req.Attempt() > 1 && a.hasRetried(req) {
		req.SetExtra(a, retried{s})
	} else {
		req.SetExtra(a, s)
	}
}

// signer returns the session that a request was signed with. It returns nil if the request was not
// ours to sign, and a signed-out session if there was no token to sign it with.
func (a *Interceptor) signer(req *interceptor.Request) *session {
	if req == nil {
		return nil
	}
	switch s := req.Extra(a).(type) {
	case *session:
		return s
	case retried:
		return s.session
	default:
		return nil
	}
}

// markRetried notes that the call is sent again with a new token.
func (a *Interceptor) markRetried(req *interceptor.Request) {
	req.SetExtra(a, retried{a.signer(req)})
}

// hasRetried reports whether the call was sent again with a new token.
func (a *Interceptor) hasRetried(req *interceptor.Request) bool {
	_, ok := req.Extra(a).(retried)
	return ok
}
