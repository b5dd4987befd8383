module github.com/chatelaine-go/chatelaine/interop/restyv3

go 1.26.0

replace github.com/chatelaine-go/chatelaine => ../..

require (
	github.com/chatelaine-go/chatelaine v0.0.0-00010101000000-000000000000
	resty.dev/v3 v3.0.0-rc.4
)

require (
	github.com/go-resty/resty/v2 v2.17.2 // indirect
	golang.org/x/net v0.62.0 // indirect
)
