package sqlstore

import (
	"context"
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"time"

	"github.com/chatelaine-go/chatelaine/storage/lease"
)

var (
	_ lease.Renewer = (*backend)(nil)
	_ lease.Looker  = (*backend)(nil)
)

// A list is a statement with a list of any length in the place of {list}.
type list struct {
	text   string
	item   string // with %d for the number of each parameter
	width  int    // parameters of an item
	offset int    // parameters of the statement before those of the list
}

// atATime is how many leases one statement renews or looks at.
const atATime = 256

// of returns the statement for n items or a few more: there are as many different
// statements as powers of two, since drivers and databases remember them.
func (l list) of(n int) (statement string, items int) {
	items = 1 << bits.Len(uint(n-1))
	var b strings.Builder
	numbers, last := make([]any, l.width), l.offset
	for i := range items {
		if i > 0 {
			b.WriteString(", ")
		}
		for k := range numbers {
			last++
			numbers[k] = last
		}
		fmt.Fprintf(&b, l.item, numbers...)
	}
	return strings.Replace(l.text, "{list}", b.String(), 1), items
}

// RenewAll implements [lease.Renewer].
func (b *backend) RenewAll(ctx context.Context, leases []lease.Lease, ttl time.Duration) (held []bool, err error) {
	held = make([]bool, len(leases))
	err = b.inStatements(ctx, b.run.renewAll, []any{ttl.Milliseconds()}, len(leases), func(i int) (string, []any) {
		return leases[i].Key, []any{leases[i].Fence}
	}, func(i int) { held[i] = true })
	if err != nil {
		return nil, err
	}
	return held, nil
}

// Look implements [lease.Looker].
func (b *backend) Look(ctx context.Context, keys []string) (left []time.Duration, err error) {
	leave, err := b.lane.enter(ctx)
	if err != nil {
		return nil, b.failed(err)
	}
	defer leave()
	left = make([]time.Duration, len(keys))
	var ms int64
	err = b.inStatements(ctx, b.run.lookAll, nil, len(keys), func(i int) (string, []any) {
		return keys[i], nil
	}, func(i int) { left[i] = time.Duration(ms) * time.Millisecond }, &ms)
	if err != nil {
		return nil, err
	}
	return left, nil
}

// inStatements runs l for n items in as few statements as possible, each with the
// parameters before. Item returns the key of an item and its further parameters.
// Found is called for each row, with the item whose key is in the first column,
// after the others have been read into columns.
func (b *backend) inStatements(
	ctx context.Context, l list, before []any, n int,
	item func(i int) (key string, more []any), found func(i int), columns ...any,
) error {
	var key []byte
	columns = append([]any{&key}, columns...)
	for from := 0; from < n; from += atATime {
		last := min(from+atATime, n) - 1
		statement, items := l.of(last + 1 - from)
		args, at := slices.Clone(before), make(map[string]int, items)
		for i := from; i < from+items; i++ {
			i := min(i, last) // where there is room for more, the last one again
			k, more := item(i)
			at[k] = i
			args = append(append(args, []byte(k)), more...)
		}
		if err := b.each(ctx, statement, args, columns, func() {
			if i, ok := at[string(key)]; ok {
				found(i)
			}
		}); err != nil {
			return err
		}
	}
	return nil
}

// each reads every row into columns and calls row after it.
func (b *backend) each(ctx context.Context, query string, args, columns []any, row func()) error {
	rows, err := b.db.QueryContext(ctx, query, args...)
	if err != nil {
		return b.failed(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := rows.Scan(columns...); err != nil {
			return b.failed(err)
		}
		row()
	}
	if err := rows.Err(); err != nil {
		return b.failed(err)
	}
	return nil
}
