package tokens

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"io"
	"mime"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxBody is how much of a response is read, before and after it is decompressed.
const MaxBody = 1 << 20

// plain returns the text of a body as UTF-8, without what some servers put before it: a byte order
// mark, the gzip that no header announces, the prefix that keeps JSON from being run as a script.
func plain(body []byte, contentType string) []byte {
	if bytes.HasPrefix(body, []byte{0x1f, 0x8b}) {
		if z, err := gzip.NewReader(bytes.NewReader(body)); err == nil {
			body, _ = io.ReadAll(io.LimitReader(z, MaxBody)) // as far as it can be read
		}
	}
	body = bytes.TrimSpace(toUTF8(body, charset(contentType)))
	for _, prefix := range []string{")]}',", ")]}'", "while(1);", "for(;;);"} {
		if rest, ok := bytes.CutPrefix(body, []byte(prefix)); ok {
			return bytes.TrimSpace(rest)
		}
	}
	return body
}

func charset(contentType string) string {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return strings.ToLower(params["charset"])
}

// toUTF8 decodes UTF-16 and, if the text is not UTF-8, Latin-1. JSON without a byte order mark
// shows by its zeros which half of its first character comes first.
func toUTF8(body []byte, charset string) []byte {
	switch {
	case bytes.HasPrefix(body, []byte{0xef, 0xbb, 0xbf}):
		return body[3:]
	case bytes.HasPrefix(body, []byte{0xfe, 0xff}):
		return fromUTF16(body[2:], binary.BigEndian)
	case bytes.HasPrefix(body, []byte{0xff, 0xfe}):
		return fromUTF16(body[2:], binary.LittleEndian)
	case len(body) >= 2 && body[0] == 0 && body[1] != 0:
		return fromUTF16(body, binary.BigEndian)
	case len(body) >= 2 && body[0] != 0 && body[1] == 0:
		return fromUTF16(body, binary.LittleEndian)
	case utf8.Valid(body) || charset != "" && !strings.HasPrefix(charset, "iso-8859-") && !strings.HasPrefix(charset, "windows-"):
		return body
	}
	var b bytes.Buffer
	for _, c := range body {
		b.WriteRune(rune(c))
	}
	return b.Bytes()
}

func fromUTF16(body []byte, order binary.ByteOrder) []byte {
	units := make([]uint16, 0, len(body)/2)
	for ; len(body) >= 2; body = body[2:] {
		units = append(units, order.Uint16(body))
	}
	return []byte(string(utf16.Decode(units)))
}
