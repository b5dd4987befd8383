package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	barWidth = 36
	maxRows  = 8
)

// waterfall draws the exchanges as rows on one time scale.
func waterfall(w io.Writer, p painter, rows []exchange) {
	if len(rows) == 0 {
		return
	}
	begin, end := rows[0].Start, rows[0].Start
	for _, r := range rows {
		if t := r.Start.Add(r.Took); t.After(end) {
			end = t
		}
	}
	shown := rows
	if len(rows) > maxRows {
		shown = summarize(rows)
	}
	for _, r := range shown {
		_, _ = fmt.Fprintf(w, "    %s %-4s %-14s %7.1f ms  %s\n", p.status(r.Status), r.Method, r.Path,
			float64(r.Took)/float64(time.Millisecond), bar(p, r, begin, end.Sub(begin)))
	}
	if left := len(rows) - len(shown); left > 0 {
		_, _ = fmt.Fprintf(w, "    %s\n", p.dim(fmt.Sprintf("… and %d more rows", left)))
	}
}

// summarize keeps the rows that tell the story: the first refused, the refreshes, the first served.
func summarize(rows []exchange) []exchange {
	var kept []exchange
	seen := make(map[int]int)
	for _, r := range rows {
		if seen[r.Status] < 2 || strings.HasPrefix(r.Path, "/auth/") {
			kept = append(kept, r)
		}
		seen[r.Status]++
	}
	return kept
}

func bar(p painter, r exchange, begin time.Time, whole time.Duration) string {
	if whole <= 0 {
		whole = 1
	}
	at := int(int64(barWidth) * int64(r.Start.Sub(begin)) / int64(whole))
	length := max(1, int(int64(barWidth)*int64(r.Took)/int64(whole)))
	at = min(at, barWidth-1)
	length = min(length, barWidth-at)
	block := strings.Repeat("█", length)
	switch {
	case r.Status == 0 || r.Status >= http.StatusInternalServerError:
		block = p.red(block)
	case r.Status >= http.StatusBadRequest:
		block = p.yellow(block)
	default:
		block = p.green(block)
	}
	return strings.Repeat(" ", at) + block
}
