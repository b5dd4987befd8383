package redact

import "strings"

// The bytes that texts are split by. All bytes of a multi-byte character are above ASCII, and count
// as part of a value.

func space(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' && c != '\v' }

func quote(c byte) bool     { return c == '"' || c == '\'' }
func backslash(c byte) bool { return c == '\\' }
func inLine(c byte) bool    { return c != '\r' && c != '\n' }

func wordByte(c byte) bool { return letter(rune(c)) || digit(rune(c)) || c == '_' }

func labelByte(c byte) bool    { return wordByte(c) || c == '-' }
func pairNameByte(c byte) bool { return labelByte(c) || c == '.' || c == '[' || c == ']' }
func schemeByte(c byte) bool {
	return letter(rune(c)) || digit(rune(c)) || c == '+' || c == '.' || c == '-'
}

func memberByte(c byte) bool     { return !quote(c) && c != '\\' }
func credentialByte(c byte) bool { return !space(c) && !quote(c) }
func urlByte(c byte) bool        { return !space(c) && strings.IndexByte("\"'<>`\\", c) < 0 }
func pairValueByte(c byte) bool  { return !space(c) && strings.IndexByte(`&;,"'(){}`, c) < 0 }
func bareMemberByte(c byte) bool { return !space(c) && strings.IndexByte(`,}]"'`, c) < 0 }
func bareLabelByte(c byte) bool  { return !space(c) && strings.IndexByte(`"',;)`, c) < 0 }
