package otel_test

import (
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"

	api "go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor/otel"
)

// TestOnEvent asserts the counts of events of real sessions.
func TestOnEvent(t *testing.T) {
	t.Parallel()
	server := authtest.NewServer(authtest.Config{})
	t.Cleanup(server.Close)
	x := newTelemetry(t)
	session := signedIn(t, server, x) // signed in
	if _, err := session.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.FailRefresh(1, http.StatusBadGateway, nil, "")
	if _, err := session.Refresh(t.Context()); !errors.Is(err, auth.ErrRefreshFailed) {
		t.Fatal(err)
	}
	if err := session.Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := signedIn(t, server, x)
	server.RevokeAll()
	if _, err := other.Refresh(t.Context()); !errors.Is(err, auth.ErrLoginRequired) {
		t.Fatal(err)
	}
	x.OnEvent(auth.Event{Kind: auth.PersistFailed, Account: "alice"})
	got, want := x.points(t, "chatelaine.auth.refreshes"), map[string]int{
		"chatelaine.refresh.outcome=refreshed": 1, "chatelaine.refresh.outcome=failed": 1, "chatelaine.refresh.outcome=rejected": 1,
	}
	if !maps.Equal(got, want) {
		t.Errorf("refreshes: %v", got)
	}
	events := x.points(t, "chatelaine.auth.events")
	if len(events) != 6 || strings.Contains(x.everything(t), "alice") {
		t.Errorf("events: %v", events)
	}
	for _, key := range []string{"signed_in", "token_refreshed", "refresh_failed", "persist_failed"} {
		want := 1
		if key == "signed_in" {
			want = 2
		}
		if events["chatelaine.event="+key] != want {
			t.Errorf("%s: got %d, want %d, in %v", key, events["chatelaine.event="+key], want, events)
		}
	}
	reasons := 0
	for key := range events {
		if strings.HasPrefix(key, "chatelaine.event=signed_out,chatelaine.reason=") {
			reasons++
		}
	}
	if reasons != 2 {
		t.Errorf("sign-outs for %d reasons: %v", reasons, events)
	}
}

// TestNew_fails asserts that New returns all errors of the meter provider.
func TestNew_fails(t *testing.T) {
	t.Parallel()
	i, err := otel.New(otel.Config{MeterProvider: broken{}})
	if i != nil || err == nil || !strings.HasPrefix(err.Error(), "otel: ") || strings.Count(err.Error(), "no instrument") != 3 {
		t.Errorf("got %v", err)
	}
}

type broken struct{ noop.MeterProvider }

func (broken) Meter(string, ...metric.MeterOption) metric.Meter { return brokenMeter{} }

type brokenMeter struct{ noop.Meter }

func (brokenMeter) Float64Histogram(name string, _ ...metric.Float64HistogramOption) (metric.Float64Histogram, error) {
	return nil, errors.New("no instrument " + name)
}

func (brokenMeter) Int64Counter(name string, _ ...metric.Int64CounterOption) (metric.Int64Counter, error) {
	return nil, errors.New("no instrument " + name)
}

// TestGlobal asserts that the zero Config uses the global providers. No other test of the package
// uses them.
func TestGlobal(t *testing.T) {
	t.Parallel()
	exporter := tracetest.NewInMemoryExporter()
	before := api.GetTracerProvider()
	api.SetTracerProvider(trace.NewTracerProvider(trace.WithSyncer(exporter)))
	t.Cleanup(func() { api.SetTracerProvider(before) })
	i, err := otel.New(otel.Config{})
	if err != nil {
		t.Fatal(err)
	}
	c := &http.Client{Transport: chain.New(i.Around()...).Transport(nil)}
	t.Cleanup(c.CloseIdleConnections)
	if err := call(t, c, request(t, http.MethodGet, serve(t).URL)); err != nil {
		t.Fatal(err)
	}
	i.OnEvent(auth.Event{Kind: auth.SignedIn})
	if n := len(exporter.GetSpans()); n != 1 {
		t.Errorf("%d spans", n)
	}
}
