package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	goredis "github.com/redis/go-redis/v9"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/fleet"
	"github.com/chatelaine-go/chatelaine/storage/lease"
	"github.com/chatelaine-go/chatelaine/storage/nats"
	"github.com/chatelaine-go/chatelaine/storage/redis"
	"github.com/chatelaine-go/chatelaine/storage/sqlstore"
)

// connections is the size of each process's pool.
const connections = 10

// A closing is a store that ends its connection too.
type closing struct {
	*lease.Store
	connection io.Closer
}

func (c closing) Close(ctx context.Context) error {
	return errors.Join(c.Store.Close(ctx), c.connection.Close())
}

// open is the Opener of the databases.
func open(ctx context.Context, address string, leaseTTL time.Duration) (fleet.Store, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, unquoted(err)
	}
	switch u.Scheme {
	case "postgres", "postgresql":
		return openPostgres(ctx, address, leaseTTL)
	case "redis", "rediss":
		return openRedis(ctx, address, leaseTTL)
	case "nats":
		return openNATS(ctx, address, leaseTTL)
	default:
		return nil, fmt.Errorf("a store of the scheme %q is not known", u.Scheme)
	}
}

func openPostgres(ctx context.Context, address string, leaseTTL time.Duration) (fleet.Store, error) {
	db, err := sql.Open("pgx", address)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	s, err := sqlstore.New(sqlstore.Config{DB: db, Dialect: sqlstore.PostgreSQL, Table: "chatelaine_fleet", TTL: leaseTTL})
	if err != nil {
		return nil, err
	}
	return closing{s.Store, db}, s.Migrate(ctx)
}

// unquoted returns an error about a URL without the URL, which may have a password.
func unquoted(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	return fmt.Errorf("the URL of the database: %w", err)
}

// redisOptions are those of a URL: its user, password, database and, with rediss, TLS. Its query
// may have more, such as pool_size.
func redisOptions(address string) (*goredis.Options, error) {
	o, err := goredis.ParseURL(address)
	if err != nil {
		return nil, unquoted(err)
	}
	o.PoolSize = cmp.Or(o.PoolSize, connections)
	o.ContextTimeoutEnabled = true
	return o, nil
}

func openRedis(ctx context.Context, address string, leaseTTL time.Duration) (fleet.Store, error) {
	options, err := redisOptions(address)
	if err != nil {
		return nil, err
	}
	client := goredis.NewClient(options)
	s, err := redis.New(redis.Config{Client: client, Prefix: "chatelaine_fleet", TTL: leaseTTL})
	if err != nil {
		return nil, err
	}
	return closing{s.Store, client}, s.Provision(ctx)
}

type natsConnection struct{ *natsgo.Conn }

func (c natsConnection) Close() error {
	c.Conn.Close()
	return nil
}

func openNATS(ctx context.Context, address string, leaseTTL time.Duration) (fleet.Store, error) {
	conn, err := natsgo.Connect(address, natsgo.MaxReconnects(-1))
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(conn)
	if err != nil {
		return nil, err
	}
	bucket, err := nats.OpenBucket(ctx, js, jetstream.KeyValueConfig{Bucket: "chatelaine_fleet"})
	if err != nil {
		return nil, err
	}
	s, err := nats.New(nats.Config{Bucket: bucket, TTL: leaseTTL})
	if err != nil {
		return nil, err
	}
	return closing{s.Store, natsConnection{conn}}, s.Provision(ctx)
}
