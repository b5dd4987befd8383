package otel_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-resty/resty/v2"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor/otel"
)

// What an expired token looks like in a trace. The spans are printed as they end; the refresh is a
// trace of its own, because it may serve many calls.
func Example() {
	server := authtest.NewServer(authtest.Config{})
	defer server.Close()
	exporter := tracetest.NewInMemoryExporter() // yours sends them somewhere
	provider := trace.NewTracerProvider(trace.WithSyncer(exporter))

	telemetry, err := otel.New(otel.Config{TracerProvider: provider})
	if err != nil {
		fmt.Println(err)
		return
	}
	session, err := auth.New(auth.Config{
		BaseURL: server.URL,
		Refresher: auth.JSONRefresher{
			URL:       "/auth/refresh",
			Transport: chain.New(telemetry.Around()...).Transport(server.Transport()),
		},
		OnEvent: telemetry.OnEvent,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	client := resty.New()
	err = errors.Join(chain.New(telemetry.Around(session)...).Install(client), telemetry.Instrument(client))
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx := context.Background()
	pair := server.Issue("alice")
	err = session.Login(ctx, auth.Token{AccessToken: pair.AccessToken, RefreshToken: pair.RefreshToken})
	server.ExpireAccess()
	_, err2 := client.R().SetPathParam("code", "204").Get("/status/{code}")
	if err := errors.Join(err, err2, session.Close(ctx)); err != nil {
		fmt.Println(err)
		return
	}
	spans := exporter.GetSpans()
	for i := range spans {
		s := &spans[i]
		fmt.Println(s.SpanKind, s.Name, s.Status.Code)
	}
	// Output:
	// client GET /status/{code} Error
	// client POST Unset
	// client GET /status/{code} Unset
	// internal call GET /status/{code} Unset
}
