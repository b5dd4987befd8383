package openapi

// The client of this package describes a part of the API of package authtest (openapi.yaml).
// Generated clients take an HTTP client: that is where the chain goes.

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 -config config.yaml openapi.yaml
