package sqlstore

import (
	"context"
	"math/bits"
	"regexp"
	"strconv"
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
	item   string // its parameters are numbered from 1
	width  int    // parameters of an item
	offset int    // parameters of the statement before those of the list
}

// numbered is a parameter in either dialect.
var numbered = regexp.MustCompile(`[$?]\d+`)

// atATime is how many leases one statement renews or looks at.
const atATime = 256

// of returns the statement for n items or a few more: there are as many different
// statements as powers of two, since drivers and databases remember them.
func (l list) of(n int) (statement string, items int) {
	items = 1 << bits.Len(uint(n-1))
	var b strings.Builder
	for i := range items {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(numbered.ReplaceAllStringFunc(l.item, func(p string) string {
			k, _ := strconv.Atoi(p[1:])
			return p[:1] + strconv.Itoa(l.offset+i*l.width+k)
		}))
	}
	return strings.Replace(l.text, "{list}", b.String(), 1), items
}

// RenewAll implements [lease.Renewer].
func (b *backend) RenewAll(ctx context.Context, leases []lease.Lease, ttl time.Duration) (held []bool, err error) {
	held = make([]bool, len(leases))
	for from := 0; from < len(leases); from += atATime {
		chunk := leases[from:min(from+atATime, len(leases))]
		statement, items := b.run.renewAll.of(len(chunk))
		args, at := []any{ttl.Milliseconds()}, make(map[string]int, len(chunk))
		for i := range items {
			i = min(i, len(chunk)-1)
			args = append(args, []byte(chunk[i].Key), chunk[i].Fence)
			at[chunk[i].Key] = from + i
		}
		err := b.each(ctx, statement, args, func(scan func(...any) error) error {
			var key []byte
			err := scan(&key)
			if i, ok := at[string(key)]; ok {
				held[i] = true
			}
			return err
		})
		if err != nil {
			return nil, err
		}
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
	for from := 0; from < len(keys); from += atATime {
		chunk := keys[from:min(from+atATime, len(keys))]
		statement, items := b.run.lookAll.of(len(chunk))
		args, at := []any(nil), make(map[string]int, len(chunk))
		for i := range items {
			i = min(i, len(chunk)-1)
			args = append(args, []byte(chunk[i]))
			at[chunk[i]] = from + i
		}
		err := b.each(ctx, statement, args, func(scan func(...any) error) error {
			var key []byte
			var ms int64
			err := scan(&key, &ms)
			if i, ok := at[string(key)]; ok {
				left[i] = time.Duration(ms) * time.Millisecond
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return left, nil
}

// each calls row with the function that reads the row, for each row.
func (b *backend) each(ctx context.Context, query string, args []any, row func(scan func(...any) error) error) error {
	rows, err := b.db.QueryContext(ctx, query, args...)
	if err != nil {
		return b.failed(err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return b.failed(err)
		}
	}
	if err := rows.Err(); err != nil {
		return b.failed(err)
	}
	return nil
}
