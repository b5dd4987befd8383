package authtest

// Rotation says which refresh token the answer to a refresh carries.
type Rotation string

// The kinds of [Rotation].
const (
	Rotate             Rotation = ""       // a new one; the old one is spent (RFC 9700, section 4.14)
	RepeatRefreshToken Rotation = "repeat" // the one that was presented, which stays good
	OmitRefreshToken   Rotation = "omit"   // none; the presented one stays good (RFC 6749, section 6)
	BlankRefreshToken  Rotation = "blank"  // an empty string; the presented one stays good
)

// refreshMember returns the refresh token of an answer, and whether there is one.
func (c *Config) refreshMember(g *grant, presented string) (string, bool) {
	if g.refresh != "" {
		return g.refresh, true
	}
	switch c.Rotation {
	case RepeatRefreshToken:
		return presented, true
	case BlankRefreshToken:
		return "", true
	case Rotate, OmitRefreshToken:
	}
	return "", false
}
