package har

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
)

// WriteTo writes the archive, one JSON object, with the entries in the order of their start. Calls
// that end while it writes are not included. It implements [io.WriterTo].
func (r *Recorder) WriteTo(w io.Writer) (int64, error) {
	entries, dropped := r.snapshot()
	c := &counter{w: w}
	c.print(`{"log":{"version":"1.2","creator":`)
	c.encode(creator{Name: "chatelaine", Version: version()})
	if dropped > 0 {
		c.print(`,"comment":`)
		c.encode(fmt.Sprintf("%d earlier entries were dropped.", dropped))
	}
	c.print(`,"entries":[`)
	for i := range entries {
		if i > 0 {
			c.print(",")
		}
		c.print("\n")
		c.encode(&entries[i])
	}
	c.print("\n]}}\n")
	if c.err != nil {
		return c.n, fmt.Errorf("har: archive not written: %w", c.err)
	}
	return c.n, nil
}

// MarshalJSON returns the archive.
func (r *Recorder) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	_, err := r.WriteTo(&b)
	return b.Bytes(), err
}

// WriteFile writes the archive to a file that only the user can read (mode 0600). An existing file
// is replaced in one step.
func (r *Recorder) WriteFile(name string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return fmt.Errorf("har: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = r.WriteTo(f)
	if cerr := f.Close(); err == nil && cerr != nil {
		err = fmt.Errorf("har: %w", cerr)
	}
	if err != nil {
		return err
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return fmt.Errorf("har: %w", err)
	}
	return nil
}

// snapshot returns the entries in the order of their start, and how many there are no more.
func (r *Recorder) snapshot() ([]entry, int) {
	list, dropped := r.memory.snapshot()
	slices.SortFunc(list, func(a, b *exchange) int { return cmp.Compare(a.order, b.order) })
	entries := make([]entry, len(list))
	for i, x := range list {
		entries[i] = x.entry()
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return cmp.Compare(a.Started, b.Started) })
	return entries, dropped
}

// counter writes until something goes wrong.
type counter struct {
	w   io.Writer
	n   int64
	err error
}

func (c *counter) print(s string) { c.write([]byte(s)) }

func (c *counter) encode(v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil && c.err == nil {
		c.err = err
	}
	c.write(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

func (c *counter) write(p []byte) {
	if c.err != nil {
		return
	}
	n, err := c.w.Write(p)
	c.n, c.err = c.n+int64(n), err
}

// version is that of the module in the program.
func version() string {
	const module = "github.com/chatelaine-go/chatelaine"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(info.Deps, &info.Main) {
			if m.Path == module {
				return cmp.Or(m.Version, "(devel)")
			}
		}
	}
	return "(devel)"
}
