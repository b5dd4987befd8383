package chatelaine_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
	"github.com/chatelaine-go/chatelaine/interceptor/har"
	"github.com/chatelaine-go/chatelaine/interceptor/idempotency"
	"github.com/chatelaine-go/chatelaine/interceptor/logging"
	"github.com/chatelaine-go/chatelaine/interceptor/progress"
	"github.com/chatelaine-go/chatelaine/interceptor/redact"
	"github.com/chatelaine-go/chatelaine/interceptor/requestid"
	"github.com/chatelaine-go/chatelaine/interceptor/retry"
	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
	"github.com/chatelaine-go/chatelaine/storage/lease"
	"github.com/chatelaine-go/chatelaine/storage/sqlstore"
	"github.com/chatelaine-go/chatelaine/storage/storagetest"
)

// TestZeroValues_configs: a zero Config is the default where nothing is required, and an error that
// names what is missing otherwise.
func TestZeroValues_configs(t *testing.T) {
	t.Parallel()
	for name, construct := range map[string]func() error{
		"chain":                  func() error { chain.Config{}.New(); return nil },
		"har":                    func() error { _, err := har.New(har.Config{}); return err },
		"idempotency":            func() error { _, err := idempotency.New(idempotency.Config{}); return err },
		"redact":                 func() error { _, err := redact.New(redact.Config{}); return err },
		"requestid":              func() error { _, err := requestid.New(requestid.Config{}); return err },
		"retry":                  func() error { _, err := retry.New(retry.Config{Budget: retry.Budget{}}); return err },
		"retry without a budget": func() error { _, err := retry.New(retry.Config{}); return err },
	} {
		if err := construct(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, construct := range map[string]func() error{
		"logging":          func() error { _, err := logging.New(logging.Config{}); return err },
		"storage":          func() error { _, err := storage.Seal(storage.NewMemory(), storage.SealConfig{}); return err },
		"storage/lease":    func() error { _, err := lease.New(lease.Config{}); return err },
		"storage/sqlstore": func() error { _, err := sqlstore.New(sqlstore.Config{}); return err },
	} {
		if err := construct(); err == nil {
			t.Errorf("%s: the zero Config is not refused", name)
		}
	}
	if _, err := auth.New(auth.Config{}); err == nil || !strings.Contains(err.Error(), "BaseURL") {
		t.Errorf("auth.Config: %v", err)
	}
	if _, err := auth.NewSessions(auth.SessionsConfig{}); err == nil || !strings.Contains(err.Error(), "BaseURL") {
		t.Errorf("auth.SessionsConfig: %v", err)
	}
	if _, err := auth.New(auth.Config{BaseURL: "https://api.example.com", RefreshWindow: auth.RefreshWindow{}}); err != nil {
		t.Errorf("auth.RefreshWindow: %v", err)
	}
	var masks redact.Redactor
	if got := masks.Text("Authorization: Bearer abc123def456ghi789"); !strings.Contains(got, redact.Mask) {
		t.Errorf("redact.Redactor: %q", got)
	}
}

// TestZeroValues_data: what packages report can be printed and encoded when it is empty, and an
// empty error is still the error that its documentation promises.
func TestZeroValues_data(t *testing.T) {
	t.Parallel()
	for _, v := range []any{
		auth.Account{},
		auth.Challenge{},
		auth.Event{},
		auth.SessionCounts{},
		auth.Status{},
		auth.Token{},
		keyring.Report{},
		lease.Change{},
		lease.Grant{},
		lease.Lease{},
		lease.Stats{},
		logging.Outcome{},
		storagetest.Limits{},
	} {
		if text, err := json.Marshal(v); err != nil || len(text) == 0 || fmt.Sprint(v) == "" {
			t.Errorf("%T: %v, %v", v, v, err)
		}
	}
	if (auth.Status{}).SignedIn {
		t.Error("an empty session is signed in")
	}
	if (&lease.Epoch{}).Known() {
		t.Error("a zero Epoch knows a marker")
	}
	if (storagetest.Fleet{}).Open != nil {
		t.Error("a zero Fleet opens a store")
	}
	refresh := &auth.RefreshError{}
	if !errors.Is(refresh, auth.ErrRefreshFailed) || refresh.Error() == "" {
		t.Errorf("RefreshError: %v", refresh)
	}
	login := &auth.LoginRequiredError{}
	if !errors.Is(login, auth.ErrLoginRequired) || login.Error() != "auth: login required" {
		t.Errorf("LoginRequiredError: %v", login)
	}
}

// TestZeroValues_stock sends a failing POST through the zero value of every stock interceptor. The
// ones that mark requests work as with the zero Config; the others change nothing, and none sends
// twice.
func TestZeroValues_stock(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		zero  interceptor.Interceptor
		added string // the header that the interceptor adds
	}{
		"har":         {new(har.Recorder), ""},
		"idempotency": {new(idempotency.Interceptor), "Idempotency-Key"},
		"logging":     {new(logging.Interceptor), ""},
		"progress":    {new(progress.Interceptor), ""},
		"requestid":   {new(requestid.Interceptor), "X-Request-Id"},
		"retry":       {new(retry.Interceptor), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := 0
			var header http.Header
			base := interceptor.Funcs{Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
				sent, header = sent+1, req.Header.Clone()
				return h.Resolve(interceptor.NewResponse(req, http.StatusServiceUnavailable, nil, nil), interceptor.Through)
			}}
			client := &http.Client{Transport: chain.New(tt.zero, base).Transport(nil)}
			resp, err := client.Post("http://127.0.0.1/", "text/plain", strings.NewReader("body"))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if sent != 1 || resp.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("%d sent, %s", sent, resp.Status)
			}
			if tt.added != "" && header.Get(tt.added) == "" {
				t.Errorf("no %s in %v", tt.added, header)
			}
			header.Del(tt.added)
			if len(header) != 1 { // Content-Type
				t.Errorf("the header has become %v", header)
			}
			if recorder, ok := tt.zero.(*har.Recorder); ok && recorder.Len() != 0 {
				t.Errorf("%d entries are kept", recorder.Len())
			}
		})
	}
}
