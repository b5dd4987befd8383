package har

import (
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/chatelaine-go/chatelaine/interceptor/redact"
)

// view decides what is shown: what the redactor shows, or everything.
type view struct {
	redactor   *redact.Redactor
	everything bool
}

func (v view) name(s string) string {
	if v.everything {
		return s
	}
	return v.redactor.Name(s)
}

func (v view) header(name, value string) string {
	if v.everything {
		return value
	}
	return v.redactor.HeaderValue(name, value)
}

func (v view) field(name, value string) string {
	if v.everything {
		return value
	}
	return v.redactor.FieldValue(name, value)
}

func (v view) url(u *url.URL) string {
	switch {
	case u == nil:
		return ""
	case v.everything:
		return u.String()
	default:
		return v.redactor.URL(u)
	}
}

func (v view) text(s string, known ...string) string {
	if v.everything {
		return s
	}
	return v.redactor.Text(s, known...)
}

// secrets are the values of a request that an error must not repeat.
func (v view) secrets(req *http.Request) []string {
	if v.everything {
		return nil
	}
	return v.redactor.Secrets(req.URL, req.Header)
}

// keeps reports whether anything could be shown of a body.
func (v view) keeps(contentType string, encoded bool) bool {
	return v.everything || !encoded && (structured(contentType) || boundary(contentType) != "")
}

// structured reports whether a body has names to judge it by.
func structured(contentType string) bool {
	media, _, _ := strings.Cut(contentType, ";")
	return redact.IsJSON(contentType) || strings.EqualFold(strings.TrimSpace(media), "application/x-www-form-urlencoded")
}

// boundary returns that of the parts of a form, "" if it is none.
func boundary(contentType string) string {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil || media != "multipart/form-data" {
		return ""
	}
	return params["boundary"]
}
