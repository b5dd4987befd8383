package otel

import (
	"context"
	"errors"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/semconv/v1.43.0/httpconv"

	"github.com/chatelaine-go/chatelaine/auth"
)

const (
	eventKey   = attribute.Key("chatelaine.event")
	reasonKey  = attribute.Key("chatelaine.reason")
	outcomeKey = attribute.Key("chatelaine.refresh.outcome")
)

// metrics are the instruments.
type metrics struct {
	duration  httpconv.ClientRequestDuration
	refreshes metric.Int64Counter
	events    metric.Int64Counter
}

func newMetrics(m metric.Meter) (metrics, error) {
	duration, err := httpconv.NewClientRequestDuration(m)
	refreshes, err2 := m.Int64Counter("chatelaine.auth.refreshes", metric.WithUnit("{refresh}"),
		metric.WithDescription("Attempts to renew an access token."))
	events, err3 := m.Int64Counter("chatelaine.auth.events", metric.WithUnit("{event}"),
		metric.WithDescription("What happened to sessions."))
	return metrics{duration: duration, refreshes: refreshes, events: events}, errors.Join(err, err2, err3)
}

func (m metrics) request(ctx context.Context, d time.Duration, attributes []attribute.KeyValue) {
	m.duration.Inst().Record(ctx, d.Seconds(), metric.WithAttributes(attributes...))
}

// OnEvent counts what happens to a session; it is the value for the OnEvent of auth.Config.
// Accounts are not told apart.
func (i *Instrumentation) OnEvent(e auth.Event) {
	if i.metrics.events == nil {
		return
	}
	ctx := context.Background()
	list := []attribute.KeyValue{eventKey.String(key(e.Kind.String()))}
	if e.Kind == auth.SignedOut && e.Reason != auth.ReasonNone {
		list = append(list, reasonKey.String(key(e.Reason.String())))
	}
	i.metrics.events.Add(ctx, 1, metric.WithAttributes(list...))
	if outcome := outcomeOf(e); outcome != "" {
		i.metrics.refreshes.Add(ctx, 1, metric.WithAttributes(outcomeKey.String(outcome)))
	}
}

// outcomeOf returns what a refresh came to, "" if the event is not about one.
func outcomeOf(e auth.Event) string {
	switch {
	case e.Kind == auth.TokenRefreshed:
		return "refreshed"
	case e.Kind == auth.RefreshFailed:
		return "failed"
	case e.Kind == auth.SignedOut && e.Reason == auth.ReasonInvalidGrant:
		return "rejected"
	default:
		return ""
	}
}

// key makes a value for an attribute of words.
func key(words string) string { return strings.ReplaceAll(words, " ", "_") }
