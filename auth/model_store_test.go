package auth_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"time"
)

// modelStore is the shared store as one life of a process sees it.
type modelStore struct {
	process *modelProcess
	faults  []string // guarded by the mutex of the world
}

// fault takes the first fault if it is one of the kinds. The mutex is held.
func (s *modelStore) fault(kinds ...string) string {
	for _, kind := range kinds {
		if len(s.faults) > 0 && s.faults[0] == kind {
			s.process.storeFault = true
			s.process.note("the store fails p%d: %s", s.process.number, kind)
			s.process.count("store faults")
			return takeFault(&s.faults)
		}
	}
	return ""
}

// Load reads what is stored.
func (s *modelStore) Load(ctx context.Context, key string) ([]byte, error) {
	p := s.process
	p.mu.Lock()
	dead, fault := p.dead, s.fault("load")
	p.mu.Unlock()
	switch {
	case dead:
		return nil, errKilled
	case fault != "":
		return nil, errDisk
	}
	data, err := p.disk.Load(ctx, key)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		p.saw(data)
	}
	return data, err
}

// saw notes what the process found in the store.
func (p *modelProcess) saw(data []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if ended := endedIn(data); ended != "" {
		p.sawNone, p.sawDead = p.tick(), p.sawDead || ended == "invalid_grant"
	} else if pair := p.pairIn(data); pair != nil {
		p.seen[pair.family] = p.tick()
		if p.leaving > 0 {
			p.doomed[pair.family] = true
		}
	} else if len(data) == 0 {
		p.sawNone = p.tick()
	}
}

// Tombstones reports whether a record without tokens stays where a session has ended.
func (s *modelStore) Tombstones() bool { return s.process.graves }

// endedIn is what a tombstone says; "" if the record is none.
func endedIn(data []byte) string {
	var r struct {
		Ended string `json:"ended"`
	}
	_ = json.Unmarshal(data, &r) // no record says nothing
	return r.Ended
}

// pairIn is the pair of a record; nil if there is none. The mutex is held.
func (w *world) pairIn(data []byte) *modelPair {
	var r struct {
		Refresh string `json:"refresh_token"`
	}
	if json.Unmarshal(data, &r) != nil {
		return nil
	}
	return w.ledger.byRefresh[r.Refresh]
}

// Update changes what is stored.
func (s *modelStore) Update(ctx context.Context, key string, fn func(context.Context, []byte) ([]byte, error)) error {
	p := s.process
	p.mu.Lock()
	fault := s.fault("refuse", "slow lock")
	p.busy++
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.busy--
	}()
	bound, release := p.bind(ctx)
	defer release()
	switch {
	case fault == "refuse":
		return errDisk
	case fault == "slow lock" && !modelPause(bound, 7*time.Second):
		return bound.Err()
	}
	doubt := false // whether it is saved although the store says that it is not
	err := p.disk.Update(bound, key, func(inside context.Context, old []byte) ([]byte, error) {
		p.saw(old)
		value, err := fn(inside, old)
		if p.dies("answer read") {
			return nil, errKilled
		}
		if err != nil || bytes.Equal(old, value) && (old == nil) == (value == nil) {
			return value, err
		}
		doubt, err = s.save(value)
		return value, err
	})
	if err == nil && p.dies("save done") {
		return errKilled
	}
	if err == nil && doubt {
		return errDisk
	}
	return err
}

// save decides what becomes of a new value.
func (s *modelStore) save(value []byte) (doubt bool, err error) {
	p, decided := s.process, time.Now()
	p.mu.Lock()
	fault := s.fault("save", "save after all", "slow save")
	if fault == "save" {
		if pair := p.pairIn(value); pair != nil && pair.unsaved == 0 {
			pair.unsaved = p.tick()
		}
		p.mu.Unlock()
		return false, errDisk
	}
	p.mu.Unlock()
	if fault == "slow save" {
		bound, release := p.bind(context.Background())
		defer release()
		modelPause(bound, 4*time.Second)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		return false, errKilled
	}
	p.checkSave(value, decided)
	return fault == "save after all", nil
}
