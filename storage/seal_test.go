package storage_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage"
	"github.com/chatelaine-go/chatelaine/storage/storagetest"
)

func testKey(b byte) []byte { return bytes.Repeat([]byte{b}, storage.KeySize) }

func seal(t *testing.T, inner storage.Store, newest byte, older ...byte) storage.Store {
	t.Helper()
	old := make([][]byte, 0, len(older))
	for _, b := range older {
		old = append(old, testKey(b))
	}
	s, err := storage.Seal(inner, storage.SealConfig{Service: service, Keys: storage.StaticKeys(testKey(newest), old...)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestSealConformance(t *testing.T) {
	t.Parallel()
	storagetest.Run(t, func(t *testing.T) storage.Store { t.Helper(); return seal(t, storage.NewMemory(), 'k') })
}

func TestSealHidesValues(t *testing.T) {
	t.Parallel()
	inner := storage.NewMemory()
	put(t, seal(t, inner, 'k'), "key", "refresh token")
	raw, err := inner.Load(t.Context(), "key")
	if err != nil || bytes.Contains(raw, []byte("token")) || !bytes.HasPrefix(raw, []byte("CHATLAIN")) {
		t.Errorf("beneath Seal there is %q, %v", raw, err)
	}
}

// named is a store in a table.
type named struct {
	*storage.Memory
	table string
}

func (n named) Namespace() string { return n.table }

func TestSealedValueMoved(t *testing.T) {
	t.Parallel()
	from := named{storage.NewMemory(), "sessions"}
	put(t, seal(t, from, 'k'), "key", "value")
	raw, err := from.Load(t.Context(), "key")
	if err != nil {
		t.Fatal(err)
	}
	config := storage.SealConfig{Service: service, Keys: storage.StaticKeys(testKey('k'))}
	for name, tt := range map[string]struct {
		table, key string
		change     func(*storage.SealConfig)
		want       error
	}{
		"nowhere":            {"sessions", "key", func(*storage.SealConfig) {}, nil},
		"another key":        {"sessions", "other", func(*storage.SealConfig) {}, storage.ErrCorrupt},
		"another service":    {"sessions", "key", func(c *storage.SealConfig) { c.Service = "other" }, storage.ErrCorrupt},
		"another table":      {"others", "key", func(*storage.SealConfig) {}, storage.ErrCorrupt},
		"a renamed table":    {"others", "key", func(c *storage.SealConfig) { c.Namespace = "sessions" }, nil},
		"service with table": {"", "key", func(c *storage.SealConfig) { c.Service = service + ".sessions" }, storage.ErrCorrupt},
		"another secret":     {"sessions", "key", func(c *storage.SealConfig) { c.Keys = storage.StaticKeys(testKey('x')) }, storage.ErrKeyMissing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to, c := named{storage.NewMemory(), tt.table}, config
			tt.change(&c)
			put(t, to, tt.key, string(raw))
			s, err := storage.Seal(to, c)
			if err != nil {
				t.Fatal(err)
			}
			if tt.want == nil {
				wantValue(t, s, tt.key, "value")
				return
			}
			wantUnreadable(t, s, tt.key, tt.want)
			wantReplaceable(t, s, tt.key)
		})
	}
}

func wantUnreadable(t *testing.T, s storage.Store, key string, want error) {
	t.Helper()
	if _, err := s.Load(t.Context(), key); !errors.Is(err, want) || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load = %v; want %v", err, want)
	}
	err := s.Update(t.Context(), key, func(context.Context, []byte) ([]byte, error) {
		t.Error("the callback ran")
		return nil, nil
	})
	if !errors.Is(err, want) {
		t.Errorf("Update = %v; want %v", err, want)
	}
}

func wantReplaceable(t *testing.T, s storage.Store, key string) {
	t.Helper()
	r, ok := s.(storage.Replacer)
	if !ok {
		t.Fatalf("%v is not a Replacer", s)
	}
	err := r.Replace(t.Context(), key, func(_ context.Context, old []byte) ([]byte, error) {
		if old != nil {
			t.Errorf("Replace gave %q", old)
		}
		return []byte("replaced"), nil
	})
	if err != nil {
		t.Errorf("Replace = %v", err)
	}
	wantValue(t, s, key, "replaced")
	if err := r.Remove(t.Context(), key); err != nil {
		t.Errorf("Remove = %v", err)
	}
	if _, err := s.Load(t.Context(), key); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load = %v", err)
	}
}

func TestSealRotation(t *testing.T) {
	t.Parallel()
	inner := storage.NewMemory()
	before := seal(t, inner, 'o')
	for i := range 5 {
		put(t, before, strconv.Itoa(i), "value")
	}
	both := seal(t, inner, 'n', 'o')
	wantValue(t, both, "0", "value")
	// An Update that changes nothing seals anew.
	if err := both.Update(t.Context(), "0", func(_ context.Context, old []byte) ([]byte, error) { return old, nil }); err != nil {
		t.Fatal(err)
	}
	after := seal(t, inner, 'n')
	wantValue(t, after, "0", "value")
	wantUnreadable(t, after, "1", storage.ErrKeyMissing)
	if n, err := storage.Sweep(t.Context(), after); n != 0 || !errors.Is(err, storage.ErrKeyMissing) {
		t.Errorf("Sweep without the older key = %d, %v", n, err)
	}
	if n, err := storage.Sweep(t.Context(), both); n != 4 || err != nil {
		t.Errorf("Sweep = %d, %v; want the 4 that were left", n, err)
	}
	if n, err := storage.Sweep(t.Context(), after); n != 0 || err != nil {
		t.Errorf("second Sweep = %d, %v", n, err)
	}
	for i := range 5 {
		wantValue(t, after, strconv.Itoa(i), "value")
		wantUnreadable(t, before, strconv.Itoa(i), storage.ErrKeyMissing)
	}
}

func TestSweepUnsupported(t *testing.T) {
	t.Parallel()
	if _, err := storage.Sweep(t.Context(), storage.NewMemory()); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Sweep of a store that is not sealed = %v", err)
	}
	if _, err := storage.Sweep(t.Context(), seal(t, struct{ storage.Store }{storage.NewMemory()}, 'k')); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("Sweep of a store without a list = %v", err)
	}
}

func TestSealKeysFail(t *testing.T) {
	t.Parallel()
	errLocked := errors.New("vault is sealed")
	for name, tt := range map[string]struct {
		keys storage.KeySet
		want string
	}{
		"error":     {storage.KeysFunc(func(context.Context) ([][]byte, error) { return nil, errLocked }), "vault is sealed"},
		"not found": {storage.KeysFunc(func(context.Context) ([][]byte, error) { return nil, fs.ErrNotExist }), "encryption key missing"},
		"none":      {storage.KeysFunc(func(context.Context) ([][]byte, error) { return nil, nil }), "empty"},
		"short":     {storage.StaticKeys([]byte("short")), "5 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inner := storage.NewMemory()
			put(t, seal(t, inner, 'k'), "key", "value")
			s, err := storage.Seal(inner, storage.SealConfig{Service: service, Keys: tt.keys})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Load(t.Context(), "key"); err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Load = %v; want %q", err, tt.want)
			}
			err = s.Update(t.Context(), "key", func(context.Context, []byte) ([]byte, error) {
				t.Error("the callback ran")
				return nil, nil
			})
			if err == nil {
				t.Error("Update = nil")
			}
		})
	}
}

// The keys are asked for before the lock, so that a slow service delays no caller
// else.
func TestSealAsksForKeysBeforeTheLock(t *testing.T) {
	t.Parallel()
	inner := storage.NewMemory()
	keys := storage.KeysFunc(func(ctx context.Context) ([][]byte, error) {
		err := inner.Update(ctx, "key", func(context.Context, []byte) ([]byte, error) { return nil, nil })
		return [][]byte{testKey('k')}, err
	})
	s, err := storage.Seal(inner, storage.SealConfig{Service: service, Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "key", "value")
}

func TestUnwrapKeys(t *testing.T) {
	t.Parallel()
	calls := 0
	down := true
	keys := storage.UnwrapKeys(func(_ context.Context, wrapped []byte) ([]byte, error) {
		calls++
		if down {
			return nil, errors.New("unavailable")
		}
		return testKey(wrapped[0]), nil
	}, []byte("n"), []byte("o"))
	if _, err := keys(t.Context()); err == nil {
		t.Fatal("no error")
	}
	down, calls = false, 0
	for range 3 {
		got, err := keys(t.Context())
		if err != nil || len(got) != 2 || !bytes.Equal(got[0], testKey('n')) || !bytes.Equal(got[1], testKey('o')) {
			t.Fatalf("keys = %q, %v", got, err)
		}
		clear(got[0]) // as Seal does
	}
	if calls != 2 {
		t.Errorf("unwrapped %d times; want once for each key", calls)
	}
}

func TestSealConfig(t *testing.T) {
	t.Parallel()
	_, err := storage.Seal(nil, storage.SealConfig{Service: "no good"})
	for _, want := range []string{"needs a store", "SealConfig.Service", "SealConfig.Keys"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Seal = %v; want it to say %q", err, want)
		}
	}
}

func TestSealPrintsNoKeys(t *testing.T) {
	t.Parallel()
	s := seal(t, storage.NewMemory(), 'k')
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if out := fmt.Sprintf(verb, s); strings.Contains(out, "kkk") || strings.Contains(out, "107") {
			t.Errorf("%s prints %s", verb, out)
		}
	}
}

// The files are never written again: every later version reads them.
func TestSealGolden(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/seal/v2.sealed")
	if err != nil {
		t.Fatal(err)
	}
	inner := named{storage.NewMemory(), "sessions"}
	put(t, inner, "key", string(raw))
	wantValue(t, seal(t, inner, 'k'), "key", "value")
}
