package lease

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
)

const (
	firstRetry   = 50 * time.Millisecond
	slowestRetry = time.Second
)

// save stores value, whatever happened to ctx. It tries again after a failure,
// because the value often exists nowhere else, and while another holder has the
// lease, because that one may not change anything.
func (h *holding) save(ctx context.Context, value []byte) error {
	c := h.store.config
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.SaveTimeout)
	defer cancel()
	var last error
	for pause := firstRetry; ; pause = min(2*pause, slowestRetry) {
		result, err := h.store.commit(ctx, h.key, h.grant, Change{Write: true, Value: value})
		switch {
		case err == nil && result == Saved:
			h.over = true
			h.store.pace.saw(time.Since(h.since))
			return nil
		case err == nil && result == Outdated:
			h.over = true
			h.store.counts.unsaved.Add(1)
			return lost(h.key, "another holder stored a newer value")
		case err == nil:
			last = fmt.Errorf("%w: another holder has the lease", storage.ErrBusy)
		case !isTransient(err):
			h.store.counts.unsaved.Add(1)
			return unsaved(h.key, err)
		default:
			last = err
		}
		if !sleep(ctx, pause) {
			h.store.counts.unsaved.Add(1)
			return unsaved(h.key, fmt.Errorf("not within %v: %w", c.SaveTimeout, last))
		}
		h.store.counts.retries.Add(1)
	}
}

func isTransient(err error) bool {
	return !errors.Is(err, storage.ErrDataLost) && !errors.Is(err, storage.ErrTooLarge)
}

func unsaved(key string, err error) error {
	return fmt.Errorf("lease: save: the new value of %q could not be stored: %w", key, certain(err))
}

// sleep reports whether ctx lasted longer than d.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
