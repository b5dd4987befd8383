package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/profile"
	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

const requestTimeout = 30 * time.Second

// withSession makes a command of a function that uses the session.
func (a *app) withSession(fn func(context.Context, *profile.Profile) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error { return a.use(cmd.Context(), fn) }
}

// use opens the session of the profile, lets fn use it, and closes it.
func (a *app) use(ctx context.Context, fn func(context.Context, *profile.Profile) error) error {
	dir, err := a.directory()
	if err != nil {
		return err
	}
	known, err := dir.Known()
	if err != nil {
		return err
	}
	server, err := a.server(dir)
	if err != nil {
		return err
	}
	var ring *keyring.Config
	if known {
		if ring, err = a.keyring(ctx, dir, server); err != nil {
			return err
		}
	}
	p, err := a.open(ctx, server, ring)
	if err != nil {
		return err
	}
	return errors.Join(fn(ctx, p), a.close(ctx, p))
}

func (a *app) directory() (profile.Directory, error) {
	root, err := profile.Root(a.flags.dir, a.getenv)
	if err != nil {
		return "", &hinted{err: err, code: exitUsage, hint: "name a directory with --dir"}
	}
	if a.flags.profile == "" {
		if a.flags.profile, err = profile.Current(root); err != nil {
			return "", &hinted{err: err, code: exitError, hint: "choose a profile with `demo switch NAME`"}
		}
	}
	dir, err := profile.In(root, a.flags.profile)
	if err != nil {
		return "", &hinted{err: err, code: exitUsage, hint: "choose another name for --profile"}
	}
	return dir, nil
}

// server is the server of the profile, checked.
func (a *app) server(dir profile.Directory) (profile.Server, error) {
	s, err := a.configured(dir)
	if err != nil {
		return s, err
	}
	return a.checked(s)
}

// configured is what the flags say, over the configuration file or else what the last login
// remembered. What it remembered about another server than the one that is named now is not used.
func (a *app) configured(dir profile.Directory) (s profile.Server, err error) {
	if a.flags.config != "" {
		if s, err = profile.ReadServer(a.flags.config); err != nil {
			return s, &hinted{err: err, code: exitUsage, hint: "run `demo help config` for the members"}
		}
		s.ClientSecretFile = beside(a.flags.config, s.ClientSecretFile)
	} else if s, err = dir.Server(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s, &hinted{err: err, code: exitError, hint: "run `demo login` to write it anew, with --config or the flags for the server"}
	} else if a.elsewhere(s) {
		s = profile.Server{}
	}
	if err := overlay(a.flags.given, &s); err != nil {
		return s, &hinted{err: err, code: exitUsage, hint: "run `demo login --help` for the flags of a server"}
	}
	if s.ClientSecretFile == "" {
		return s, nil
	}
	s.ClientSecretFile, err = filepath.Abs(s.ClientSecretFile) // the next command may run in another directory
	return s, err
}

// elsewhere reports whether the flags name another server than the remembered one.
func (a *app) elsewhere(s profile.Server) bool {
	issuer, base := a.flags.server.Issuer, a.flags.server.BaseURL
	return issuer != "" && issuer != s.Issuer ||
		base != "" && (profile.Server{BaseURL: base}).Origin() != s.WithDefaults().Origin()
}

// checked fills in the defaults and checks the result.
func (a *app) checked(s profile.Server) (profile.Server, error) {
	s = s.WithDefaults()
	return s, s.Check()
}

// beside resolves a name that stands in a configuration file.
func beside(config, name string) string {
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(config), name)
}

// open opens the session; a nil ring is one in memory.
func (a *app) open(ctx context.Context, server profile.Server, ring *keyring.Config) (*profile.Profile, error) {
	if ring != nil {
		a.debugKeyring(ctx, ring)
		defer a.progress.Waiting("the keyring")()
	}
	return profile.Open(ctx, profile.Options{
		Server: server, Keyring: ring, Recorder: a.recorder, HAR: a.har, Logger: a.logger, OnEvent: a.onEvent, Timeout: requestTimeout,
	})
}

func (a *app) debugKeyring(ctx context.Context, ring *keyring.Config) {
	if a.logger != nil {
		a.logger.LogAttrs(ctx, slog.LevelDebug, "keyring", slog.String("dir", ring.Dir), slog.String("backend", ring.Backend))
	}
}

// onEvent reports what would otherwise go unnoticed.
func (a *app) onEvent(e auth.Event) {
	switch {
	case e.Kind == auth.PersistFailed:
		a.say("warning: the session could not be stored: %s", message(e.Err))
	case e.Kind == auth.SignedOut && e.Reason == auth.ReasonLogout && e.Err != nil:
		a.say("warning: the tokens could not be revoked, so they stay valid until they expire: %s", message(e.Err))
	}
}

// soon is when an interrupted command says why it has not quit yet.
const soon = 200 * time.Millisecond

// close waits for what must not be cut off, and says so if that takes long.
func (a *app) close(ctx context.Context, p *profile.Profile) error {
	if ctx.Err() != nil {
		defer time.AfterFunc(soon, func() {
			a.say("interrupted; waiting for a refresh to finish, so that the session stays intact\n" +
				"(Ctrl-C again quits at once, and may lose the session)")
		}).Stop()
	} else {
		defer a.progress.Waiting("a refresh")()
	}
	return p.Close(ctx)
}

// waiting shows that the server is slow.
func (a *app) waiting(p *profile.Profile) (done func()) {
	return a.progress.Waiting("a response from " + p.Server.Origin())
}
