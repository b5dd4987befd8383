package storagetest_test

import (
	"context"
	"encoding/gob"
	"errors"
	"io"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/storage/lease"
)

// A tiny is a small database server: values with tags, keys that expire, and
// locks that belong to a connection.
type tiny struct {
	listener net.Listener

	mu     sync.Mutex
	values map[string]tinyValue
	writes int
	locks  map[string]chan struct{}
}

type tinyValue struct {
	bytes   []byte
	tag     string
	expires time.Time
}

type tinyRequest struct {
	Op, Key, Tag string
	Value        []byte
	TTL          time.Duration
}

type tinyResponse struct {
	OK    bool
	Tag   string
	Value []byte
}

// serveTiny starts a new server.
func serveTiny(t *testing.T) *tiny {
	t.Helper()
	s := &tiny{values: make(map[string]tinyValue), locks: make(map[string]chan struct{})}
	s.listen(t)
	return s
}

func (s *tiny) listen(t *testing.T) {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	s.listener = l
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
}

func (s *tiny) addr() string { return s.listener.Addr().String() }

// failover moves the server, with its data, to another address.
func (s *tiny) failover(t *testing.T) (addr string) {
	t.Helper()
	_ = s.listener.Close()
	s.listen(t)
	return s.addr()
}

// forget is a failover to a replica that has nothing.
func (s *tiny) forget(t *testing.T) (addr string) {
	t.Helper()
	s.mu.Lock()
	clear(s.values)
	s.mu.Unlock()
	return s.failover(t)
}

func (s *tiny) serve(conn net.Conn) {
	requests := make(chan tinyRequest)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		for in := gob.NewDecoder(conn); ; {
			var r tinyRequest
			if in.Decode(&r) != nil {
				return
			}
			requests <- r
		}
	}()
	var held []chan struct{}
	defer func() {
		for _, l := range held {
			<-l
		}
		_ = conn.Close()
	}()
	out := gob.NewEncoder(conn)
	for {
		var r tinyRequest
		select {
		case r = <-requests:
		case <-gone:
			return
		}
		response := tinyResponse{OK: true}
		switch r.Op {
		case "lock":
			l := s.lock(r.Key)
			select {
			case l <- struct{}{}:
				held = append(held, l)
			case <-gone:
				return
			}
		case "unlock":
			if len(held) > 0 {
				<-held[0]
				held = held[1:]
			}
		default:
			response = s.do(r)
		}
		if out.Encode(response) != nil {
			return
		}
	}
}

func (s *tiny) lock(key string) chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.locks[key] == nil {
		s.locks[key] = make(chan struct{}, 1)
	}
	return s.locks[key]
}

func (s *tiny) do(r tinyRequest) tinyResponse {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.values[r.Key]
	if ok && !v.expires.IsZero() && time.Now().After(v.expires) {
		delete(s.values, r.Key)
		v, ok = tinyValue{}, false
	}
	switch r.Op {
	case "get":
		return tinyResponse{OK: ok, Tag: v.tag, Value: v.bytes}
	case "delete":
		delete(s.values, r.Key)
		return tinyResponse{OK: true}
	case "setnx":
		if ok {
			return tinyResponse{}
		}
	case "put":
		if v.tag != r.Tag {
			return tinyResponse{}
		}
	}
	s.writes++
	v = tinyValue{bytes: r.Value, tag: strconv.Itoa(s.writes)}
	if r.TTL > 0 {
		v.expires = time.Now().Add(r.TTL)
	}
	s.values[r.Key] = v
	return tinyResponse{OK: true}
}

// A pool is ten connections to a tiny.
type pool struct {
	addr  string
	space string
	slots chan struct{}
	mu    sync.Mutex
	idle  []*tinyConn
}

type tinyConn struct {
	net.Conn
	in  *gob.Decoder
	out *gob.Encoder
}

func newPool(t *testing.T, addr, space string) *pool {
	t.Helper()
	p := &pool{addr: addr, space: space, slots: make(chan struct{}, 10)}
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, c := range p.idle {
			_ = c.Close()
		}
	})
	return p
}

func (p *pool) take(ctx context.Context) (*tinyConn, error) {
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return c, nil
	}
	p.mu.Unlock()
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", p.addr)
	if err != nil {
		<-p.slots
		return nil, errors.New(err.Error())
	}
	return &tinyConn{conn, gob.NewDecoder(conn), gob.NewEncoder(conn)}, nil
}

func (p *pool) giveBack(c *tinyConn, err error) {
	defer func() { <-p.slots }()
	if err != nil {
		_ = c.Close()
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, c)
}

func (c *tinyConn) ask(ctx context.Context, r tinyRequest) (response tinyResponse, err error) {
	defer context.AfterFunc(ctx, func() { _ = c.Close() })()
	if err = c.out.Encode(r); err == nil {
		err = c.in.Decode(&response)
	}
	if ctx.Err() != nil {
		return response, ctx.Err()
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return response, err
}

func (p *pool) ask(ctx context.Context, r tinyRequest) (tinyResponse, error) {
	c, err := p.take(ctx)
	if err != nil {
		return tinyResponse{}, err
	}
	r.Key = p.space + "/" + strconv.Quote(r.Key)
	response, err := c.ask(ctx, r)
	p.giveBack(c, err)
	return response, err
}

// Get and Put make a pool a [lease.KV].
func (p *pool) Get(ctx context.Context, key string) (entry []byte, tag string, err error) {
	r, err := p.ask(ctx, tinyRequest{Op: "get", Key: key})
	return r.Value, r.Tag, err
}

func (p *pool) Put(ctx context.Context, key string, entry []byte, tag string) error {
	r, err := p.ask(ctx, tinyRequest{Op: "put", Key: key, Tag: tag, Value: entry})
	if err == nil && !r.OK {
		return lease.ErrConflict
	}
	return err
}
