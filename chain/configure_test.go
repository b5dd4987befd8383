package chain_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

// tlsServer says who the client is, by the first byte of its certificate; it wants one if
// clientAuth says so.
func tlsServer(t *testing.T, clientAuth tls.ClientAuthType) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, len(r.TLS.PeerCertificates))
	}))
	server.TLS = &tls.Config{ClientAuth: clientAuth, MinVersion: tls.VersionTLS12}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	return server
}

// rootOf writes the certificate of a server, which signed itself, into a file.
func rootOf(t *testing.T, server *httptest.Server) (text, file string) {
	t.Helper()
	text = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	file = filepath.Join(t.TempDir(), "root.pem")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return text, file
}

// TestConfigure_TLS proves each TLS setter of resty effective through Configure. Beside it, it has
// no effect, but for a line in resty's log.
func TestConfigure_TLS(t *testing.T) {
	t.Parallel()
	plain, mutual := tlsServer(t, tls.NoClientCert), tlsServer(t, tls.RequireAnyClientCert)
	root, file := rootOf(t, plain)
	mutualRoot, _ := rootOf(t, mutual)
	for name, test := range map[string]struct {
		server *httptest.Server
		before func(*resty.Client) // what is needed besides
		set    func(*resty.Client)
	}{
		"SetTLSClientConfig": {plain, nil, func(c *resty.Client) {
			pool := x509.NewCertPool()
			pool.AppendCertsFromPEM([]byte(root))
			c.SetTLSClientConfig(&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12})
		}},
		"SetRootCertificate":           {plain, nil, func(c *resty.Client) { c.SetRootCertificate(file) }},
		"SetRootCertificateFromString": {plain, nil, func(c *resty.Client) { c.SetRootCertificateFromString(root) }},
		"SetCertificates": {
			mutual, func(c *resty.Client) { c.SetRootCertificateFromString(mutualRoot) },
			func(c *resty.Client) { c.SetCertificates(mutual.TLS.Certificates...) },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in, said := new(counting), new(memory)
			client := resty.New().SetLogger(said)
			if test.before != nil {
				test.before(client)
			}
			install(t, chain.New(in), client)
			test.set(client)
			if _, err := client.R().Get(test.server.URL); interceptor.KindOf(err) != interceptor.KindBadCertificate {
				t.Errorf("without Configure: %v; if it has an effect now, correct the documentation", err)
			}
			if !said.contains("not an *http.Transport") {
				t.Errorf("resty said nothing about it: %q", said.text)
			}
			if err := chain.Configure(client, test.set); err != nil {
				t.Fatal(err)
			}
			if resp, err := client.R().Get(test.server.URL); err != nil || resp.StatusCode() != http.StatusOK {
				t.Errorf("through Configure: %v, %v", resp, err)
			}
			if in.n != 2 {
				t.Errorf("the chain saw %d requests, want 2", in.n)
			}
		})
	}
}

// TestConfigure_hardening: what a client must not accept it does not accept, which is what fails
// open without Configure.
func TestConfigure_hardening(t *testing.T) {
	t.Parallel()
	server := tlsServer(t, tls.NoClientCert)
	root, _ := rootOf(t, server)
	pinned := errors.New("not the certificate we know")
	harden := func(c *resty.Client) {
		base, err := c.Transport()
		if err != nil {
			return // resty's error: no bare transport
		}
		base.TLSClientConfig.VerifyConnection = func(tls.ConnectionState) error { return pinned }
	}
	client := install(t, chain.New(), resty.New().SetLogger(new(memory)).SetRootCertificateFromString(root))
	harden(client)
	if _, err := client.R().Get(server.URL); err != nil {
		t.Fatalf("without Configure: %v; if it has an effect now, correct the documentation", err)
	}
	client.GetClient().CloseIdleConnections()
	if err := chain.Configure(client, harden); err != nil {
		t.Fatal(err)
	}
	if _, err := client.R().Get(server.URL); !errors.Is(err, pinned) {
		t.Errorf("through Configure: %v", err)
	}
}

// TestConfigure_clientRoots looks into the configuration: the roots for clients' certificates mean
// nothing to a client.
func TestConfigure_clientRoots(t *testing.T) {
	t.Parallel()
	root, file := rootOf(t, tlsServer(t, tls.NoClientCert))
	for name, set := range map[string]func(*resty.Client){
		"SetClientRootCertificate":           func(c *resty.Client) { c.SetClientRootCertificate(file) },
		"SetClientRootCertificateFromString": func(c *resty.Client) { c.SetClientRootCertificateFromString(root) },
	} {
		said := new(memory)
		client := install(t, chain.New(), resty.New().SetLogger(said))
		set(client)
		if !said.contains("not an *http.Transport") {
			t.Errorf("%s: resty said nothing: %q", name, said.text)
		}
		err := chain.Configure(client, func(c *resty.Client) {
			set(c)
			if base, err := c.Transport(); err != nil || base.TLSClientConfig.ClientCAs == nil {
				t.Errorf("%s has no effect: %v", name, err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestConfigure_proxy(t *testing.T) {
	t.Parallel()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "proxied "+r.URL.Host)
	}))
	t.Cleanup(proxy.Close)
	direct := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "direct") })
	name := strings.TrimPrefix(direct.URL, "http://")
	said := new(memory)
	client := install(t, chain.New(), resty.New().SetLogger(said))
	set := func(c *resty.Client) { c.SetProxy(proxy.URL) }
	remove := func(c *resty.Client) { c.RemoveProxy() }
	for _, step := range []struct {
		what string
		do   func() error
		want string
	}{
		{"at first", func() error { return nil }, "direct"},
		{"SetProxy", func() error { set(client); return nil }, "direct"},
		{"SetProxy through Configure", func() error { return chain.Configure(client, set) }, "proxied " + name},
		{"RemoveProxy", func() error { remove(client); return nil }, "proxied " + name},
		{"RemoveProxy through Configure", func() error { return chain.Configure(client, remove) }, "direct"},
	} {
		said.text = nil
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if alone := step.what == "SetProxy" || step.what == "RemoveProxy"; alone != said.contains("not an *http.Transport") {
			t.Errorf("%s: resty said %q", step.what, said.text)
		}
		if resp, err := client.R().Get(direct.URL); err != nil || resp.String() != step.want {
			t.Errorf("%s: got %q, %v, want %q", step.what, resp, err, step.want)
		}
	}
}

// TestConfigure_setTransport replaces the transport below the chain.
func TestConfigure_setTransport(t *testing.T) {
	t.Parallel()
	in := new(counting)
	client := install(t, chain.New(in), resty.New())
	err := chain.Configure(client, func(c *resty.Client) { c.SetTransport(answering(http.StatusTeapot)) })
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := client.R().Get("http://127.0.0.1/"); err != nil || resp.StatusCode() != http.StatusTeapot || in.n != 1 {
		t.Errorf("got %v, %v; the chain saw %d", resp, err, in.n)
	}
}

// TestConfigure_panic puts the chain back.
func TestConfigure_panic(t *testing.T) {
	t.Parallel()
	client := install(t, chain.New(), resty.New())
	func() {
		defer func() { _ = recover() }()
		_ = chain.Configure(client, func(*resty.Client) { panic("mine") })
	}()
	if _, ok := chain.Installed(client); !ok {
		t.Error("the chain is gone")
	}
}

// TestConfigure_install: a chain that fn installs is the one that stays.
func TestConfigure_install(t *testing.T) {
	t.Parallel()
	client := install(t, chain.New(), resty.New())
	other := chain.New()
	if err := chain.Configure(client, func(c *resty.Client) { install(t, other, c) }); err != nil {
		t.Fatal(err)
	}
	if got, _ := chain.Installed(client); got != other {
		t.Error("want the other one")
	}
	if !chain.Uninstall(client) || chain.Uninstall(client) {
		t.Error("want one chain")
	}
}

func TestConfigure_notInstalled(t *testing.T) {
	t.Parallel()
	for _, client := range []*resty.Client{resty.New(), nil} {
		if err := chain.Configure(client, func(*resty.Client) {}); !errors.Is(err, chain.ErrNotInstalled) {
			t.Errorf("got %v", err)
		}
	}
}

// memory keeps what resty logs.
type memory struct {
	mu   sync.Mutex
	text []string
}

func (m *memory) Errorf(format string, v ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.text = append(m.text, fmt.Sprintf(format, v...))
}

func (m *memory) Warnf(format string, v ...any)  { m.Errorf(format, v...) }
func (m *memory) Debugf(format string, v ...any) { m.Errorf(format, v...) }

func (m *memory) contains(part string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return strings.Contains(strings.Join(m.text, "\n"), part)
}
