// Package waterfall draws requests as rows on one time scale: status, method, path, a bar, a
// duration, a remark.
package waterfall

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/screen"
	"github.com/chatelaine-go/chatelaine/cmd/demo/internal/wire"
)

const (
	maxRows = 12 // more rows than these are grouped
	minBar  = 12
	maxBar  = 44
	maxPath = 22
	minPath = 12
	fixed   = 4 + 3 + 2 + 7 + 2 + 2 + 9 + 2 + 20 // everything but path and bar: the last is the remark
)

// A row is one exchange, or several that look the same.
type row struct {
	wire.Exchange

	count int
	end   time.Time
}

// Draw writes the exchanges in the order of their start, in at most width columns.
func Draw(w io.Writer, style screen.Style, width int, exchanges []wire.Exchange) error {
	if len(exchanges) == 0 {
		return nil
	}
	rows := group(exchanges)
	begin, end := rows[0].Start, rows[0].end
	path, widest := minPath, max(minPath, min(maxPath, width-fixed-minBar))
	for _, r := range rows {
		if r.Start.Before(begin) {
			begin = r.Start
		}
		if r.end.After(end) {
			end = r.end
		}
		path = max(path, min(utf8.RuneCountInString(r.label()), widest))
	}
	scale := scale{begin: begin, whole: max(end.Sub(begin), 1), cells: max(minBar, min(maxBar, width-fixed-path))}
	for _, r := range rows {
		if _, err := fmt.Fprintln(w, strings.TrimRight(r.line(style, scale, path), " ")); err != nil {
			return err
		}
	}
	return nil
}

// group puts exchanges that look the same into one row, if there are too many for a row each.
func group(exchanges []wire.Exchange) []*row {
	var rows []*row
	at := make(map[wire.Exchange]int)
	for _, e := range exchanges {
		like := e
		like.Start, like.Took, like.Process = time.Time{}, 0, ""
		i, known := at[like]
		if !known || len(exchanges) <= maxRows {
			at[like] = len(rows)
			rows = append(rows, &row{Exchange: e, count: 1, end: e.End()})
			continue
		}
		r := rows[i]
		r.count++
		if e.End().After(r.end) {
			r.end = e.End()
		}
	}
	return rows
}

// label is the path, and how often. A redirect's path is the server's choice, so it is escaped.
func (r *row) label() string {
	path := screen.Escape(r.Path)
	if r.count > 1 {
		return fmt.Sprintf("%s ×%d", path, r.count)
	}
	return path
}

func (r *row) line(style screen.Style, s scale, path int) string {
	indent := "    "
	if r.Process != "" {
		indent = "  " + style.Bold(r.Process) + " "
	}
	label := shorten(r.label(), path)
	label += strings.Repeat(" ", path-utf8.RuneCountInString(label))
	millis := float64(r.end.Sub(r.Start).Microseconds()) / 1000
	return indent + style.Status(r.Status) + "  " + fmt.Sprintf("%-6s ", r.Method) + label + "  " +
		r.paint(style, s.bar(r.Start, r.end)) + "  " + style.Dim(fmt.Sprintf("%6.1f ms", millis)) + "  " + r.remark(style)
}

// paint colors the bar by the kind of the exchange.
func (r *row) paint(style screen.Style, bar string) string {
	switch {
	case r.Status == 0, r.Status >= http.StatusInternalServerError, r.Role == wire.Refresh && r.Status >= http.StatusBadRequest:
		return style.Red(bar)
	case r.Role == wire.Refresh:
		return style.Magenta(bar)
	case r.Role == wire.Login || r.Role == wire.Revoke:
		return style.Blue(bar)
	case r.Status >= http.StatusBadRequest:
		return style.Yellow(bar)
	default:
		return style.Green(bar)
	}
}

// remark says in a few words what the row is.
func (r *row) remark(style screen.Style) string {
	switch {
	case r.Status == 0:
		return style.Red("no response")
	case r.Role == wire.Refresh:
		return r.refresh(style)
	case r.Role == wire.Login:
		return style.Blue("login")
	case r.Role == wire.Discovery:
		return style.Dim("discovery")
	case r.Role == wire.Revoke:
		return style.Blue("revocation")
	case r.Role == wire.Request && r.Status == http.StatusUnauthorized && r.Signed:
		return style.Yellow("token rejected")
	case r.Role == wire.Resent:
		return style.Green("sent again")
	case r.Redirected && !r.Signed:
		return style.Dim("redirected, no token")
	default:
		return ""
	}
}

// refresh is the remark about a refresh.
func (r *row) refresh(style screen.Style) string {
	switch {
	case r.Status >= http.StatusInternalServerError:
		return style.Red("refresh failed")
	case r.Status >= http.StatusBadRequest:
		return style.Red("refresh rejected")
	default:
		return style.Magenta("refresh")
	}
}

// shorten cuts out the middle of a text that is longer than columns.
func shorten(s string, columns int) string {
	runes := []rune(s)
	if len(runes) <= columns {
		return s
	}
	tail := columns / 2
	return string(runes[:columns-tail-1]) + "…" + string(runes[len(runes)-tail:])
}
