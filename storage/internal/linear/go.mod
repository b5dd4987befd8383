module github.com/chatelaine-go/chatelaine/storage/internal/linear

go 1.26.0

// This module holds tests only: it needs the clients of all databases, and servers.
replace (
	github.com/chatelaine-go/chatelaine => ../../..
	github.com/chatelaine-go/chatelaine/storage/nats => ../../nats
	github.com/chatelaine-go/chatelaine/storage/redis => ../../redis
)

require (
	github.com/anishathalye/porcupine v1.3.1
	github.com/chatelaine-go/chatelaine v0.0.0-00010101000000-000000000000
	github.com/chatelaine-go/chatelaine/storage/nats v0.0.0-00010101000000-000000000000
	github.com/chatelaine-go/chatelaine/storage/redis v0.0.0-00010101000000-000000000000
	github.com/jackc/pgx/v5 v5.13.0
	github.com/nats-io/nats-server/v2 v2.15.3
	github.com/nats-io/nats.go v1.55.0
	github.com/redis/go-redis/v9 v9.23.0
)

require (
	github.com/antithesishq/antithesis-sdk-go v0.9.0-default-no-op // indirect
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/gofrs/flock v0.13.2 // indirect
	github.com/google/go-tpm v0.9.8 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/puddle/v2 v2.2.3 // indirect
	github.com/klauspost/compress v1.20.4 // indirect
	github.com/minio/highwayhash v1.0.4 // indirect
	github.com/nats-io/jwt/v2 v2.8.3 // indirect
	github.com/nats-io/nkeys v0.4.17 // indirect
	github.com/nats-io/nuid v1.0.1 // indirect
	go.uber.org/atomic v1.12.0 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/sync v0.24.0 // indirect
	golang.org/x/sys v0.50.0 // indirect
	golang.org/x/text v0.43.0 // indirect
	golang.org/x/time v0.16.0 // indirect
)
