package har

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"unicode/utf8"
)

// filled returns the entry with its bodies and times, as far as they are known.
func (x *exchange) filled() entry {
	e := x.shown
	e.Call, e.Attempt, e.Cause, e.Type = x.call, x.attempt, x.cause, "fetch"
	e.Address, e.Port, e.Conn = x.address, x.port, x.ours
	e.Started = x.clock.start.UTC().Format("2006-01-02T15:04:05.000000Z07:00")
	e.Timings, e.Time = x.clock.timings()

	v := x.recorder.view
	if c := x.sent; c != nil {
		e.Request.BodySize = c.size
		e.Request.PostData = v.postData(c, x.stage == stageDone)
	}
	if c := x.received; c != nil {
		e.Response.Content.Size = c.size
		if e.Response.BodySize != unknownSize {
			e.Response.BodySize = c.size
		}
		e.Response.Content.Text, e.Response.Content.Encoding = v.body(c)
		e.Response.Content.Comment = v.remark(c, x.stage == stageDone)
	}
	return e
}

func (v view) postData(c *capture, done bool) *postData {
	p := &postData{MimeType: v.mimeType(c.contentType), Comment: v.remark(c, done)}
	if b := boundary(c.contentType); b != "" && !v.everything {
		p.Params = v.parts(c.kept, b)
		return p
	}
	p.Text, p.Encoding = v.body(c)
	return p
}

// body returns what is shown of a body, with its encoding if it is no text.
func (v view) body(c *capture) (text, encoding string) {
	switch {
	case len(c.kept) == 0:
		return "", ""
	case !v.everything && structured(c.contentType):
		return v.redactor.Body(c.contentType, c.kept), ""
	case !v.everything:
		return "", ""
	case utf8.Valid(c.kept):
		return string(c.kept), ""
	default:
		return base64.StdEncoding.EncodeToString(c.kept), "base64"
	}
}

// remark says what is missing of a body, and why. No more of it will come if it is done.
func (v view) remark(c *capture, done bool) string {
	switch {
	case c.size == 0:
		return ""
	case !v.keeps(c.contentType, c.encoded):
		return "Bodies of this kind are not recorded."
	case c.size > int64(len(c.kept)):
		return fmt.Sprintf("The first %d of %d bytes were recorded.", len(c.kept), c.size)
	case done && !c.complete():
		return "The body was not read to its end."
	default:
		return ""
	}
}

// parts returns what is shown of the parts of a form, which may end anywhere: the names, and the values of fields that may be
// shown; of files their type.
func (v view) parts(body []byte, boundary string) []param {
	var list []param
	for r := multipart.NewReader(bytes.NewReader(body), boundary); ; {
		part, err := r.NextRawPart()
		if err != nil {
			return list
		}
		p := param{Name: v.name(part.FormName())}
		if t := part.Header.Get("Content-Type"); t != "" {
			p.ContentType = v.header("Content-Type", t)
		}
		value, err := io.ReadAll(part)
		switch {
		case part.FileName() != "":
			p.FileName = v.field("", part.FileName())
		case err == nil || errors.Is(err, io.ErrUnexpectedEOF):
			p.Value = v.field(part.FormName(), string(value))
		}
		list = append(list, p)
	}
}
