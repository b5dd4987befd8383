package storagetest

import (
	"bytes"
	"errors"
	"strconv"
	"strings"

	"github.com/chatelaine-go/chatelaine/storage"
)

func valueChecks() []check {
	return []check{
		{"absent", absent},
		{"round trip", roundTrip},
		{"binary", binary},
		{"odd keys", oddKeys},
		{"overwrite", overwrite},
		{"delete", deleting},
		{"unchanged", unchanged},
		{"own copies", ownCopies},
		{"too large", tooLarge},
	}
}

func absent(t *tester, s storage.Store) {
	t.Helper()
	wantAbsent(t, s, key)
	wantOld(t, s, key, nil)
	wantAbsent(t, s, key)
}

func roundTrip(t *tester, s storage.Store) {
	t.Helper()
	for _, size := range t.sizes(0, 1, 15, 16, 17, 255, 4095, 4096, 4097, 64<<10) {
		value := bytes.Repeat([]byte("0123456789abcdef-"), size/17+1)[:size]
		k := "size-" + strconv.Itoa(size)
		put(t, s, k, value)
		wantValue(t, s, k, value)
		wantOld(t, s, k, value)
	}
}

func binary(t *tester, s storage.Store) {
	t.Helper()
	all := make([]byte, 0, 512)
	for c := range 256 {
		all = append(all, byte(c), byte(255-c))
	}
	for i, value := range [][]byte{all, make([]byte, 100), []byte("\xff\xfe\xfd"), []byte("a\r\nb\x00c\n"), []byte("null")} {
		k := "binary-" + strconv.Itoa(i)
		put(t, s, k, value)
		wantValue(t, s, k, value)
	}
}

func oddKeys(t *tester, s storage.Store) {
	t.Helper()
	keys := []string{
		"a", "A", "a b", " a", "a ", "a/b", "a\\b", "../a", "..", ".", "/etc/passwd", "C:a", "a:b", "CON", "a%2Fb", "a*?b", "-rf",
		"a.lock", "a.sealed", "~", "$HOME", "'\"`", "\n", "ключ", "鍵", "🔑", "e\u0301", "\u00e9", "user@example.com",
		strings.Repeat("k", 255), strings.Repeat("鍵", 300),
	}
	for i, k := range keys {
		wantAbsent(t, s, k)
		put(t, s, k, []byte(strconv.Itoa(i)))
	}
	for i, k := range keys {
		wantValue(t, s, k, []byte(strconv.Itoa(i)))
	}
	put(t, s, keys[0], nil)
	wantAbsent(t, s, keys[0])
	for i, k := range keys[1:] {
		wantValue(t, s, k, []byte(strconv.Itoa(i+1)))
	}
}

func overwrite(t *tester, s storage.Store) {
	t.Helper()
	for i, size := range append(t.sizes(1000, 10, 100_000, 0, 500), 1) {
		value := bytes.Repeat([]byte(strconv.Itoa(i)), size)
		put(t, s, key, value)
		wantValue(t, s, key, value)
	}
}

func deleting(t *tester, s storage.Store) {
	t.Helper()
	put(t, s, key, nil) // there is nothing yet
	wantAbsent(t, s, key)
	put(t, s, key, []byte("value"))
	put(t, s, key, nil)
	wantAbsent(t, s, key)
	wantOld(t, s, key, nil)
	put(t, s, key, nil)
	wantAbsent(t, s, key)
	put(t, s, key, []byte("again"))
	wantValue(t, s, key, []byte("again"))
}

func unchanged(t *tester, s storage.Store) {
	t.Helper()
	for _, value := range [][]byte{[]byte("value"), {}} {
		put(t, s, key, value)
		if err := update(t, s, key, same); err != nil {
			t.Fatalf("Update that returns the old value: %v", err)
		}
		wantValue(t, s, key, value)
		put(t, s, key, bytes.Clone(value))
		wantValue(t, s, key, value)
	}
}

// ownCopies scribbles over every slice that has passed between the caller and
// the store.
func ownCopies(t *tester, s storage.Store) {
	t.Helper()
	want := []byte("value")
	given := bytes.Clone(want)
	put(t, s, key, given)
	scribble(given)
	wantValue(t, s, key, want)

	loaded, err := load(t, s, key)
	if err != nil {
		t.Fatal(err)
	}
	scribble(loaded)
	wantValue(t, s, key, want)

	err = update(t, s, key, scribbleAndFail)
	if err == nil {
		t.Fatal("Update returned nil though its callback failed")
	}
	wantValue(t, s, key, want)
}

// tooLarge: a value above the limit that the store states is refused whole.
func tooLarge(t *tester, s storage.Store) {
	t.Helper()
	if t.limits.MaxValue == 0 {
		t.Skip("Limits.MaxValue is not given")
	}
	put(t, s, key, []byte("value"))
	large := make([]byte, 2*t.limits.MaxValue)
	if err := update(t, s, key, returning(large)); !errors.Is(err, storage.ErrTooLarge) {
		t.Errorf("Update to %d bytes, where %d are the most: %v; want ErrTooLarge", len(large), t.limits.MaxValue, err)
	}
	wantValue(t, s, key, []byte("value"))
}
