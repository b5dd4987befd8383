package envelope_test

import (
	"bytes"
	"testing"

	"github.com/chatelaine-go/chatelaine/storage/internal/envelope"
)

// FuzzOpen: nothing but the golden files themselves can be opened with the
// golden key, and everything else is an error without a value.
func FuzzOpen(f *testing.F) {
	known := make(map[string]golden)
	for name, g := range goldens() {
		sealed := read(f, name)
		known[string(sealed)] = g
		f.Add(sealed, g.context.Service, g.context.Name)
		f.Add(sealed[:len(sealed)/2], g.context.Service, g.context.Name)
		f.Add(append(bytes.Clone(sealed), 0), g.context.Service, g.context.Name)
		f.Add(sealed, g.context.Name, g.context.Service)
	}
	if len(known) == 0 {
		f.Fatal("no seeds")
	}
	f.Fuzz(func(t *testing.T, sealed []byte, service, name string) {
		c := envelope.Context{Service: service, Name: name}
		value, generation, err := envelope.Open(goldenKey(), c, sealed)
		g, ok := known[string(sealed)]
		switch {
		case ok && g.context == c:
			if err != nil || string(value) != g.value || generation != g.generation {
				t.Errorf("a golden file: %q, %d, %v", value, generation, err)
			}
		case err == nil || value != nil || generation != 0:
			t.Errorf("a forgery was opened: %q, %d, %v", value, generation, err)
		}
	})
}

// FuzzRoundTrip: what was sealed can be opened in its context and in no other.
func FuzzRoundTrip(f *testing.F) {
	seeds := 0
	for _, g := range goldens() {
		f.Add(goldenKey(), g.context.Service, g.context.Name, []byte(g.value), g.generation, "x", "y")
		f.Add(goldenKey(), g.context.Service, g.context.Name, []byte(g.value), g.generation, g.context.Service+g.context.Name, "")
		seeds++
	}
	if seeds == 0 {
		f.Fatal("no seeds")
	}
	f.Fuzz(func(t *testing.T, key []byte, service, name string, value []byte, generation uint64, service2, name2 string) {
		if len(key) != envelope.KeySize {
			return
		}
		c := envelope.Context{Service: service, Name: name}
		sealed, err := envelope.Seal(key, c, generation, value)
		if err != nil {
			t.Fatal(err)
		}
		got, gen, err := envelope.Open(key, c, sealed)
		if err != nil || gen != generation || !bytes.Equal(got, value) || got == nil {
			t.Fatalf("opened %q, %d, %v; sealed %q, %d", got, gen, err, value, generation)
		}
		if other := (envelope.Context{Service: service2, Name: name2}); other != c {
			if _, _, err := envelope.Open(key, other, sealed); err == nil {
				t.Fatalf("sealed in %q, opened in %q", c, other)
			}
		}
	})
}
