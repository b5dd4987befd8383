package main

import (
	"regexp"
	"strconv"
	"strings"
)

// measured is the outcome of all steps.
type measured struct {
	before, after string // load averages
	cpu           string
	figures       map[string]float64 // by name of the benchmark and unit, a space between
	missing       []string           // names that were asked for and are not there
}

// read takes the figures out of what a command printed.
func (m *measured) read(output string) {
	idle := regexp.MustCompile(`an idle session takes (\d+) bytes`)
	procs := regexp.MustCompile(`-\d+$`) // what testing appends to names
	for line := range strings.Lines(output) {
		f := strings.Fields(line)
		switch {
		case strings.HasPrefix(line, "cpu: "):
			m.cpu = strings.TrimSpace(line[len("cpu: "):])
		case idle.MatchString(line):
			m.put("Sessions B", idle.FindStringSubmatch(line)[1])
		case len(f) == 3 && strings.HasPrefix(line, "headers="): // of count.sh
			m.put("Count/"+f[0]+"/"+f[1]+" instructions", f[2])
		case len(f) == 3 && strings.HasPrefix(line, "start "):
			m.put("Count/start/"+f[1]+" instructions", f[2])
		case len(f) > 3 && strings.HasPrefix(line, "Benchmark"):
			name := procs.ReplaceAllString(strings.TrimPrefix(f[0], "Benchmark"), "")
			for i := 2; i+1 < len(f); i += 2 {
				m.put(name+" "+f[i+1], f[i])
			}
		}
	}
}

func (m *measured) put(name, value string) {
	if v, err := strconv.ParseFloat(value, 64); err == nil {
		m.figures[name] = v
	}
}

// get returns a figure, and notes if it is missing.
func (m *measured) get(name, unit string) float64 {
	v, ok := m.figures[name+" "+unit]
	if !ok {
		m.missing = append(m.missing, name+" "+unit)
	}
	return v
}

// cpuOf returns nanoseconds of CPU time.
func (m *measured) cpuOf(name string) float64 { return m.get(name, "cpu-ns/op") }
