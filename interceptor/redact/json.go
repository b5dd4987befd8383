package redact

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
)

// JSON returns what may be shown of a JSON text, in the same structure, without white space: names, true, false and null,
// and the values of listed members. A text that ends in the middle, or is no JSON from some point on, ends in … there.
func (r *Redactor) JSON(data []byte) []byte {
	w := jsonWriter{redactor: r}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) && len(w.open) == 0 {
			return w.out.Bytes()
		}
		if err != nil {
			w.out.WriteString("…")
			return w.out.Bytes()
		}
		w.token(t)
	}
}

// embedded redacts the JSON object or array that text begins with. It returns what may be shown of it and the rest of the
// text; false if there is none. An object that breaks off takes the rest with it.
func (r *Redactor) embedded(text string) (shown, rest string, ok bool) {
	const deepest = 100 // a wall of brackets is no JSON
	w := jsonWriter{redactor: r}
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	for {
		t, err := d.Token()
		if err != nil || len(w.open) > deepest {
			return w.out.String() + "…", "", w.named
		}
		w.token(t)
		if len(w.open) == 0 {
			return w.out.String(), text[d.InputOffset():], true
		}
	}
}

type jsonWriter struct {
	redactor *Redactor
	out      bytes.Buffer
	open     []level // arrays and objects not closed yet
	named    bool    // whether there was a name: that it looks like JSON is no accident
}

// level is an array or an object.
type level struct {
	object bool
	named  bool   // a name has been written, its value has not
	filled bool   // something has been written
	name   string // of the member; of an array, that of the member it is the value of
}

func (w *jsonWriter) token(t json.Token) {
	top := w.top()
	if top.object && !top.named {
		if name, ok := t.(string); ok {
			w.separate(top)
			w.quote(w.redactor.Name(name))
			w.out.WriteByte(':')
			top.name, top.named, w.named = name, true, true
			return
		}
	}
	switch v := t.(type) {
	case json.Delim:
		w.delimiter(v, top)
	case string:
		w.before(top)
		w.quote(w.redactor.FieldValue(top.name, v))
	case json.Number:
		w.before(top)
		if w.redactor.FieldValue(top.name, v.String()) == v.String() {
			w.out.WriteString(v.String())
		} else {
			w.quote(Mask)
		}
	case bool:
		w.before(top)
		w.out.WriteString(map[bool]string{true: "true", false: "false"}[v])
	default:
		w.before(top)
		w.out.WriteString("null")
	}
}

func (w *jsonWriter) delimiter(d json.Delim, top *level) {
	switch d {
	case '}', ']':
		w.open = w.open[:len(w.open)-1]
	default:
		w.before(top)
		w.open = append(w.open, level{object: d == '{', name: top.name})
	}
	w.out.WriteRune(rune(d))
}

// before writes what is due before a value.
func (w *jsonWriter) before(top *level) {
	if top.object {
		top.named = false
		return
	}
	w.separate(top)
}

func (w *jsonWriter) separate(top *level) {
	switch {
	case len(w.open) == 0:
		if w.out.Len() > 0 {
			w.out.WriteByte('\n')
		}
	case top.filled:
		w.out.WriteByte(',')
	}
	top.filled = true
}

func (w *jsonWriter) top() *level {
	if len(w.open) == 0 {
		return &level{}
	}
	return &w.open[len(w.open)-1]
}

func (w *jsonWriter) quote(s string) {
	e := json.NewEncoder(&w.out)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err == nil { // a string into memory: cannot fail
		w.out.Truncate(w.out.Len() - len("\n"))
	}
}
