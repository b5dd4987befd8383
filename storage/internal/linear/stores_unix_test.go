//go:build unix

package linear_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	_ "github.com/jackc/pgx/v5/stdlib"
	goredis "github.com/redis/go-redis/v9"

	"github.com/chatelaine-go/chatelaine/internal/testserver"
	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/redis"
	"github.com/chatelaine-go/chatelaine/storage/sqlstore"
)

const (
	ttl       = 400 * time.Millisecond
	opTimeout = time.Second
)

// A kind is a store and its server.
type kind struct {
	want  porcupine.CheckResult
	start func(t *testing.T) server
	open  func(ctx context.Context, addr string) (storage.Store, error)
	only  func(op) bool // which operations are checked; nil: all
}

// A server listens on addr until failover moves it.
type server struct {
	addr     string
	failover func(t *testing.T) (addr string)
}

func kinds() map[string]kind {
	return map[string]kind{
		"PostgreSQL": {want: porcupine.Ok, start: startPostgres, open: openPostgres},
		// A Redis server shows a write to others before its replica has it.
		"Redis":        {want: porcupine.Ok, start: startRedis, open: openRedis, only: func(o op) bool { return o.Update }},
		"NATS":         {want: porcupine.Ok, start: startNATS, open: openNATS},
		"row lock":     {want: porcupine.Illegal, start: startPostgres, open: openRowLock},
		"expiring key": {want: porcupine.Illegal, start: startRedis, open: openNaive},
	}
}

func startPostgres(t *testing.T) server {
	t.Helper()
	settings := []string{"max_connections=300", "fsync=off"}
	primary := testserver.Postgres(t, settings...)
	replica := primary.Standby(t, settings...)
	s, err := newPostgres(t.Context(), primary.Addr)
	if err == nil {
		err = s.Migrate(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return server{primary.Addr, func(t *testing.T) string {
		t.Helper()
		primary.Kill()
		db, err := sql.Open("pgx", testserver.PostgresURL(replica.Addr))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		if _, err := db.ExecContext(t.Context(), "select pg_promote()"); err != nil {
			t.Fatal(err)
		}
		return replica.Addr
	}}
}

func newPostgres(_ context.Context, addr string) (*sqlstore.Store, error) {
	db, err := sql.Open("pgx", testserver.PostgresURL(addr))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(5)
	return sqlstore.New(sqlstore.Config{DB: db, Dialect: sqlstore.PostgreSQL, TTL: ttl, OpTimeout: opTimeout})
}

func openPostgres(ctx context.Context, addr string) (storage.Store, error) {
	return newPostgres(ctx, addr)
}

func startRedis(t *testing.T) server {
	t.Helper()
	master := testserver.Redis(t)
	replica := master.Replica(t)
	s, err := newRedis(master.Addr)
	if err == nil {
		err = s.Provision(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	return server{master.Addr, func(t *testing.T) string {
		t.Helper()
		master.Kill()
		replica.Promote(t)
		replica.Replica(t) // the next one that confirms
		return replica.Addr
	}}
}

func redisClient(addr string) *goredis.Client {
	return goredis.NewClient(&goredis.Options{Addr: addr, PoolSize: 5, ContextTimeoutEnabled: true})
}

func newRedis(addr string) (*redis.Store, error) {
	return redis.New(redis.Config{Client: redisClient(addr), Replicas: 1, TTL: ttl, OpTimeout: opTimeout})
}

func openRedis(_ context.Context, addr string) (storage.Store, error) { return newRedis(addr) }
