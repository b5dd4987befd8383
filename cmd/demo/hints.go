package main

import (
	"errors"
	"io/fs"
	"net/http"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/login"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/profile"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

func explainSession(err error) (hint string, code int) {
	switch {
	case errors.Is(err, profile.ErrConfig):
		return "run `demo help config` for how a server is described", exitUsage
	case errors.Is(err, profile.ErrRefused):
		return "check the user name and the password, and run the command again", exitLogin
	case errors.Is(err, login.ErrExpired):
		return "run `demo login` again and sign in sooner", exitLogin
	case errors.Is(err, login.ErrAccessDenied):
		return "run `demo login` again, or ask the provider why it refuses", exitLogin
	case errors.Is(err, profile.ErrTokenRefused):
		return "get a new one from the server; a session that was there is unchanged", exitLogin
	case errors.Is(err, profile.ErrUnproven):
		return "run `demo logout` first, or use another --profile", exitUsage
	case errors.Is(err, auth.ErrLoginRequired):
		return "run `demo login`", exitLogin
	case errors.Is(err, auth.ErrSessionUnreadable):
		return "run `demo login` to replace it, or `demo logout` to remove it", exitError
	case errors.Is(err, auth.ErrInsecureTransport):
		return "use https, or --insecure-allow-http if you trust the network", exitUsage
	case errors.Is(err, auth.ErrExcessiveRefresh):
		return "the server rejects the tokens that it issues; contact its operator", exitNetwork
	case errors.Is(err, auth.ErrRefreshFailed):
		return "run the command again later", exitNetwork
	default:
		return "", exitOK
	}
}

func explainKeyring(err error) (hint string, code int) {
	switch {
	case errors.Is(err, keyring.ErrOtherBackend):
		e, _ := errors.AsType[*keyring.Error](err)
		if e == nil || e.Holder == "" {
			return "run `demo doctor` to see which keyring holds the key", exitKeyring
		}
		return "use --backend " + e.Holder + ", or move the key with `demo move " + e.Backend + " --backend " + e.Holder + "`", exitKeyring
	case errors.Is(err, keyring.ErrNoPassphrase):
		return "name a file with --passphrase-file or CHATELAINE_PASSPHRASE_FILE, or run on a terminal to be asked", exitKeyring
	case errors.Is(err, keyring.ErrWrongPassphrase):
		return "try again; if it is forgotten, `demo logout --purge` removes the session for good", exitKeyring
	case errors.Is(err, keyring.ErrLocked):
		return "unlock the keyring and try again", exitKeyring
	case errors.Is(err, keyring.ErrUnavailable):
		return "run `demo doctor` to see which keyring works here, and choose it with --backend", exitKeyring
	case errors.Is(err, storage.ErrKeyMissing), errors.Is(err, storage.ErrCorrupt), errors.Is(err, storage.ErrTooNew):
		return "run `demo doctor`; as a last resort, `demo logout --purge` removes the session for good", exitKeyring
	case errors.Is(err, storage.ErrBusy):
		return "another process is using the session; try again", exitError
	case errors.Is(err, auth.ErrPersist):
		return "check that there is space on the disk, and run `demo doctor`", exitKeyring
	default:
		return "", exitOK
	}
}

func explainStatus(err error) (hint string, code int) {
	if _, ok := errors.AsType[*profile.RedirectError](err); ok {
		return "if you trust that address, name it with --login-url or --token-url", exitUsage
	}
	if hint := explainClient(err); hint != "" {
		return hint, exitUsage
	}
	e, ok := errors.AsType[*profile.StatusError](err)
	switch {
	case !ok:
		return "", exitOK
	case e.Unsigned != "" && (e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden):
		return "the token is not sent to " + e.Unsigned + "; if it is meant for it, use --allowed-origins " + e.Unsigned, exitLogin
	case e.Status == http.StatusUnauthorized:
		return "run `demo login`", exitLogin
	case e.Status == http.StatusTooManyRequests, e.Status >= http.StatusInternalServerError:
		return "try again later", exitNetwork
	default:
		return "the response is on stdout; check the path and the data", exitError
	}
}

// explainClient says what is wrong with the OAuth client, if that is what is wrong.
func explainClient(err error) string {
	code := ""
	if e, ok := errors.AsType[*profile.ClientError](err); ok {
		code = e.Code
	} else if e, ok := errors.AsType[*login.Error](err); ok {
		code = e.Code
	} else if e, ok := errors.AsType[*auth.EndpointError](err); ok {
		code = e.Code
	}
	switch code {
	case "invalid_client":
		return "check --client-id and --client-secret-file, and try the other --auth-style"
	case "unauthorized_client", "unsupported_grant_type", "unsupported_response_type":
		return "the client may not sign in this way; try --web or --device, or change its registration"
	case "use_dpop_nonce", "invalid_dpop_proof":
		return "the server wants tokens that are bound to a key; sign in with --dpop"
	case "invalid_scope":
		return "check --scope against the registration of the client"
	case "invalid_redirect_uri":
		return "register the redirect URL, or name the registered one with --redirect-url"
	case "invalid_request", "invalid_target":
		return "the provider needs other parameters; see its documentation, and use --params"
	default:
		return ""
	}
}

func explainNetwork(err error) (hint string, code int) {
	switch interceptor.KindOf(err) {
	case interceptor.KindConnection, interceptor.KindConnectTimeout:
		return "is the server running? start one with `demo serve`, or name another one with --base-url", exitNetwork
	case interceptor.KindTimeout:
		return "the server is slow; try again", exitNetwork
	case interceptor.KindBadCertificate:
		return "check the name of the server and its certificate", exitNetwork
	default:
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) {
			return "check the name of the file and who may read it", exitError
		}
		return "", exitOK
	}
}
