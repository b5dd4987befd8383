package main

import "fmt"

// series is a table of what is measured as one quantity grows.
func series(what string, sizes []float64, lines ...line) string {
	head := []string{what}
	for _, n := range sizes {
		head = append(head, number(n))
	}
	all := [][]string{head}
	for _, l := range lines {
		row := []string{l.what}
		for _, n := range sizes {
			row = append(row, l.of(n))
		}
		all = append(all, row)
	}
	return rows(all...)
}

// line is one line of a series.
type line struct {
	what string
	of   func(n float64) string
}

// growth is what chain and auth add to the bare transport, as one quantity grows.
func growth(m *measured) string {
	grown := func(what, title string, sizes ...float64) string {
		name := func(n float64) string { return fmt.Sprintf("Growth/%s=%.0f", what, n) }
		return series(title, sizes,
			line{"CPU time", func(n float64) string { return micros(m.cpuOf(name(n))) }},
			line{"bytes", func(n float64) string { return number(m.get(name(n), "B/op")) }},
			line{"allocations", func(n float64) string { return number(m.get(name(n), "allocs/op")) }})
	}
	callers := func(n float64) string { return fmt.Sprintf("Parallel/callers=%.0f", n) }
	parallel := series("goroutines that send requests at once", []float64{1, 2, 8, 64},
		line{"CPU time of a request, all on one session", func(n float64) string { return micros(m.cpuOf(callers(n))) }},
		line{"the same, each with a session of its own", func(n float64) string { return micros(m.get(callers(n), "own-cpu-ns")) }})
	return grown("interceptors", "interceptors", 1, 2, 4, 8, 16, 32) + "\n" +
		grown("headers", "headers", 1, 2, 4, 7, 8, 16, 32, 64) + "\n" +
		grown("token", "bytes of the token", 16, 256, 1<<10, 4<<10, 16<<10) + "\n" + parallel
}

// herds are the sizes of the herds.
func herds() []float64 { return []float64{1_000, 10_000, 100_000} }

func herdName(n float64) string { return fmt.Sprintf("Herd/goroutines=%.0f", n) }

// herd is what goroutines cost that meet a 401 together.
func herd(m *measured) string {
	of := func(unit string, text func(float64) string) func(float64) string {
		return func(n float64) string { return text(m.get(herdName(n), unit)) }
	}
	return series("goroutines that meet a 401 together", herds(),
		line{"refreshes", of("refreshes", number)},
		line{"CPU time of one", of("cpu-ns/goroutine", micros)},
		line{"the floor: send, wait for a channel, send again", of("floor-cpu-ns/goroutine", micros)},
		line{"runs of the collector that end meanwhile", of("collections", number)},
		line{"the same for the floor", of("floor-collections", number)},
		line{"CPU time of one, without the collector", of("cpu-ns/goroutine/off", micros)},
		line{"the floor, without the collector", of("floor-cpu-ns/goroutine/off", micros)},
		line{"wall time, over that of the refresh and one round of requests", of("wall/(refresh+replay)", ratio)})
}

// session is how one does under load.
func session(m *measured) string {
	return rows([]string{"what", "goal", "figure"},
		[]string{
			"`BenchmarkCrossing`: requests during a background refresh. Their p99, over that of quiet times; median of all crossings",
			"1.1", ratio(m.get("Crossing", "p99-crossing/p99-steady")),
		},
		[]string{
			"`BenchmarkProcesses`: 8 processes × 8 goroutines, an expiry per round. Refreshes per expiry; refresh tokens spent twice; " +
				"failed requests",
			"1; 0; 0", fmt.Sprintf("%v; %v; %v", m.get("Processes", "refreshes/expiry"), m.get("Processes", "reuses"),
				m.get("Processes", "failed-requests")),
		})
}

// memory is what an idle session takes.
func memory(m *measured) string {
	return rows([]string{"an idle session of `auth.Sessions`, with an access token of 800 bytes", "goroutines"},
		[]string{number(m.get("Sessions", "B")) + " bytes", "0"})
}

func updateOf(m *measured, n float64) float64 {
	return m.get("Update", fmt.Sprintf("cpu-ns/others=%.0f", n))
}

// update is what a change of a sealed file takes, among others.
func update(m *measured) string {
	return series("other values in the directory", []float64{0, 1_000, 10_000, 100_000},
		line{"CPU time of one Update", func(n float64) string { return millis(updateOf(m, n) / 1e6) }},
		line{"over that with none", func(n float64) string { return ratio(updateOf(m, n) / updateOf(m, 0)) }})
}

// start is what programs take from start to end.
func start(m *measured) string {
	row := func(what, name string) []string {
		counted := ""
		if name != "keyring" {
			counted = number(m.get("Count/start/"+name, "instructions"))
		}
		return []string{what, millis(m.get("Start", name+"-cpu-ms")), millis(m.get("Start", name+"-best-ms")), counted}
	}
	return rows([]string{"the program", "median", "best", "instructions"},
		row("does nothing", "bare"),
		row("makes a resty client", "resty"),
		row("makes a resty client, and reads a session from a sealed file", "sealed"),
		row("the same, with the key in the encrypted file of 99designs/keyring, behind a random key", "keyring"))
}
