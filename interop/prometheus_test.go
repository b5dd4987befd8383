package interop_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// measured lays the instruments of client_golang over base, and counts what happens to the session,
// which they do not see.
func measured(registry prometheus.Registerer, base http.RoundTripper) (http.RoundTripper, func(auth.Event)) {
	requests := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "api_requests_total"}, []string{"code", "method"})
	duration := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "api_request_seconds"}, []string{"code"})
	flying := prometheus.NewGauge(prometheus.GaugeOpts{Name: "api_requests_in_flight"})
	events := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "api_session_events_total"}, []string{"event"})
	registry.MustRegister(requests, duration, flying, events)
	return promhttp.InstrumentRoundTripperInFlight(flying,
			promhttp.InstrumentRoundTripperCounter(requests,
				promhttp.InstrumentRoundTripperDuration(duration, base))),
		func(e auth.Event) { events.WithLabelValues(e.Kind.String()).Inc() }
}

// TestPrometheus counts attempts beneath the chain: the 401 that the caller never sees is among
// them.
func TestPrometheus(t *testing.T) {
	t.Parallel()
	server := serve(t, authtest.Config{})
	registry := prometheus.NewPedanticRegistry()
	base, onEvent := measured(registry, server.Transport())
	client := over(t, base, signIn(t, server, "alice", func(c *auth.Config) { c.OnEvent = onEvent }))
	get(t, client, "/me")
	server.ExpireAccess()
	get(t, client, "/me")
	want := map[string]float64{
		"api_requests_total code=200 method=get": 2, "api_requests_total code=401 method=get": 1,
		"api_request_seconds code=200": 2, "api_request_seconds code=401": 1, "api_requests_in_flight": 0,
		"api_session_events_total event=signed in": 1, "api_session_events_total event=token refreshed": 1,
	}
	if got := gathered(t, registry); !maps.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// gathered returns the values of all metrics, of histograms the counts.
func gathered(t *testing.T, g prometheus.Gatherer) map[string]float64 {
	t.Helper()
	families, err := g.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values := make(map[string]float64)
	for _, f := range families {
		for _, m := range f.GetMetric() {
			words := []string{f.GetName()}
			for _, l := range m.GetLabel() {
				words = append(words, l.GetName()+"="+l.GetValue())
			}
			values[strings.Join(words, " ")] = m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return values
}
