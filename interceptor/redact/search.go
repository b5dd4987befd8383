package redact

import (
	"net/url"
	"strconv"
)

// shortest is the length from which on a secret can be found in a text without finding it
// everywhere.
const shortest = 4

// replaceKnown masks the secrets in s, also where they are escaped. It reports false if they are
// too many to look for.
func replaceKnown(s string, known []string) (string, bool) {
	total := 0
	for _, secret := range known {
		if total += len(secret); total > MaxText {
			return "", false
		}
	}
	n := newSearch()
	for _, secret := range known {
		if len(secret) < shortest {
			continue
		}
		quoted := strconv.Quote(secret)
		for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), quoted[1 : len(quoted)-1]} {
			n.add(form)
		}
	}
	return n.mask(s), true
}

// search finds many words at once, in one walk over the text (Aho and Corasick, 1975), since the
// words and the text may both be long and of a server's choice.
type search struct {
	nodes []node   // 0 is the root, and stands for none
	first [256]int // children of the root
}

// node is a prefix of some words.
type node struct {
	word    int  // length of the longest word that the prefix ends in; 0: none
	fail    int  // the longest proper suffix that is a prefix, too
	child   int  // first of its list
	sibling int  // next in the list of the parent
	char    byte // the last of the prefix
}

func newSearch() *search { return &search{nodes: make([]node, 1)} }

func (s *search) add(word string) {
	at := 0
	for i := range len(word) {
		to := s.childOf(at, word[i])
		if to == 0 {
			to = len(s.nodes)
			n := node{char: word[i]}
			if at == 0 {
				s.first[word[i]] = to
			} else {
				n.sibling, s.nodes[at].child = s.nodes[at].child, to
			}
			s.nodes = append(s.nodes, n)
		}
		at = to
	}
	s.nodes[at].word = len(word)
}

// childOf returns the node of a prefix with one more byte, 0 if there is none.
func (s *search) childOf(at int, char byte) int {
	if at == 0 {
		return s.first[char]
	}
	for c := s.nodes[at].child; c != 0; c = s.nodes[c].sibling {
		if s.nodes[c].char == char {
			return c
		}
	}
	return 0
}

// link sets the failure links, shorter prefixes first.
func (s *search) link() {
	queue := make([]int, 0, len(s.nodes))
	for _, n := range &s.first {
		if n != 0 {
			queue = append(queue, n)
		}
	}
	for i := 0; i < len(queue); i++ {
		parent := s.nodes[queue[i]]
		for c := parent.child; c != 0; c = s.nodes[c].sibling {
			n := &s.nodes[c]
			n.fail = s.step(parent.fail, n.char)
			n.word = max(n.word, s.nodes[n.fail].word)
			queue = append(queue, c)
		}
	}
}

// step returns the node of the longest prefix that the text ends in, one byte further.
func (s *search) step(at int, char byte) int {
	for {
		if to := s.childOf(at, char); to != 0 || at == 0 {
			return to
		}
		at = s.nodes[at].fail
	}
}

// mask replaces the words in text; those that overlap, by one mask.
func (s *search) mask(text string) string {
	if len(s.nodes) == 1 {
		return text
	}
	s.link()
	var found []span
	at := 0
	for i := range len(text) {
		at = s.step(at, text[i])
		if n := s.nodes[at].word; n > 0 {
			hit := span{i + 1 - n, i + 1}
			for len(found) > 0 && found[len(found)-1].to > hit.from {
				hit.from = min(hit.from, found[len(found)-1].from)
				found = found[:len(found)-1]
			}
			found = append(found, hit)
		}
	}
	e := edit{s: text}
	for _, hit := range found {
		e.replace(hit.from, hit.to, Mask)
	}
	return e.String()
}
