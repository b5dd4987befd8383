package playground

import (
	"bytes"
	"embed"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strconv"
)

//go:embed page
var pageFiles embed.FS

// policy lets the page load its own files and nothing else, and be part of no other page.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// A group of settings on the page.
type settingGroup struct {
	Title    string
	Settings []Setting
}

// pageData is what the page is made of.
type pageData struct {
	URL, Command, User, Password string
	Groups                       []settingGroup
}

// pageRoutes adds the page and its files to the mux.
func (s *Server) pageRoutes(m *http.ServeMux) {
	m.Handle("GET /{$}", s.ownName(http.HandlerFunc(s.page)))
	m.Handle("GET /_page/{file}", s.ownName(http.HandlerFunc(s.pageFile)))
}

func (s *Server) page(w http.ResponseWriter, _ *http.Request) {
	t, err := template.ParseFS(pageFiles, "page/index.html")
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	var b bytes.Buffer
	err = t.Execute(&b, pageData{
		URL: s.URL, Command: s.command, User: "alice", Password: "wonderland",
		Groups: []settingGroup{{"Tokens", tokenSettings()}, {"OAuth 2.0", oauthSettings()}, {"Responses", responseSettings()}},
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writePage(w, "text/html; charset=utf-8", b.Bytes())
}

func (s *Server) pageFile(w http.ResponseWriter, r *http.Request) {
	types := map[string]string{
		".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
	}
	name := r.PathValue("file")
	kind, known := types[path.Ext(name)]
	data, err := fs.ReadFile(pageFiles, path.Join("page", name))
	if !known || err != nil {
		http.NotFound(w, r)
		return
	}
	writePage(w, kind, data)
}

func writePage(w http.ResponseWriter, contentType string, data []byte) {
	h := w.Header()
	h.Set("Content-Type", contentType)
	h.Set("Content-Length", strconv.Itoa(len(data)))
	h.Set("Content-Security-Policy", policy)
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	_, _ = w.Write(data)
}
