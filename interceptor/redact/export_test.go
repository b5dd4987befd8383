package redact

// Steps returns how many bytes Text looks at for s.
func Steps(s string) int {
	g := guess{}
	g.text(s, 0)
	return g.steps
}
