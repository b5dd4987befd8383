module github.com/chatelaine-go/chatelaine/storage/redis

go 1.26.0

// Importers do not see this: their build takes the version required below, which is to be a real one when this module is
// tagged (storage/redis/vX.Y.Z, after vX.Y.Z of the root).
replace github.com/chatelaine-go/chatelaine => ../..

require (
	github.com/chatelaine-go/chatelaine v0.0.0-00010101000000-000000000000
	github.com/redis/go-redis/v9 v9.23.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/gofrs/flock v0.13.2 // indirect
	go.uber.org/atomic v1.12.0 // indirect
	golang.org/x/oauth2 v0.37.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)
