package main

import (
	"context"
	"os"
	"os/signal"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"demo": main})
}

// TestScript runs the command lines of testdata/script, each with a home, a server and a keyring of its own.
//
// In them, `server` does to the server what it is told.
func TestScript(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			server, err := authtest.Start(authtest.Config{})
			if err != nil {
				return err
			}
			env.Defer(server.Close)
			env.Values["server"] = server
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("XDG_CONFIG_HOME", env.WorkDir)
			env.Setenv("DBUS_SESSION_BUS_ADDRESS", "disabled:")
			env.Setenv("URL", server.URL)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"server": control},
	})
}

func control(ts *testscript.TestScript, _ bool, args []string) {
	server := ts.Value("server").(*authtest.Server)
	switch args[0] {
	case "expire":
		server.ExpireAccess()
	case "revoke":
		server.RevokeAll()
	case "close":
		server.Close()
	case "fail":
		server.FailRefresh(1, 503, nil, "")
	case "refreshes":
		if got := server.Stats().Refreshes; len(args) != 2 || args[1] != string(rune('0'+got)) {
			ts.Fatalf("%d refreshes, want %s", got, args[1])
		}
	default:
		ts.Fatalf("the server cannot %s", args[0])
	}
}

// TestRun_interrupt ends with the exit code of an interrupt.
func TestRun_interrupt(t *testing.T) {
	t.Parallel()
	ctx, stop := signal.NotifyContext(t.Context(), os.Interrupt)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	env := environment{stdin: devNull(t), stdout: devNull(t), stderr: devNull(t), getenv: func(string) string { return "" }}
	if code := run(ctx, []string{"get", "/me", "--dir", t.TempDir()}, env); code != exitInterrupted {
		t.Errorf("exit code %d", code)
	}
}

func devNull(t *testing.T) *os.File {
	t.Helper()
	f, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}
