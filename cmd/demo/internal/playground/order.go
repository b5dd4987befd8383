package playground

import (
	"fmt"
	"net/url"
	"strconv"
)

// times describes an order for the next n requests.
func times(what string, n, status int) string {
	how := "gets no response"
	if status != 0 {
		how = fmt.Sprintf("gets %d", status)
	}
	switch {
	case n == 0:
		return "cleared"
	case n < 0:
		return "every " + what + " " + how
	case n == 1:
		return "the next " + what + " " + how
	default:
		return fmt.Sprintf("each of the next %d: %s %s", n, what, how)
	}
}

// number reads a whole number from the query; a missing one is fallback.
func number(q url.Values, name string, fallback int) (int, error) {
	v := q.Get(name)
	if v == "" {
		return fallback, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n > 1e9 || n < -1e9 {
		return 0, fmt.Errorf("%s is %q; it must be a whole number", name, v)
	}
	return n, nil
}
