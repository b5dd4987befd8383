package har

import "time"

// clock notes when what happened to an exchange. A zero time did not happen.
type clock struct {
	traced bool // the transport tells about connections

	start     time.Time
	lookup    time.Time // of the host's address
	connect   time.Time
	handshake time.Time // of TLS
	secured   time.Time
	connected time.Time
	wrote     time.Time // the request, with its body
	firstByte time.Time // of the response
	answered  time.Time // the transport returned
	end       time.Time // of the response's body
}

// mark sets a time to now, once.
func (c *clock) mark(t *time.Time) {
	if t.IsZero() {
		*t = time.Now()
	}
}

// The phases of an entry, in the order they happen.
const (
	blocked = iota
	dns
	connect
	send
	wait
	receive
	phases
)

// timings divides the time from start to end among the phases: each lasts until the next one that
// happened. So none is negative and they add up to the whole, even if the hooks of the transport
// come late or out of order.
func (c *clock) timings() (timings, float64) {
	end := c.end
	if end.IsZero() {
		end = time.Now()
	}
	total := max(end.Sub(c.start).Microseconds(), 0)
	var length [phases]int64
	for _, p := range []int{blocked, dns, connect} {
		length[p] = -1 // did not happen
	}
	current, since := wait, int64(0)
	if c.traced {
		current = blocked
	}
	for _, next := range []struct {
		phase int
		at    time.Time
	}{{dns, c.lookup}, {connect, c.connect}, {send, c.connected}, {wait, c.wrote}, {receive, c.received()}} {
		if next.at.IsZero() {
			continue
		}
		at := min(max(next.at.Sub(c.start).Microseconds(), since), total)
		length[current] = at - since
		current, since = next.phase, at
	}
	length[current] = total - since
	t := timings{
		Blocked: millis(length[blocked]), DNS: millis(length[dns]), Connect: millis(length[connect]),
		Send: millis(length[send]), Wait: millis(length[wait]), Receive: millis(length[receive]), SSL: -1,
	}
	if length[connect] >= 0 && !c.handshake.IsZero() && !c.secured.IsZero() {
		t.SSL = millis(min(max(c.secured.Sub(c.handshake).Microseconds(), 0), length[connect]))
	}
	return t, millis(total)
}

// received is when the response began to arrive. A transport that traces nothing tells by
// returning.
func (c *clock) received() time.Time {
	if c.firstByte.IsZero() {
		return c.answered
	}
	return c.firstByte
}

// millis converts microseconds; what did not happen is -1.
func millis(us int64) float64 {
	if us < 0 {
		return -1
	}
	return float64(us) / 1000
}
