package login

import (
	"errors"
	"fmt"
	"net/url"

	"golang.org/x/oauth2"

	"github.com/chatelaine-go/chatelaine/internal/origin"
)

// Provider is the metadata of an authorization server. [Discover] fills it in; by hand, only the
// endpoints that you use are needed. The zero value has none.
type Provider struct {
	// Issuer is the URL that identifies the provider. It is compared with the iss of authorization
	// responses (RFC 9207) unless it is "".
	Issuer string
	// Endpoint has the authorization, token and device authorization endpoints, and the AuthStyle
	// that the provider supports.
	Endpoint oauth2.Endpoint
	// RevocationURL revokes tokens (RFC 7009), for auth.OAuth2Revoker.
	RevocationURL string
	// EndSessionURL ends the user's session in the browser, see [Provider.LogoutURL].
	EndSessionURL string
	// PushedAuthorizationURL takes authorization requests (RFC 9126). [Browser] uses it if the
	// provider requires that, or if BrowserConfig.Push is set.
	PushedAuthorizationURL string
	// RegistrationURL registers clients, see [Provider.Register].
	RegistrationURL string
	// UserInfoURL has the claims of the user (OpenID Connect).
	UserInfoURL string

	// RequirePush means that authorization requests must be pushed.
	RequirePush bool
	// SendsIssuer means that authorization responses carry iss. One without it is refused.
	SendsIssuer bool
	// Scopes, AuthMethods, ChallengeMethods, GrantTypes and DPoPAlgorithms are what the provider
	// supports, nil if it does not say.
	Scopes, AuthMethods, ChallengeMethods, GrantTypes, DPoPAlgorithms []string
}

// LogoutURL returns the URL at which the user's browser ends its session with the provider (OpenID
// Connect RP-Initiated Logout 1.0). The provider recognizes the session by idToken, or by clientID
// if idToken is "". It sends the browser on to redirectURL, if that is not "" and registered, with
// the state.
//
// The ID token becomes part of the URL, as that protocol has it. It opens nothing, but it names the
// user: do not log the URL. Log out of the session of package auth first, which revokes the tokens.
func (p *Provider) LogoutURL(clientID, idToken, redirectURL, state string) (string, error) {
	if p.EndSessionURL == "" {
		return "", errors.New("login: the provider has no page to log out at; revoking the tokens is all there is")
	}
	if err := checkEndpoint("the end session endpoint", p.EndSessionURL); err != nil {
		return "", err
	}
	u, err := url.Parse(p.EndSessionURL)
	if err != nil {
		return "", errors.New("login: the end session endpoint is not a URL")
	}
	q := u.Query()
	for name, value := range map[string]string{
		"client_id": clientID, "id_token_hint": idToken, "post_logout_redirect_uri": redirectURL, "state": state,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// checkEndpoint reports an endpoint whose host is not spelled as it is dialed, or that is neither
// https nor on loopback.
func checkEndpoint(name, endpoint string) error {
	u, o, err := origin.Parse(endpoint)
	switch {
	case err != nil:
		return fmt.Errorf("login: %s %w", name, err)
	case u.User != nil:
		return fmt.Errorf("login: %s has a password in it; remove it", name)
	case u.Fragment != "":
		return fmt.Errorf("login: %s has a fragment; remove it", name)
	case !o.Secure():
		return fmt.Errorf("login: %s is at %s; use https, or a loopback address", name, shown(o.String(), 200, nil))
	}
	return nil
}
