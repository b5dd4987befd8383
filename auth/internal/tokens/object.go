package tokens

import (
	"bytes"
	"encoding/json"
	"strings"
)

const (
	// maxMembers and maxDepth bound what a response may hold, so that reading it takes a moment at
	// most.
	maxMembers = 1000
	maxDepth   = 32
)

// bounded reports whether a JSON text has at most maxMembers members and maxDepth levels. It looks
// at every byte once.
func bounded(text []byte) bool {
	members, depth := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		case ':':
			members++
		}
		if members > maxMembers || depth > maxDepth {
			return false
		}
	}
	return true
}

// object is the members of a JSON object or a form.
type object struct {
	names  []string                   // in the order of the response
	values map[string]json.RawMessage // by name
	folded map[string]string          // the first name of each spelling; see fold
	used   map[string]bool            // names that stand for a field of Token
}

func newObject() *object {
	return &object{
		values: make(map[string]json.RawMessage), folded: make(map[string]string), used: make(map[string]bool),
	}
}

func (o *object) add(name string, value json.RawMessage) {
	if _, again := o.values[name]; !again {
		o.names = append(o.names, name)
	}
	o.values[name] = value
	if f := fold(name); o.folded[f] == "" {
		o.folded[f] = name
	}
}

// parseObject reads the members of a JSON object up to the first that is not well-formed: a
// response that was cut off, or has something behind it, is not thrown away if the token can be
// read. It returns nil if the text is not an object.
func parseObject(text []byte) *object {
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	o := newObject()
	for d.More() {
		name, err := d.Token()
		key, ok := name.(string)
		if err != nil || !ok {
			break
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			break
		}
		o.add(key, value)
	}
	return o
}

// member returns the member called by the first of the folded names that there is.
func (o *object) member(folded ...string) (name string, value json.RawMessage) {
	for _, f := range folded {
		if name := o.folded[f]; name != "" {
			return name, o.values[name]
		}
	}
	return "", nil
}

// take is member for one that becomes a field of Token.
func (o *object) take(folded ...string) json.RawMessage {
	name, value := o.member(folded...)
	o.used[name] = true
	return value
}

// text returns the first member that is a string with something in it: the one called exact, or one
// of the folded names. It counts as used.
func (o *object) text(exact string, folded ...string) string {
	names := make([]string, 0, len(folded)+1)
	if exact != "" {
		names = append(names, exact)
	}
	for _, f := range folded {
		names = append(names, o.folded[f])
	}
	for _, name := range names {
		var s string
		if json.Unmarshal(o.values[name], &s) == nil && s != "" {
			o.used[name] = true
			return s
		}
	}
	return ""
}

// inner returns a member that is an object; else nil.
func (o *object) inner(folded string) *object {
	_, value := o.member(folded)
	if len(value) == 0 {
		return nil
	}
	return parseObject(value)
}

// list returns a member that is a string or an array of strings as words separated by spaces, as a
// scope is written.
func (o *object) list(folded ...string) string {
	if s := o.text("", folded...); s != "" {
		return s
	}
	name, value := o.member(folded...)
	var words []string
	if json.Unmarshal(value, &words) != nil {
		return ""
	}
	o.used[name] = true
	return strings.Join(words, " ")
}

// maxExtra is how much JSON of other members is kept. It is stored with every session.
const maxExtra = 64 << 10

// extra returns the members that are not used, as far as they fit; nil if there are none.
func (o *object) extra() map[string]any {
	var all map[string]any
	size := 0
	for _, name := range o.names {
		value := o.values[name]
		if o.used[name] || size+len(name)+len(value) > maxExtra {
			continue
		}
		var v any
		if json.Unmarshal(value, &v) != nil {
			continue
		}
		size += len(name) + len(value)
		if all == nil {
			all = make(map[string]any)
		}
		all[name] = v
	}
	return all
}
