package privatedir

import (
	"testing"

	"golang.org/x/sys/windows"
)

// TestStranger: who may read, and who may change, by the lists that Windows makes by itself.
func TestStranger(t *testing.T) {
	t.Parallel()
	const (
		self    = "S-1-5-21-1-2-3-1001"
		other   = "S-1-5-21-1-2-3-1002"
		users   = "S-1-5-32-545"
		authed  = "S-1-5-11"
		all     = 0x1f01ff
		modify  = 0x1301bf
		read    = 0x1200a9
		add     = 0x4 // FILE_APPEND_DATA
		special = 0x100116
	)
	profile := []entry{{localSystem, all, false}, {administrators, all, false}, {self, all, false}}
	with := func(more ...entry) list {
		return list{owner: self, entries: append(append([]entry{}, profile...), more...)}
	}
	for name, c := range map[string]struct {
		list                      list
		reader, writer, replacing string
	}{
		"profile":                       {list: with()},
		"domain administrators":         {list: with(entry{"S-1-5-21-9-9-9-512", all, false})},
		"root of the system's volume":   {list: with(entry{users, read, false}, entry{authed, modify, true}, entry{authed, add, false}), reader: users, writer: authed},
		"below the root of a volume":    {list: with(entry{users, read, false}, entry{authed, modify, false}), reader: users, writer: authed, replacing: authed},
		"ProgramData":                   {list: with(entry{users, read, false}, entry{users, special, false}, entry{creatorOwner, all, true}), reader: users, writer: users},
		"shared with one user":          {list: with(entry{other, all, false}), reader: other, writer: other},
		"domain users":                  {list: with(entry{"S-1-5-21-9-9-9-513", modify, false}), reader: "S-1-5-21-9-9-9-513", writer: "S-1-5-21-9-9-9-513", replacing: "S-1-5-21-9-9-9-513"},
		"no list":                       {list: list{owner: self, absent: true}, replacing: "S-1-1-0"},
		"what is made in it, by others": {list: with(entry{other, read, true}), reader: other},
	} {
		if got := c.list.stranger(self, ^windows.ACCESS_MASK(0)); got != c.reader {
			t.Errorf("%s: may be read by %q, want %q", name, got, c.reader)
		}
		if got := c.list.stranger(self, changeContent); got != c.writer {
			t.Errorf("%s: may be changed by %q, want %q", name, got, c.writer)
		}
		if got := c.list.everyone(replaceContent | windows.DELETE); got != c.replacing {
			t.Errorf("%s: may be replaced by %q, want %q", name, got, c.replacing)
		}
	}
}
