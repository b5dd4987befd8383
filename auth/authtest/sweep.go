package authtest

import "time"

// sweep drops, now and then, what can no longer matter, so that a server can run for weeks.
func (l *ledger) sweep(now time.Time) {
	const every = 1024
	l.uses++
	if l.uses%every != 0 {
		return
	}
	used := make(map[*session]bool)
	for token, a := range l.access {
		if now.Before(a.expires) {
			used[a.session] = true
		} else {
			delete(l.access, token)
		}
	}
	for token, t := range l.refresh {
		if now.Before(t.expires) {
			used[t.session] = true
		} else {
			delete(l.refresh, token)
		}
	}
	for id, s := range l.sessions {
		if !used[s] {
			delete(l.sessions, id)
		}
	}
}
