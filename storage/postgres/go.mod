module github.com/chatelaine-go/chatelaine/storage/postgres

go 1.26.0

// Importers do not see this: their build takes the version required below, which is to be a real one when this module is
// tagged (storage/postgres/vX.Y.Z, after vX.Y.Z of the root).
replace github.com/chatelaine-go/chatelaine => ../..

require (
	github.com/chatelaine-go/chatelaine v0.0.0-00010101000000-000000000000
	github.com/jackc/pgx/v5 v5.12.0
)

require (
	github.com/gofrs/flock v0.13.2 // indirect
	github.com/jackc/pgpassfile v1.0.0 // indirect
	github.com/jackc/pgservicefile v0.0.0-20240606120523-5a60cdf6a761 // indirect
	github.com/jackc/puddle/v2 v2.2.3 // indirect
	golang.org/x/oauth2 v0.37.0 // indirect
	golang.org/x/sync v0.22.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
	golang.org/x/text v0.41.0 // indirect
)
