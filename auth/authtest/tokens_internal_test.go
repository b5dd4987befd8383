package authtest

import (
	"testing"
	"time"
)

func TestTokenTable_sweep_drops_what_is_expired(t *testing.T) {
	t.Parallel()
	cfg := (&Config{OpaqueTokens: true}).withDefaults()
	tt := newTokenTable()
	now := time.Now()
	for range 1023 {
		tt.open(&login{user: "bob"}, now, &cfg)
	}
	tt.open(&login{user: "carol"}, now.Add(cfg.RefreshTTL), &cfg)
	if len(tt.access) != 1 || len(tt.refresh) != 1 || len(tt.families) != 1 {
		t.Errorf("%d access tokens, %d refresh tokens and %d sessions are left, want 1 of each",
			len(tt.access), len(tt.refresh), len(tt.families))
	}
}
