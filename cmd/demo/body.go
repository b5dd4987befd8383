package main

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
)

// maxBody is the longest body that is sent. It is kept in memory so that it can be sent again.
const maxBody = 64 << 20

// readBody returns what the flags name: a text, the content of a file, or stdin.
func (a *app) readBody(data, file string) ([]byte, error) {
	switch {
	case data == "-" || file == "-":
		return readAtMost(a.in)
	case file != "":
		f, err := os.Open(filepath.Clean(file))
		if err != nil {
			return nil, err
		}
		body, err := readAtMost(f)
		return body, errors.Join(err, f.Close())
	default:
		return []byte(data), nil
	}
}

func readAtMost(r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxBody+1))
	if err == nil && len(body) > maxBody {
		return nil, &hinted{err: errors.New("the body is longer than 64 MiB"), code: exitError, hint: "send it in parts"}
	}
	return body, err
}

// contentType guesses the media type of a body.
func contentType(body []byte) string {
	if json.Valid(body) {
		return "application/json"
	}
	return http.DetectContentType(body)
}
