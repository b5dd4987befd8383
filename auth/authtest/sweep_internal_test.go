package authtest

import (
	"testing"
	"time"
)

func TestLedger_sweep_drops_what_is_expired(t *testing.T) {
	t.Parallel()
	cfg := (&Config{OpaqueTokens: true}).withDefaults()
	l := newLedger(nil)
	now := time.Now()
	for range 1023 {
		l.open("bob", "", now, &cfg)
	}
	l.open("carol", "", now.Add(cfg.RefreshTTL), &cfg)
	if len(l.access) != 1 || len(l.refresh) != 1 || len(l.sessions) != 1 {
		t.Errorf("%d access tokens, %d refresh tokens and %d sessions are left, want 1 of each",
			len(l.access), len(l.refresh), len(l.sessions))
	}
}
