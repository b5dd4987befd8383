package chain_test

import (
	"strings"
	"testing"
)

// The vocabulary of a random program. What the seeds stand for changes with it, so only append.
var (
	requestActions = []string{
		"next", "resolve 200 q", "resolve 500 q through", "reject e1", "reject e1 through", "none", "panic", "nil",
		"cancel", "twice", "rewrite /y", "reject canceled through", "wrap", "abort e1",
	}
	responseActions = []string{
		"next", "replace 201 s", "resolve 500 s", "reject e2", "reject e2 through", "retry", "none", "panic", "nil",
		"cancel", "twice", "wrap", "answer 501 u", "abort e1",
	}
	errorActions = []string{
		"next", "replace e3", "resolve 200 t", "reject e3", "reject e3 through", "retry", "none", "panic", "nil",
		"cancel", "twice", "wrap", "answer 501 u", "abort e1",
	}
	answers = []string{"200 a", "204 a", "302 a", "401 a", "503 a", "fail e1", "fail canceled", "panic"}
)

// decode makes a program of bytes; every byte string is one.
func decode(data []byte) *program {
	take := func(n int) int {
		if len(data) == 0 {
			return 0
		}
		v := int(data[0]) % n
		data = data[1:]
		return v
	}
	p := &program{actions: make(map[string][]string)}
	p.list = strings.Split("A B C D", " ")[:take(5)]
	p.attempts = 1 + take(4)
	flags := take(64)
	for i, flag := range []*bool{&p.reverse, &p.strict, &p.queued, &p.oneShot} {
		*flag = flags>>i&1 == 1
	}
	p.canceled = flags>>4 == 3 // rarely: little happens then
	for range 1 + take(3) {
		p.net = append(p.net, answers[take(len(answers))])
	}
	for _, name := range p.list {
		for i, actions := range [][]string{requestActions, responseActions, errorActions} {
			callback := name + []string{".req", ".res", ".err"}[i]
			for range take(3) {
				p.actions[callback] = append(p.actions[callback], actions[take(len(actions))])
			}
		}
	}
	return p
}

// FuzzChain lets random interceptors decide at random: every program must do what the model says,
// end, and leave no body open.
func FuzzChain(f *testing.F) {
	seeds := [][]byte{
		nil,
		{3},
		{3, 2, 0, 0, 0, 4, 0, 0, 1, 5},
		{2, 3, 1, 1, 2, 3, 4, 0, 1, 1, 2, 1, 3, 2, 5, 5},
		{4, 3, 0, 1, 2, 5, 4, 3, 2, 4, 3, 2, 1, 2, 3, 4, 5, 6, 7, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4},
	}
	for _, c := range "0123456789" {
		seeds = append(seeds, []byte(strings.Repeat(string(c)+"\x03\x01\x02", 12)))
	}
	if len(seeds) < 10 {
		f.Fatal("the seeds are lost")
	}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkModel(t, decode(data)) })
}
