//go:build unix

package linear_test

import (
	"bufio"
	"encoding/json"
	"flag"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/chatelaine-go/chatelaine/internal/netfault"
)

// length is how long the processes of a history run.
var length = flag.Duration("linear.for", 6*time.Second, "how long each history is")

// fewest operations make a history, however long a slow machine takes for them.
const fewest = 300

// A crew is the processes of a history.
type crew struct {
	t       *testing.T
	kind    string
	addr    string
	running []*exec.Cmd
	next    int // number of the next process
	lines   chan op
	done    chan int // slots whose process has ended
}

// launch starts a process in a slot.
func (c *crew) launch(slot int) {
	c.t.Helper()
	argument, err := json.Marshal(job{Worker: c.next, Kind: c.kind, Addr: c.addr})
	if err != nil {
		c.t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		c.t.Fatal(err)
	}
	c.next++
	cmd := exec.CommandContext(c.t.Context(), self, workerRole, string(argument))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.running[slot] = cmd
	go func() {
		for in := bufio.NewScanner(out); in.Scan(); {
			var o op
			if json.Unmarshal(in.Bytes(), &o) == nil {
				c.lines <- o
			}
		}
		_ = cmd.Wait()
		c.done <- slot
	}()
}

// breakOne kills a process, stops one for a while, or breaks connections.
func (c *crew) breakOne(p *netfault.Proxy) {
	victim := c.running[rand.N(len(c.running))].Process
	switch rand.N(5) {
	case 0:
		_ = victim.Kill()
	case 1:
		_ = victim.Signal(syscall.SIGSTOP)
		time.AfterFunc(rand.N(3*ttl), func() { _ = victim.Signal(syscall.SIGCONT) })
	case 2:
		p.Cut()
	case 3:
		p.LoseResponse()
	default:
		p.Mute()
	}
}

func (c *crew) end() {
	for _, cmd := range c.running {
		_ = cmd.Process.Signal(syscall.SIGCONT)
		_ = cmd.Process.Kill()
	}
}

// history runs processes on a store, with faults and, in the middle, a failover
// if the server has a replica, and returns what they did.
func history(t *testing.T, kind string) []op {
	t.Helper()
	const processes = 5
	server := kinds()[kind].start(t)
	p := netfault.New(t, server.addr)
	c := &crew{
		t: t, kind: kind, addr: p.Addr(), running: make([]*exec.Cmd, processes), lines: make(chan op, 1024), done: make(chan int, 64),
	}
	for slot := range processes {
		c.launch(slot)
	}
	alive := processes
	faults := time.NewTicker(250 * time.Millisecond)
	defer faults.Stop()
	end, middle := time.NewTimer(*length), time.NewTimer(*length/2)
	defer end.Stop()
	defer middle.Stop()
	type id struct{ worker, id int }
	ops := make(map[id]op)
	for ending := false; alive > 0; {
		select {
		case o := <-c.lines:
			ops[id{o.Worker, o.ID}] = o
		case slot := <-c.done:
			alive--
			if !ending {
				c.launch(slot)
				alive++
			}
		case <-faults.C:
			c.breakOne(p)
		case <-middle.C:
			if server.failover != nil {
				p.MoveTo(server.failover(t))
			}
		case <-end.C:
			if len(ops) < fewest {
				end.Reset(time.Second)
				continue
			}
			ending = true
			faults.Stop()
			c.end()
		}
	}
	close(c.lines)
	for o := range c.lines {
		ops[id{o.Worker, o.ID}] = o
	}
	return slices.Collect(maps.Values(ops))
}

// TestLinearizable has stores whose histories have an order, and broken ones
// whose histories do not.
func TestLinearizable(t *testing.T) {
	for name, k := range kinds() {
		t.Run(name, func(t *testing.T) {
			ops := history(t, name)
			counts := make(map[string]int)
			for _, o := range ops {
				counts[o.Result]++
				if o.Result == failed {
					t.Log(o.Error)
				}
			}
			t.Logf("%d loads, %d updates stored, %d lost, %d failed, %d cut short",
				counts[""], counts[stored], counts[lost], counts[failed], counts[unknown])
			if k.only != nil {
				ops = slices.DeleteFunc(ops, func(o op) bool { return !k.only(o) })
			}
			got := porcupine.CheckOperationsTimeout(register(), operations(ops), 5*time.Minute)
			if got != k.want {
				t.Errorf("%d operations are %s; want %s", len(ops), got, k.want)
			}
		})
	}
}
