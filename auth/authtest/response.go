package authtest

import (
	"encoding/json"
	"net/http"
)

// maxBody bounds what is read of the body of a login or token request.
const maxBody = 1 << 20

// writeJSON responds with a status and a value that always encodes.
func writeJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		abort(err)
	}
	writeBody(w, status, append(body, '\n'))
}

// writeBody responds with a status and a body, labeled as JSON if it is valid JSON.
func writeBody(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	if h.Get("Content-Type") == "" {
		if json.Valid(body) {
			h.Set("Content-Type", "application/json")
		} else {
			h.Set("Content-Type", http.DetectContentType(body))
		}
	}
	w.WriteHeader(status)
	if status != http.StatusNoContent && status != http.StatusNotModified {
		_, _ = w.Write(body)
	}
}

// writeMessage responds with an error of the REST dialect.
func writeMessage(w http.ResponseWriter, status int, message string) {
	writeJSON(w, status, map[string]string{"message": message})
}

// noStore forbids caches to keep a token (RFC 6749, section 5.1).
func noStore(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
}

// unmarshal decodes a JSON text.
func unmarshal(text string, v any) error { return json.Unmarshal([]byte(text), v) }
