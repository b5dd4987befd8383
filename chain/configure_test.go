package chain_test

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/chain"
)

// TestConfigure_TLS proves each TLS setter of resty effective through Configure, and without effect beside it.
func TestConfigure_TLS(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	root := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	file := filepath.Join(t.TempDir(), "root.pem")
	if err := os.WriteFile(file, []byte(root), 0o600); err != nil {
		t.Fatal(err)
	}
	insecure := &tls.Config{InsecureSkipVerify: true}
	for name, set := range map[string]func(*resty.Client){
		"SetTLSClientConfig":           func(c *resty.Client) { c.SetTLSClientConfig(insecure) },
		"SetRootCertificate":           func(c *resty.Client) { c.SetRootCertificate(file) },
		"SetRootCertificateFromString": func(c *resty.Client) { c.SetRootCertificateFromString(root) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := new(counting)
			client := install(t, chain.New(in), resty.New().SetLogger(silent{}))
			set(client)
			if _, err := client.R().Get(server.URL); err == nil {
				t.Error("it has an effect without Configure: correct the documentation")
			}
			if err := chain.Configure(client, set); err != nil {
				t.Fatal(err)
			}
			if _, err := client.R().Get(server.URL); err != nil {
				t.Errorf("it has no effect through Configure: %v", err)
			}
			if in.n != 2 {
				t.Errorf("the chain saw %d requests, want 2", in.n)
			}
		})
	}
}

// TestConfigure_clientCertificates looks at the transport, since the effect is the same handshake.
func TestConfigure_clientCertificates(t *testing.T) {
	t.Parallel()
	client := install(t, chain.New(), resty.New())
	err := chain.Configure(client, func(c *resty.Client) {
		c.SetCertificates(tls.Certificate{Certificate: [][]byte{{1}}})
		base, err := c.Transport()
		if err != nil || len(base.TLSClientConfig.Certificates) != 1 {
			t.Errorf("got %v", err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestConfigure_proxy(t *testing.T) {
	t.Parallel()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("proxied " + r.URL.Host))
	}))
	t.Cleanup(proxy.Close)
	client := install(t, chain.New(), resty.New())
	if err := chain.Configure(client, func(c *resty.Client) { c.SetProxy(proxy.URL) }); err != nil {
		t.Fatal(err)
	}
	if resp, err := client.R().Get("http://far.example/"); err != nil || resp.String() != "proxied far.example" {
		t.Errorf("got %q, %v", resp, err)
	}
	if err := chain.Configure(client, func(c *resty.Client) { c.RemoveProxy() }); err != nil {
		t.Fatal(err)
	}
	if resp, err := client.R().Get(proxy.URL); err != nil || resp.String() != "proxied" {
		t.Errorf("after RemoveProxy: got %q, %v", resp, err)
	}
}

// TestConfigure_panic puts the chain back.
func TestConfigure_panic(t *testing.T) {
	t.Parallel()
	client := install(t, chain.New(), resty.New())
	func() {
		defer func() { _ = recover() }()
		_ = chain.Configure(client, func(*resty.Client) { panic("mine") }) //nolint:forbidigo // that is the test
	}()
	if _, ok := chain.Installed(client); !ok {
		t.Error("the chain is gone")
	}
}

func TestConfigure_notInstalled(t *testing.T) {
	t.Parallel()
	if err := chain.Configure(resty.New(), func(*resty.Client) {}); !errors.Is(err, chain.ErrNotInstalled) {
		t.Errorf("got %v", err)
	}
}

// silent swallows what resty logs.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Warnf(string, ...any)  {}
func (silent) Debugf(string, ...any) {}
