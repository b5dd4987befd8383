package authtest

import "net/http"

// controlRoutes adds the endpoints under /_control.
func (s *Server) controlRoutes(m *http.ServeMux) {
	m.HandleFunc("GET /_control/stats", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, s.Stats())
	})
	m.HandleFunc("GET /_control/timeline", func(w http.ResponseWriter, _ *http.Request) {
		writeBody(w, http.StatusOK, []byte(s.Timeline().String()))
	})
	m.HandleFunc("POST /_control/expire", func(w http.ResponseWriter, _ *http.Request) {
		s.ExpireAccess()
		w.WriteHeader(http.StatusNoContent)
	})
}
