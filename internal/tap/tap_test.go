package tap_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/chatelaine-go/chatelaine/internal/tap"
)

func Example() {
	t := tap.New(5)
	body := t.Watch(io.NopCloser(strings.NewReader("hello, world")), nil)
	_, _ = io.Copy(io.Discard, body)
	s := t.State()
	fmt.Printf("%s… of %d bytes, ended: %v\n", s.Kept, s.Size, s.Ended)
	// Output: hello… of 12 bytes, ended: true
}

func TestTap_zero_counts(t *testing.T) {
	t.Parallel()
	var z tap.Tap
	_, _ = io.ReadAll(z.Watch(io.NopCloser(strings.NewReader("abc")), nil))
	if s := z.State(); s.Size != 3 || s.Kept != nil || !s.Ended {
		t.Errorf("got %+v", s)
	}
}

func TestTap_end(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		body io.Reader
		want []error
		size int64
	}{
		"end":    {strings.NewReader("abc"), []error{nil, nil}, 3},
		"breaks": {io.MultiReader(strings.NewReader("ab"), iotest.ErrReader(broken)), []error{broken, nil}, 2},
		"lies":   {liar{}, []error{errBroken, nil}, 0},
	} {
		var got []error
		x := tap.New(10)
		body := x.Watch(io.NopCloser(c.body), func(err error) { got = append(got, err) })
		p := make([]byte, 1)
		for range 10 {
			if _, err := body.Read(p); err != nil {
				break
			}
		}
		_ = body.Close()
		if len(got) != 2 || !errors.Is(got[0], c.want[0]) || got[1] != nil || x.State().Size != c.size {
			t.Errorf("%s: got %v and %+v", name, got, x.State())
		}
	}
}

// liar claims to have read more than there was room for.
type liar struct{}

func (liar) Read(p []byte) (int, error) { return len(p) + 5, errBroken }

var errBroken = errors.New("broken")

func TestTap_Again_starts_anew(t *testing.T) {
	t.Parallel()
	x := tap.New(10)
	again := x.Again(func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("second")), nil })
	_, _ = io.ReadAll(x.Watch(io.NopCloser(strings.NewReader("first")), nil))
	body, err := again()
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.ReadAll(body)
	if s := x.State(); string(s.Kept) != "second" || s.Size != 6 {
		t.Errorf("got %q, %d", s.Kept, s.Size)
	}
	x.Drop()
	if s := x.State(); s.Kept != nil || s.Size != 6 {
		t.Errorf("dropped: %q, %d", s.Kept, s.Size)
	}
	if x.Again(nil) != nil {
		t.Error("a GetBody out of nothing")
	}
	if _, err := x.Again(func() (io.ReadCloser, error) { return nil, errBroken })(); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}
