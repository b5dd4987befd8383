// Package openapi is a client that oapi-codegen v2.8.2 made of openapi.yaml, which describes a part
// of the API of package authtest. Generated clients take an HTTP client: that is where the chain
// goes.
package openapi

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 -config config.yaml openapi.yaml
