package sqlstore

import (
	"strings"
	"testing"
)

func TestList(t *testing.T) {
	t.Parallel()
	pairs := list{text: "in (values {list}) and x = $1", item: "($%d::bytea, $%d)", width: 2, offset: 1}
	keys := list{text: "in ({list})", item: "?%d", width: 1}
	for _, tt := range []struct {
		list  list
		n     int
		want  string
		items int
	}{
		{pairs, 1, "in (values ($2::bytea, $3)) and x = $1", 1},
		{pairs, 2, "in (values ($2::bytea, $3), ($4::bytea, $5)) and x = $1", 2},
		{keys, 3, "in (?1, ?2, ?3, ?4)", 4},
		{keys, 4, "in (?1, ?2, ?3, ?4)", 4},
	} {
		if got, items := tt.list.of(tt.n); got != tt.want || items != tt.items {
			t.Errorf("of(%d) = %q, %d; want %q, %d", tt.n, got, items, tt.want, tt.items)
		}
	}
}

// TestTableNames: letters, digits and underscores, in one name or in two with a dot between.
func TestTableNames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 63)
	for name, want := range map[string]bool{
		"sessions": true, "_s1": true, "App.Sessions": true, long + "." + long: true,
		"": false, ".": false, "a.": false, ".a": false, "a.b.c": false, "1a": false, "a.1b": false,
		long + "x": false, "a-b": false, "a b": false, "a\n": false, "café": false, `a"`: false,
	} {
		if got := isTableName(name); got != want {
			t.Errorf("%q: got %v", name, got)
		}
	}
}
