package main

import (
	"context"
	"fmt"
	"net/http"

	"github.com/go-resty/resty/v2"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/chain"
)

// stage is what the scenes of the tour play on.
type stage struct {
	*profile

	env    environment
	paint  painter
	quiet  bool // with --json
	dir    string
	scene  string
	claims []claim
	server *authtest.Server
	wire   *recorder
}

// newStage starts the server and opens the keyring.
func newStage(ctx context.Context, env environment, dir string) (*stage, error) {
	server, err := authtest.Start(authtest.Config{})
	if err != nil {
		return nil, err
	}
	s := &stage{
		env: env, paint: newPainter(env.stdout, env.getenv), dir: dir, server: server,
		wire: &recorder{base: &http.Transport{}},
	}
	if s.profile, err = s.newProfile(ctx); err != nil {
		server.Close()
		return nil, err
	}
	return s, nil
}

// newProfile opens the keyring and wires a client, as a program does when it starts.
func (s *stage) newProfile(ctx context.Context) (*profile, error) {
	f := &flags{baseURL: s.server.URL, backend: "file", dir: s.dir, profile: "default"}
	dir, err := f.directory()
	if err != nil {
		return nil, err
	}
	store, err := f.openStore(ctx, dir)
	if err != nil {
		return nil, inKeyring(err)
	}
	session, err := auth.New(auth.Config{
		BaseURL:   s.server.URL,
		Store:     store,
		Account:   f.profile,
		Refresher: auth.JSONRefresher{URL: "/auth/refresh", Transport: s.wire},
		Revoke:    revokeAt(s.server.URL),
	})
	if err != nil {
		return nil, err
	}
	client := resty.New().SetTimeout(requestTimeout).SetTransport(s.wire)
	if err := chain.New(session).Install(client); err != nil {
		return nil, err
	}
	return &profile{flags: f, store: store, session: session, client: client}, nil
}

func (s *stage) close(ctx context.Context) error {
	err := s.profile.close(ctx)
	s.wire.CloseIdleConnections()
	s.server.Close()
	return err
}

func (s *stage) say(format string, args ...any) {
	if !s.quiet {
		_, _ = fmt.Fprintf(s.env.stdout, format, args...)
	}
}

// check notes and shows whether a promise held.
func (s *stage) check(text string, held bool, format string, args ...any) {
	c := claim{Scene: s.scene, Claim: text, Held: held, Detail: fmt.Sprintf(format, args...)}
	s.claims = append(s.claims, c)
	s.say("  %s %s %s\n", s.paint.mark(held), text, s.paint.dim(c.Detail))
}

// show draws what went over the wire since the last time.
func (s *stage) show() {
	rows := s.wire.take()
	if !s.quiet {
		waterfall(s.env.stdout, s.paint, rows)
	}
}
