package sqlstore

import "testing"

func TestList(t *testing.T) {
	t.Parallel()
	pairs := list{text: "in (values {list}) and x = $1", item: "($1::bytea, $2)", width: 2, offset: 1}
	keys := list{text: "in ({list})", item: "?1", width: 1}
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
