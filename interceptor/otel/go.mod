module github.com/chatelaine-go/chatelaine/interceptor/otel

go 1.26.0

// Importers do not see this: their build takes the version required below, which is to be a real one when this module is
// tagged (interceptor/otel/vX.Y.Z, after vX.Y.Z of the root).
replace github.com/chatelaine-go/chatelaine => ../..

require (
	github.com/chatelaine-go/chatelaine v0.0.0-00010101000000-000000000000
	github.com/go-resty/resty/v2 v2.17.2
	go.opentelemetry.io/otel v1.47.0
	go.opentelemetry.io/otel/metric v1.47.0
	go.opentelemetry.io/otel/sdk v1.47.0
	go.opentelemetry.io/otel/sdk/metric v1.47.0
	go.opentelemetry.io/otel/trace v1.47.0
	go.uber.org/goleak v1.3.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/go-logr/logr v1.4.4 // indirect
	github.com/go-logr/stdr v1.2.2 // indirect
	github.com/google/uuid v1.6.0 // indirect
	go.opentelemetry.io/auto/sdk v1.2.1 // indirect
	go.opentelemetry.io/otel/log v1.47.0 // indirect
	golang.org/x/net v0.62.0 // indirect
	golang.org/x/oauth2 v0.37.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)
