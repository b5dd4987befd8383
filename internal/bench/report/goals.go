package main

import (
	"fmt"
	"runtime"
	"time"
)

// machine says where and when it was measured.
func machine(m *measured) string {
	return fmt.Sprintf("Measured in one run on %s with %s, %s/%s, on %s with %d cores; load average %s before and %s after.\n",
		time.Now().UTC().Format("2006-01-02 15:04 UTC"), runtime.Version(), runtime.GOOS, runtime.GOARCH,
		m.cpu, runtime.NumCPU(), m.before, m.after)
}

// goal is a bound on a figure, and the least that is possible, where that was measured.
type goal struct {
	what          string
	figure, bound float64
	text          func(float64) string
	floor         string
}

// goals puts each goal beside what was measured and the floor.
func goals(m *measured) string {
	auth := "lib=chain/list=auth"
	share := func(size, lib string) float64 { return m.get("Transport/"+size+lib, "of-oauth2") }
	onResty := func(lib string) float64 {
		return m.get("Client/lib="+lib+"/add=chain+auth", "added-cpu-ns") / m.get("Client/lib="+lib+"/add=oauth2", "added-cpu-ns")
	}
	passing := (m.cpuOf("Growth/interceptors=32") - m.cpuOf("Growth/interceptors=1")) / 31
	parallel := m.cpuOf("Parallel/callers=64") / m.get("Parallel/callers=64", "own-cpu-ns")
	all := []goal{
		{"chain + auth, of what `oauth2.Transport` adds, 2 headers, CPU time", share(of2, auth), 0.65, ratio, ratio(share(of2, "lib=floor"))},
		{"the same, 6 headers", share(of6, auth), 0.55, ratio, ratio(share(of6, "lib=floor"))},
		{"resty v2 + chain + auth, of what `oauth2.Transport` adds to resty v2", onResty("resty2"), 1, ratio, ""},
		{"the same without a context", onResty("resty2-plain"), 1, ratio, ""},
		{"an interceptor that passes on and promises `CopyOnWrite`", passing, 20, nanos, ""},
		{"`Queued`, nobody waits", m.cpuOf("Queued/depth=0"), 2000, micros, ""},
		{"`Queued`, 1,000 frames deep", m.cpuOf("Queued/depth=1000"), 2000, micros, ""},
		{"a request of 64 goroutines on one session, over that of 64 with a session each", parallel, 1.2, ratio, ""},
	}
	for _, n := range herds() {
		all = append(all, goal{
			"each of " + number(n) + " goroutines that meet a 401 together", m.get(herdName(n), "cpu-ns/goroutine"), 10_000, micros,
			micros(m.get(herdName(n), "floor-cpu-ns/goroutine")),
		})
	}
	all = append(all,
		goal{"an idle session of `auth.Sessions`", m.get("Sessions", "B"), 2500, func(v float64) string { return number(v) + " bytes" }, ""},
		goal{"an Update among 100,000 values, over one with none", updateOf(m, 100_000) / updateOf(m, 0), 1.2, ratio, ""},
		goal{
			"the start of a program with a sealed session", m.get("Start", "sealed-cpu-ms"), 5, millis,
			millis(m.get("Start", "resty-cpu-ms")) + " (resty alone)",
		})
	table := [][]string{{"", "goal, at most", "measured", "the floor", "reached"}}
	for _, g := range all {
		reached := "**no**"
		if g.figure <= g.bound {
			reached = "yes"
		}
		table = append(table, []string{g.what, g.text(g.bound), g.text(g.figure), g.floor, reached})
	}
	return rows(table...)
}
