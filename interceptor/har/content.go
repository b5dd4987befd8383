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
		b := c.now()
		e.Request.BodySize = b.Size
		e.Request.PostData = v.postData(b, x.stage == stageDone)
	}
	if c := x.received; c != nil {
		b := c.now()
		e.Response.Content.Size = b.Size
		if e.Response.BodySize != unknownSize {
			e.Response.BodySize = b.Size
		}
		e.Response.Content.Text, e.Response.Content.Encoding = v.body(b)
		e.Response.Content.Comment = v.remark(b, x.stage == stageDone)
	}
	return e
}

func (v view) postData(b body, done bool) *postData {
	p := &postData{MimeType: v.mimeType(b.contentType), Comment: v.remark(b, done)}
	if limit := boundary(b.contentType); limit != "" && !v.everything {
		p.Params = v.parts(b.Kept, limit)
		return p
	}
	p.Text, p.Encoding = v.body(b)
	return p
}

// body returns what is shown of a body, with its encoding if it is not text.
func (v view) body(b body) (text, encoding string) {
	switch {
	case len(b.Kept) == 0:
		return "", ""
	case !v.everything && structured(b.contentType):
		return v.redactor.Body(b.contentType, b.Kept), ""
	case !v.everything:
		return "", ""
	case utf8.Valid(b.Kept):
		return string(b.Kept), ""
	default:
		return base64.StdEncoding.EncodeToString(b.Kept), "base64"
	}
}

// remark says what is missing of a body, and why. No more of it will come if it is done.
func (v view) remark(b body, done bool) string {
	switch {
	case b.Size == 0:
		return ""
	case !v.keeps(b.contentType, b.encoded):
		return "Bodies of this kind are not recorded."
	case b.Size > int64(len(b.Kept)):
		return fmt.Sprintf("The first %d of %d bytes were recorded.", len(b.Kept), b.Size)
	case done && !b.complete():
		return "The body was not read to its end."
	default:
		return ""
	}
}

// parts returns what is shown of the parts of a form, which may end anywhere: the names, and the
// values of fields that may be shown; of files their type.
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
