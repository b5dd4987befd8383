package authtest

import "time"

// sweep drops what has expired, at every 1,024th use, so that a server can run for weeks.
func (tt *tokenTable) sweep(now time.Time) {
	const every = 1024
	tt.uses++
	if tt.uses%every != 0 {
		return
	}
	used := make(map[*family]bool)
	for token, a := range tt.access {
		if now.Before(a.expires) {
			used[a.family] = true
		} else {
			delete(tt.access, token)
		}
	}
	for token, t := range tt.refresh {
		if now.Before(t.expires) {
			used[t.family] = true
		} else {
			delete(tt.refresh, token)
		}
	}
	for id, f := range tt.families {
		if !used[f] {
			delete(tt.families, id)
		}
	}
	dropExpired(tt.codes, now, func(c *authCode) time.Time { return c.expires })
	dropExpired(tt.pushed, now, func(p authRequest) time.Time { return p.expires })
	dropExpired(tt.devices, now, func(d *deviceGrant) time.Time { return d.expires })
}

// dropExpired deletes the entries that have expired.
func dropExpired[V any](m map[string]V, now time.Time, expires func(V) time.Time) {
	for k, v := range m {
		if !now.Before(expires(v)) {
			delete(m, k)
		}
	}
}
