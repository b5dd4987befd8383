package envelope_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage/internal/envelope"
)

// goldenKey is 00 01 02 … 1f.
func goldenKey() []byte {
	key := make([]byte, envelope.KeySize)
	for i := range key {
		key[i] = byte(i)
	}
	return key
}

type golden struct {
	context    envelope.Context
	generation uint64
	value      string
}

// The files that every later 1.x version has to read. They were written once
// and are never written again.
func goldens() map[string]golden {
	demo := envelope.Context{Service: "demo", Name: "default"}
	return map[string]golden{
		"v1-session.sealed":   {demo, 1, `{"access_token":"a","refresh_token":"r"}`},
		"v1-empty.sealed":     {demo, 1 << 40, ""},
		"v1-odd-names.sealed": {envelope.Context{Service: "my.program_2", Name: "ключ/🔑"}, 3, "\x00\xff\r\n"},
		"v1-long.sealed":      {demo, 2, strings.Repeat("0123456789", 1000)},
		"v2-session.sealed":   {demo, 1, `{"access_token":"a","refresh_token":"r"}`},
		"v2-empty.sealed":     {envelope.Context{Service: "demo"}, 1 << 40, ""},
		"v2-odd-names.sealed": {envelope.Context{Service: "my.program_2", Name: "ключ/🔑"}, 3, "\x00\xff\r\n"},
	}
}

func read(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestGoldenFiles(t *testing.T) {
	t.Parallel()
	for name, g := range goldens() {
		value, generation, err := envelope.Open(goldenKey(), g.context, read(t, name))
		if err != nil || generation != g.generation || string(value) != g.value || value == nil {
			t.Errorf("%s: %.40q, generation %d, %v", name, value, generation, err)
		}
	}
	files, err := filepath.Glob("testdata/*.sealed")
	if err != nil || len(files) != len(goldens()) {
		t.Errorf("%d golden files, %d of them tested (%v)", len(files), len(goldens()), err)
	}
}

// TestLayout checks the bytes that docs/format.md promises.
func TestLayout(t *testing.T) {
	t.Parallel()
	sealed, err := envelope.Seal(goldenKey(), envelope.Context{Service: "demo", Name: "default"}, 7, []byte("value"))
	if err != nil {
		t.Fatal(err)
	}
	id := envelope.IDOf(goldenKey())
	for _, field := range []struct {
		name string
		at   int
		want []byte
	}{
		{"magic", 0, []byte("CHATLAIN")},
		{"version, algorithm, reserved", 8, []byte{2, 1, 0, 0}},
		{"key id", 12, id[:]},
		{"generation", 20, binary.BigEndian.AppendUint64(nil, 7)},
	} {
		if got := sealed[field.at : field.at+len(field.want)]; !bytes.Equal(got, field.want) {
			t.Errorf("%s at %d: %x, want %x", field.name, field.at, got, field.want)
		}
	}
	if len(sealed) != envelope.Overhead+len("default"+"value") || envelope.Overhead != 58 {
		t.Errorf("%d bytes", len(sealed))
	}
	if want := [8]byte{0xd2, 0x98, 0x64, 0x29, 0xad, 0xfb, 0xce, 0x4c}; id != want {
		t.Errorf("key id %x, want %x", id, want)
	}
}

func TestNonceIsFresh(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for range 1000 {
		sealed, err := envelope.Seal(goldenKey(), envelope.Context{}, 1, nil)
		if err != nil {
			t.Fatal(err)
		}
		seen[string(sealed[28:40])] = true
	}
	if len(seen) != 1000 {
		t.Errorf("%d different nonces in 1000 seals", len(seen))
	}
}

func TestEveryFlipIsAnError(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"v1-session.sealed", "v2-session.sealed"} {
		g, sealed := goldens()[name], read(t, name)
		for i := range sealed {
			for bit := range 8 {
				damaged := bytes.Clone(sealed)
				damaged[i] ^= 1 << bit
				wantErr(t, g.context, damaged, envelope.ErrCorrupt, envelope.ErrTooNew, envelope.ErrOtherKey)
			}
		}
	}
}

func TestEveryTruncationIsAnError(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"v1-session.sealed", "v2-session.sealed"} {
		g, sealed := goldens()[name], read(t, name)
		for n := range sealed {
			wantErr(t, g.context, sealed[:n], envelope.ErrCorrupt)
			wantErr(t, g.context, sealed[n+1:], envelope.ErrCorrupt)
		}
		wantErr(t, g.context, append(bytes.Clone(sealed), 0), envelope.ErrCorrupt)
		wantErr(t, g.context, append(bytes.Clone(sealed), sealed...), envelope.ErrCorrupt)
	}
}

func TestOtherContextIsAnError(t *testing.T) {
	t.Parallel()
	v1, v2 := read(t, "v1-session.sealed"), read(t, "v2-session.sealed")
	for _, c := range []envelope.Context{
		{},
		{Service: "demo"},
		{Name: "default"},
		{Service: "default", Name: "demo"},
		{Service: "demodefault"},
		{Service: "demod", Name: "efault"},
		{Service: "demo", Name: "default\x00"},
	} {
		wantErr(t, c, v1, envelope.ErrCorrupt)
		wantErr(t, c, v2, envelope.ErrCorrupt)
	}
}

func TestNameOf(t *testing.T) {
	t.Parallel()
	for file, g := range goldens() {
		name, err := envelope.NameOf(goldenKey(), g.context.Service, envelope.PlaceOf(g.context), read(t, file))
		if strings.HasPrefix(file, "v1-") {
			if !errors.Is(err, envelope.ErrNameless) || name != "" {
				t.Errorf("%s: %q, %v", file, name, err)
			}
			continue
		}
		if err != nil || name != g.context.Name {
			t.Errorf("%s: %q, %v", file, name, err)
		}
		other := envelope.PlaceOf(envelope.Context{Service: g.context.Service, Name: "other"})
		if name, err := envelope.NameOf(goldenKey(), g.context.Service, other, read(t, file)); !errors.Is(err, envelope.ErrCorrupt) || name != "" {
			t.Errorf("%s in another place: %q, %v", file, name, err)
		}
	}
	if _, err := envelope.NameOf(goldenKey(), "demo", envelope.Place{}, []byte("garbage")); !errors.Is(err, envelope.ErrCorrupt) {
		t.Errorf("garbage: %v", err)
	}
}

func TestLongNames(t *testing.T) {
	t.Parallel()
	c := envelope.Context{Name: strings.Repeat("x", 1<<16-1)}
	sealed, err := envelope.Seal(goldenKey(), c, 1, []byte("value"))
	if err != nil {
		t.Fatal(err)
	}
	if value, _, err := envelope.Open(goldenKey(), c, sealed); err != nil || string(value) != "value" {
		t.Errorf("%q, %v", value, err)
	}
	c.Name += "x"
	if _, err := envelope.Seal(goldenKey(), c, 1, nil); err == nil {
		t.Error("a name of 64 KiB was sealed")
	}
}

func TestOtherKey(t *testing.T) {
	t.Parallel()
	g := goldens()["v1-session.sealed"]
	key := goldenKey()
	key[31]++
	if value, _, err := envelope.Open(key, g.context, read(t, "v1-session.sealed")); !errors.Is(err, envelope.ErrOtherKey) || value != nil {
		t.Errorf("%q, %v", value, err)
	}
}

func TestBadKey(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 16, 31, 33} {
		if _, err := envelope.Seal(make([]byte, n), envelope.Context{}, 1, nil); err == nil {
			t.Errorf("a key of %d bytes was taken", n)
		}
	}
}

func TestNewerVersion(t *testing.T) {
	t.Parallel()
	sealed := read(t, "v1-session.sealed")
	for version := envelope.Version + 1; version < 256; version++ {
		newer := bytes.Clone(sealed)
		newer[8] = byte(version)
		wantErr(t, goldens()["v1-session.sealed"].context, newer, envelope.ErrTooNew)
		// Whatever a newer version looks like, it is at least recognized.
		wantErr(t, goldens()["v1-session.sealed"].context, newer[:9], envelope.ErrTooNew)
	}
}

func wantErr(t *testing.T, c envelope.Context, sealed []byte, kinds ...error) {
	t.Helper()
	value, generation, err := envelope.Open(goldenKey(), c, sealed)
	for _, kind := range kinds {
		if errors.Is(err, kind) && value == nil && generation == 0 {
			return
		}
	}
	t.Errorf("%x: %q, %v", sealed, value, err)
}
