package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// table is one of the page.
type table struct {
	name string
	of   func(*measured) string
}

// tables are all of them, in the order of the page.
func tables() []table {
	return []table{
		{"machine", machine},
		{"goals", goals},
		{"transport", transport},
		{"instructions", instructions},
		{"client", client},
		{"interceptor", interceptors},
		{"queued", queued},
		{"growth", growth},
		{"herd", herd},
		{"session", session},
		{"memory", memory},
		{"update", update},
		{"start", start},
	}
}

// rows makes a table in Markdown: the first row is the head.
func rows(all ...[]string) string {
	var b strings.Builder
	for i, row := range all {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			b.WriteString(strings.Repeat("|---", len(row)) + "|\n")
		}
	}
	return b.String()
}

// number groups the digits of a whole number by three.
func number(v float64) string {
	s := strconv.FormatFloat(math.Abs(math.Round(v)), 'f', -1, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if math.Round(v) < 0 {
		s = "−" + s
	}
	return s
}

func nanos(v float64) string  { return number(v) + " ns" }
func micros(v float64) string { return fmt.Sprintf("%.2f µs", v/1e3) }
func millis(v float64) string { return fmt.Sprintf("%.2f ms", v) }
func ratio(v float64) string  { return fmt.Sprintf("%.2f", v) }
