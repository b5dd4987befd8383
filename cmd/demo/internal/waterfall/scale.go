package waterfall

import (
	"strings"
	"time"
)

// A scale turns times into columns.
type scale struct {
	begin time.Time
	whole time.Duration
	cells int
}

// bar draws from begin to end, in half columns and at least one of them.
func (s scale) bar(begin, end time.Time) string {
	halves := 2 * s.cells
	from := min(s.half(begin), halves-1)
	to := min(max(s.half(end), from+1), halves)
	var b strings.Builder
	for cell := range s.cells {
		left, right := covered(2*cell, from, to), covered(2*cell+1, from, to)
		switch {
		case left && right:
			b.WriteRune('━')
		case left:
			b.WriteRune('╸')
		case right:
			b.WriteRune('╺')
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

func (s scale) half(t time.Time) int {
	return int((t.Sub(s.begin)*time.Duration(2*s.cells) + s.whole/2) / s.whole)
}

func covered(half, from, to int) bool { return half >= from && half < to }
