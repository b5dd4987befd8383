package lease

import (
	"encoding/hex"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/chatelaine-go/chatelaine/storage"
)

// Written by the first version; every later one reads it.
const goldenEntry = "434841544c4541530103000000000000000700000000000000090000000" +
	"37e11d60000000000000000020000000000000004" + "6f776e65" + "76616c7565"

func TestEntryGolden(t *testing.T) {
	t.Parallel()
	want := entry{
		version: 7, fence: 9, ttl: 15 * time.Second, beat: 2, owner: "owne", interrupted: true, value: []byte("value"),
	}
	b, err := hex.DecodeString(goldenEntry)
	if err != nil {
		t.Fatal(err)
	}
	got, err := parseEntry(b)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("parseEntry = %+v, %v; want %+v", got, err, want)
	}
	if s := hex.EncodeToString(want.bytes()); s != goldenEntry {
		t.Errorf("bytes = %s", s)
	}
}

func TestEntryErrors(t *testing.T) {
	t.Parallel()
	whole := entry{owner: "owner", value: []byte("value")}.bytes()
	newer := append([]byte{}, whole...)
	newer[8] = entryVersion + 1
	long := append([]byte{}, whole...)
	long[entryHeader-8] = 0x7f // the length of the owner
	for name, tt := range map[string]struct {
		b    []byte
		want error
	}{
		"empty":      {nil, storage.ErrCorrupt},
		"foreign":    {[]byte(`{"access_token":"…"}`), storage.ErrCorrupt},
		"newer":      {newer, storage.ErrTooNew},
		"cut":        {whole[:entryHeader-1], storage.ErrCorrupt},
		"no owner":   {whole[:entryHeader], storage.ErrCorrupt},
		"long owner": {long, storage.ErrCorrupt},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := parseEntry(tt.b); !errors.Is(err, tt.want) {
				t.Errorf("parseEntry = %v; want %v", err, tt.want)
			}
		})
	}
}

func FuzzEntry(f *testing.F) {
	for _, seed := range []entry{{owner: "owner", value: []byte("value")}, {}} {
		if _, err := parseEntry(seed.bytes()); err != nil {
			f.Errorf("a seed does not parse: %v", err)
		}
		f.Add(seed.bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := parseEntry(b)
		if err != nil {
			return
		}
		again, err := parseEntry(e.bytes())
		if err != nil || !reflect.DeepEqual(e, again) {
			t.Errorf("%+v became %+v, %v", e, again, err)
		}
	})
}

// The rules of Commit, all of them.
func TestCommitRules(t *testing.T) {
	t.Parallel()
	mine := Grant{Fence: 9, Version: 7}
	write := Change{Write: true, Value: []byte("new")}
	for name, tt := range map[string]struct {
		entry  entry
		change Change
		live   bool
		result Result
		writes bool
	}{
		"my lease":                      {entry{version: 7, fence: 9}, write, true, Saved, true},
		"my lease, expired":             {entry{version: 7, fence: 9}, write, false, Saved, true},
		"no lease":                      {entry{version: 7}, write, false, Saved, true},
		"another's expired lease":       {entry{version: 7, fence: 8}, write, false, Saved, true},
		"another's lease":               {entry{version: 7, fence: 8}, write, true, Taken, false},
		"saved before":                  {entry{version: 9}, write, false, Saved, false},
		"saved before, taken since":     {entry{version: 9, fence: 8}, write, true, Saved, false},
		"another's value":               {entry{version: 8}, write, false, Outdated, false},
		"another's value, my lease":     {entry{version: 8, fence: 9}, write, true, Outdated, false},
		"release":                       {entry{version: 7, fence: 9}, Change{}, true, Saved, true},
		"release of another's lease":    {entry{version: 7, fence: 8}, Change{}, true, Saved, false},
		"release after another's value": {entry{version: 8}, Change{}, false, Saved, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tt.entry.value, tt.entry.interrupted = []byte("old"), true
			next, result := tt.entry.commit(mine, tt.change, tt.live)
			if result != tt.result || (next != nil) != tt.writes {
				t.Fatalf("commit = %+v, %v; want %v, written: %t", next, result, tt.result, tt.writes)
			}
			if next == nil {
				return
			}
			want := entry{version: 7, value: []byte("old"), interrupted: true}
			if tt.change.Write {
				want = entry{version: 9, value: []byte("new")}
			}
			if !reflect.DeepEqual(*next, want) {
				t.Errorf("writes %+v; want %+v", *next, want)
			}
		})
	}
}
