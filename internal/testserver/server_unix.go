//go:build unix

package testserver

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// A Server is a database server that listens on Addr.
type Server struct {
	Addr string // host:port
	Dir  string // of its data

	argv   []string
	user   *syscall.Credential
	cmd    *exec.Cmd
	output *bytes.Buffer
}

// patience bounds the start and the end of a server.
const patience = 30 * time.Second

// find returns the path of a program, or skips or fails the test.
func find(t *testing.T, name string, folders ...string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, pattern := range folders {
		if paths, _ := filepath.Glob(filepath.Join(pattern, name)); len(paths) > 0 {
			return paths[len(paths)-1]
		}
	}
	if os.Getenv("CHATELAINE_REQUIRE_ALL") != "" {
		t.Fatalf("%s is not installed", name)
	}
	t.Skipf("%s is not installed; on Debian it is in one of the packages postgresql, redis-server, dbus, gnome-keyring", name)
	return ""
}

// dataDir returns a new directory that belongs to who runs the server: not to
// root, whom some servers refuse.
func dataDir(t *testing.T) (dir string, owner *syscall.Credential) {
	t.Helper()
	dir, err := os.MkdirTemp("", "chatelaine-server-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if os.Geteuid() != 0 {
		return dir, nil
	}
	for _, name := range []string{"postgres", "redis", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if uidErr != nil || gidErr != nil {
			continue
		}
		if err := os.Chown(dir, int(uid), int(gid)); err != nil {
			t.Fatal(err)
		}
		return dir, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	t.Fatal("there is no user to run the server as")
	return "", nil
}

func command(dir string, owner *syscall.Credential, argv ...string) (*exec.Cmd, *bytes.Buffer) {
	output := new(bytes.Buffer)
	cmd := exec.CommandContext(context.Background(), argv[0], argv[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, output, output
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: owner, Setpgid: true}
	return cmd, output
}

// Start starts the server again, after Kill or Stop, on the same port and data.
func (s *Server) Start(t *testing.T) {
	t.Helper()
	s.cmd, s.output = command(s.Dir, s.user, s.argv...)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
}

// Kill ends the server at once, as a crash of its machine does.
func (s *Server) Kill() { s.end(syscall.SIGKILL) }

func (s *Server) end(sig syscall.Signal) {
	if s.cmd == nil {
		return
	}
	_ = syscall.Kill(-s.cmd.Process.Pid, sig)
	_ = s.cmd.Wait()
	s.cmd = nil
}

// await calls ready until it returns nil.
func (s *Server) await(t *testing.T, ready func(context.Context) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			s.Kill()
			t.Fatalf("%s does not answer: %v\n%s", s.argv[0], err, s.output)
		case <-ticker.C:
		}
	}
}
