package authtest

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Echo is the response of /echo and /public/echo.
type Echo struct {
	Method string              `json:"method"`
	Path   string              `json:"path"`
	Query  map[string][]string `json:"query"`
	Header http.Header         `json:"header"` // the value of Authorization is replaced
	User   string              `json:"user"`   // "" if the request is unsigned
	Size   int64               `json:"size"`   // of the body, in bytes
	SHA256 string              `json:"sha256"` // of the body, in lower-case hexadecimal
	Body   string              `json:"body"`   // the first 64 KiB of it, if they are UTF-8
}

// User is the response of /me.
type User struct {
	ID       string `json:"id"`
	Username string `json:"username"`
}

// me serves GET /me.
func (s *Server) me(w http.ResponseWriter, r *http.Request) {
	writeJSON(w, http.StatusOK, User{ID: caller(r), Username: caller(r)})
}

// echo serves /echo.
func (s *Server) echo(w http.ResponseWriter, r *http.Request) {
	const shown = 64 << 10
	var head strings.Builder
	hash := sha256.New()
	size, err := io.CopyN(io.MultiWriter(&head, hash), r.Body, shown)
	if err == nil {
		var rest int64
		rest, err = io.Copy(hash, r.Body)
		size += rest
	}
	if err != nil && !errors.Is(err, io.EOF) {
		writeMessage(w, http.StatusBadRequest, "The body ended early")
		return
	}
	header := r.Header.Clone()
	if header.Get("Authorization") != "" {
		header.Set("Authorization", redacted)
	}
	e := Echo{
		Method: r.Method,
		Path:   r.URL.Path,
		Query:  r.URL.Query(),
		Header: header,
		User:   caller(r),
		Size:   size,
		SHA256: hex.EncodeToString(hash.Sum(nil)),
	}
	if utf8.ValidString(head.String()) {
		e.Body = head.String()
	}
	writeJSON(w, http.StatusOK, e)
}

// status serves /status/{code}.
func (s *Server) status(w http.ResponseWriter, r *http.Request) {
	code, err := strconv.Atoi(r.PathValue("code"))
	if err != nil || code < 200 || code > 599 {
		writeMessage(w, http.StatusBadRequest, "The status must be a number from 200 to 599")
		return
	}
	writeJSON(w, code, map[string]int{"status": code})
}

// bytes serves GET /bytes/{n}: the alphabet, over and over.
func (s *Server) bytes(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.ParseInt(r.PathValue("n"), 10, 64)
	if err != nil || n < 0 {
		writeMessage(w, http.StatusBadRequest, "The length must be a number, 0 or more")
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Length", strconv.FormatInt(n, 10))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	chunk := []byte(strings.Repeat("abcdefghijklmnopqrstuvwxyz", 1260))
	for n > 0 {
		k, err := w.Write(chunk[:min(n, int64(len(chunk)))])
		if err != nil {
			return
		}
		n -= int64(k)
	}
}

// redirect serves /redirect?to=URL&status=CODE.
func (s *Server) redirect(w http.ResponseWriter, r *http.Request) {
	to := r.URL.Query().Get("to")
	status := http.StatusFound
	if v := r.URL.Query().Get("status"); v != "" {
		status, _ = strconv.Atoi(v)
	}
	if to == "" || status < 300 || status > 399 {
		writeMessage(w, http.StatusBadRequest, "Give to=URL, and status=300 to 399 or none")
		return
	}
	w.Header().Set("Location", to)
	w.WriteHeader(status)
}
