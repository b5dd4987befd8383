package redact

import (
	"fmt"
	"strings"
)

// Body returns what may be shown of a body, judged by its Content-Type: JSON and forms are judged
// by their names; of other bodies it returns the type and the size, and of an empty one "". The
// body may be the beginning of a longer one, cut anywhere.
//
//	{"id":"REDACTED","ok":true}
//	grant_type=password&username=REDACTED&password=REDACTED
//	[image/png, 1234 bytes]
func (r *Redactor) Body(contentType string, body []byte) string {
	media, _, err := parseMediaType(contentType)
	switch {
	case len(body) == 0:
		return ""
	case err != nil || !plain(media):
		return fmt.Sprintf("[%d bytes]", len(body))
	case IsJSON(media):
		return string(r.JSON(body))
	case media == "application/x-www-form-urlencoded":
		return r.Form(body)
	default:
		return fmt.Sprintf("[%s, %d bytes]", media, len(body))
	}
}

// IsJSON reports whether a Content-Type is one of JSON: application/json, text/json, those that end
// in +json, and those of JSON sequences (x-ndjson, jsonl, json-seq).
func IsJSON(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	media = strings.ToLower(strings.TrimSpace(media))
	switch media {
	case "application/json", "text/json", "application/x-ndjson", "application/jsonl", "application/json-seq":
		return true
	default:
		return strings.HasSuffix(media, "+json")
	}
}
