//go:build unix

package sqltest_test

import (
	"bufio"
	"database/sql"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/chatelaine-go/chatelaine/internal/testserver"
)

// An op is a Load or an Update of one process, as it reports it: an Update once from inside its
// callback, when it is not known yet whether it will be stored, and again when it is.
type op struct {
	Worker int    `json:"worker"`
	ID     int    `json:"id"`
	Key    int    `json:"key"`
	Update bool   `json:"update"`
	Old    string `json:"old"` // "": absent
	New    string `json:"new"`
	Result string `json:"result"` // of an Update
	Call   int64  `json:"call"`   // ns; all processes have the clock of one machine
	Return int64  `json:"return"`
}

// The results of an Update.
const (
	unknown = "unknown" // it was cut short: stored or not, now or later
	stored  = "stored"
	refused = "refused" // certainly not stored
)

// register is one key: a Load returns what it holds, and an Update replaces what its callback was
// given, in one step.
func register() porcupine.Model {
	model := porcupine.NondeterministicModel{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			keys := make(map[int][]porcupine.Operation)
			for _, o := range history {
				k := o.Input.(op).Key
				keys[k] = append(keys[k], o)
			}
			var parts [][]porcupine.Operation
			for _, part := range keys {
				parts = append(parts, part)
			}
			return parts
		},
		Init: func() []any { return []any{""} },
		Step: func(state, input, _ any) []any {
			o, held := input.(op), state.(string)
			switch {
			case o.Update && o.Result == refused:
				return []any{held}
			case o.Update && o.Result == unknown && o.Old != held:
				return []any{held}
			case o.Update && o.Result == unknown:
				return []any{held, o.New}
			case o.Old != held:
				return nil
			case o.Update:
				return []any{o.New}
			default:
				return []any{held}
			}
		},
	}
	return model.ToModel()
}

// history runs processes on the store called kind, with faults, and returns what they did.
func history(t *testing.T, kind, url string) []porcupine.Operation {
	t.Helper()
	const workers = 5
	length := 6 * time.Second
	lines := make(chan op, 1024)
	done := make(chan int, 64)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	running := make([]*exec.Cmd, workers)
	next, alive := 0, 0
	launch := func(slot int) {
		job, err := json.Marshal(linearJob{Worker: next, Kind: kind, URL: url})
		if err != nil {
			t.Fatal(err)
		}
		next++
		cmd := exec.CommandContext(t.Context(), self, linearRole, string(job))
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		running[slot] = cmd
		alive++
		go func() {
			for in := bufio.NewScanner(out); in.Scan(); {
				var o op
				if json.Unmarshal(in.Bytes(), &o) == nil {
					lines <- o
				}
			}
			_ = cmd.Wait()
			done <- slot
		}()
	}
	for slot := range running {
		launch(slot)
	}
	faults := time.NewTicker(300 * time.Millisecond)
	defer faults.Stop()
	end := time.NewTimer(length)
	defer end.Stop()
	type id struct{ worker, id int }
	ops := make(map[id]op)
	for ending := false; alive > 0; {
		select {
		case o := <-lines:
			ops[id{o.Worker, o.ID}] = o
		case slot := <-done:
			alive--
			if !ending {
				launch(slot)
			}
		case <-faults.C:
			victim := running[rand.N(workers)]
			if rand.N(2) == 0 {
				_ = victim.Process.Kill()
				continue
			}
			_ = victim.Process.Signal(syscall.SIGSTOP)
			time.AfterFunc(rand.N(3*linearTTL), func() { _ = victim.Process.Signal(syscall.SIGCONT) })
		case <-end.C:
			ending = true
			faults.Stop()
			for _, cmd := range running {
				_ = cmd.Process.Signal(syscall.SIGCONT)
				_ = cmd.Process.Kill()
			}
		}
	}
	close(lines)
	for o := range lines {
		ops[id{o.Worker, o.ID}] = o
	}
	var all []porcupine.Operation
	for _, o := range ops {
		if o.Result == unknown {
			o.Return = math.MaxInt64
		}
		all = append(all, porcupine.Operation{ClientId: o.Worker, Input: o, Call: o.Call, Output: o.Result, Return: o.Return})
	}
	return all
}

// TestLinearizable records what processes do that are killed and stopped, and looks for an order of
// it in which each Update replaced what it was given.
func TestLinearizable(t *testing.T) {
	url := testserver.PostgresURL(server(t))
	openPostgres(t, url, linearTable)
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), "create table "+linearBroken+" (key text primary key, value text not null)"); err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[string]porcupine.CheckResult{linearTable: porcupine.Ok, linearBroken: porcupine.Illegal} {
		t.Run(kind, func(t *testing.T) {
			all := history(t, kind, url)
			got := porcupine.CheckOperationsTimeout(register(), all, time.Minute)
			if len(all) < 100 || got != want {
				t.Errorf("%d operations are %s; want %s", len(all), got, want)
			}
			t.Logf("%d operations", len(all))
		})
	}
}
