package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/chatelaine-go/chatelaine/auth/authtest"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/playground"
)

// TestScript runs the command lines of testdata/script, each with a home, a server and a keyring of
// its own.
//
// In them, `exits CODE demo …` runs demo and checks how it ends, `server …` orders something of the
// server or checks its counters, and `serve …` runs demo serve until the end of the script and puts
// its address into $SERVED. `hostile` starts a server that attacks its clients, at $HOSTILE, and
// `trapped N` checks how many requests followed its redirects.
func TestScript(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d scripts, %v", len(files), err)
	}
	if raceEnabled { // each command that opens the keyring takes a second then
		files = []string{"testdata/script/requests.txtar", "testdata/script/session.txtar", "testdata/script/storm.txtar"}
	}
	testscript.Run(t, testscript.Params{
		Files:               files,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			server, err := authtest.Start(authtest.Config{Clients: authtest.Secrets{"demo": "sesame", "": ""}})
			if err != nil {
				return err
			}
			env.Defer(server.Close)
			env.Values["server"] = server
			env.Values["trap"] = new(atomic.Pointer[trap])
			vars, err := hermetic(env.WorkDir)
			if err != nil {
				return err
			}
			env.Vars = append(env.Vars, vars...)
			env.Vars = append(env.Vars, "WORK="+env.WorkDir, "URL="+server.URL)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"server": order, "exits": exits, "serve": serve, "empty": empty, "hostile": hostile, "trapped": trapped},
	})
}

// exits runs a command and checks its exit code, and what holds for every command: a failure has a
// hint, and nothing that is printed is a secret.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := exitOK
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
	stdout, stderr := ts.ReadFile("stdout"), ts.ReadFile("stderr")
	if code != exitOK && strings.Count(stderr, "hint: ") != 1 {
		ts.Fatalf("an error without its hint")
	}
	if !slices.Contains(args, "token") && strings.Contains(stdout, "eyJ") || strings.Contains(stderr, "eyJ") {
		ts.Fatalf("a token was printed")
	}
	if text := stdout + stderr; strings.Contains(text, "open sesame") || strings.Contains(stderr, "query-secret") {
		ts.Fatalf("a secret was printed")
	}
}

func order(ts *testscript.TestScript, _ bool, args []string) {
	server, ok := ts.Value("server").(*authtest.Server)
	if !ok {
		ts.Fatalf("there is no server")
	}
	number := func() int {
		n, err := strconv.Atoi(args[len(args)-1])
		ts.Check(err)
		return n
	}
	check := func(what string, got int) {
		if want := number(); got != want {
			ts.Fatalf("%d %s, want %d\n%v", got, what, want, server.Timeline())
		}
	}
	switch stats := server.Stats(); args[0] {
	case "expire":
		server.ExpireAccess()
	case "revoke":
		server.RevokeAll()
	case "close":
		server.Close()
	case "fail":
		server.FailRefresh(1, number(), nil, "")
	case "failing":
		server.FailAPI(1, number(), nil, "")
	case "issue": // a session that the user got elsewhere: its tokens as JSON, and the refresh token alone
		pair := server.Issue(authtest.DefaultUser)
		data, err := json.Marshal(map[string]string{"access_token": pair.AccessToken, "refresh_token": pair.RefreshToken})
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs("pair.json"), data, 0o600))
		ts.Check(os.WriteFile(ts.MkAbs("refresh.txt"), []byte(pair.RefreshToken+"\n"), 0o600))
	case "set":
		ts.Check(server.Reconfigure(func(c *authtest.Config) { ts.Check(playground.Set(c, args[1], args[2])) }))
	case "refreshes":
		check("refreshes", stats.Refreshes)
	case "logins":
		check("logins", stats.Logins)
	case "sessions":
		check("sessions", stats.Sessions)
	case "reuses":
		check("reuses", stats.Reuses)
	default:
		ts.Fatalf("the server cannot %s", args[0])
	}
}

// empty checks that a directory is there and holds nothing.
func empty(ts *testscript.TestScript, _ bool, args []string) {
	found, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(found) > 0 {
		ts.Fatalf("%s holds %v", args[0], found)
	}
}

func serve(ts *testscript.TestScript, _ bool, args []string) {
	cmd := exec.Command("demo", append([]string{"serve", "--json", "--addr", "127.0.0.1:0"}, args...)...)
	vars, err := hermetic(ts.Getenv("WORK"))
	ts.Check(err)
	cmd.Env = vars
	interruptible(cmd)
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() {
		ts.Check(interrupt(cmd.Process))
		if err := cmd.Wait(); err != nil { // an interrupt is how it ends, so that is not an error
			ts.Fatalf("demo serve: %v", err)
		}
	})
	var first struct {
		URL string `json:"url"`
	}
	lines := bufio.NewReader(out)
	line, err := lines.ReadBytes('\n')
	ts.Check(err)
	ts.Check(json.Unmarshal(line, &first))
	ts.Setenv("SERVED", first.URL)
	go func() { // it must not wait for a reader
		_, _ = lines.WriteTo(new(strings.Builder))
	}()
}
