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

// withSession makes a command of one that uses the session that there is.
func (a *app) withSession(fn func(context.Context, *profile.Profile) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, _ []string) error { return a.use(cmd.Context(), fn) }
}

// use opens the session that there is, lets fn use it, and closes it.
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
	dir, err := profile.In(root, a.flags.profile)
	if err != nil {
		return "", &hinted{err: err, code: exitUsage, hint: "choose another name for --profile"}
	}
	return dir, nil
}

// server is what the flags say, over the configuration file or else what the last login remembered.
func (a *app) server(dir profile.Directory) (s profile.Server, err error) {
	if a.flags.config != "" {
		if s, err = profile.ReadServer(a.flags.config); err != nil {
			return s, &hinted{err: err, code: exitUsage, hint: "run `demo help config` for what is in it"}
		}
		s.ClientSecretFile = beside(a.flags.config, s.ClientSecretFile)
	} else if s, err = dir.Server(); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s, &hinted{err: err, code: exitError, hint: "run `demo login` to write it anew, with --config or the flags for the server"}
	}
	if s, err = a.flags.server.Over(s); err != nil {
		return s, err
	}
	if s.ClientSecretFile != "" { // it is remembered, and the next command may run elsewhere
		if s.ClientSecretFile, err = filepath.Abs(s.ClientSecretFile); err != nil {
			return s, err
		}
	}
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

// onEvent tells about what would otherwise go unnoticed.
func (a *app) onEvent(e auth.Event) {
	switch {
	case e.Kind == auth.PersistFailed:
		a.say("warning: the session could not be stored: %s", message(e.Err))
	case e.Kind == auth.SignedOut && e.Reason == auth.ReasonLogout && e.Err != nil:
		a.say("warning: the server could not be told, so the tokens end by themselves: %s", message(e.Err))
	}
}

// soon is when an interrupted command says why it has not ended yet.
const soon = 200 * time.Millisecond

// close waits for what must not be cut off, and says so if it takes long.
func (a *app) close(ctx context.Context, p *profile.Profile) error {
	if ctx.Err() != nil {
		defer time.AfterFunc(soon, func() {
			a.say("interrupted; waiting for the refresh that is under way, so that the session stays intact\n" +
				"(Ctrl-C again ends the program at once, and perhaps the session)")
		}).Stop()
	} else {
		defer a.progress.Waiting("a refresh")()
	}
	return p.Close(ctx)
}

// waiting tells that the server is slow.
func (a *app) waiting(p *profile.Profile) (done func()) {
	return a.progress.Waiting("an answer of " + p.Server.Origin())
}
