package chain_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/chatelaine-go/chatelaine/chain"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

func named(name string) *interceptor.Funcs { return &interceptor.Funcs{Name: name} }

func names(c *chain.Chain) string {
	all := make([]string, 0, len(c.Interceptors()))
	for _, i := range c.Interceptors() {
		all = append(all, fmt.Sprint(i))
	}
	return strings.Join(all, " ")
}

// TestChain_Insert at positions inside and outside of the list.
func TestChain_Insert(t *testing.T) {
	t.Parallel()
	for at, want := range map[int]string{
		-1: "x y a b", 0: "x y a b", 1: "a x y b", 2: "a b x y", 3: "a b x y",
	} {
		c := chain.New(named("a"), named("b"))
		c.Insert(at, named("x"), nil, named("y"))
		if got := names(c); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
	c := chain.New()
	c.Insert(0)
	c.Insert(5, named("x"))
	if got := names(c); got != "x" {
		t.Errorf("into an empty chain: %s", got)
	}
}

// TestChain_Clear empties the list; a call that runs keeps the interceptors it started with.
func TestChain_Clear(t *testing.T) {
	t.Parallel()
	var c *chain.Chain
	seen := 0
	in := &interceptor.Funcs{
		Request: func(req *interceptor.Request, h interceptor.RequestHandler) interceptor.Verdict {
			c.Clear()
			return h.Next(req)
		},
		Response: func(r *interceptor.Response, h interceptor.ResponseHandler) interceptor.Verdict {
			seen++
			return h.Next(r)
		},
	}
	c = chain.New(in)
	client := c.Transport(answering(http.StatusOK))
	for range 2 {
		resp, err := client.RoundTrip(request(t))
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
	}
	if seen != 1 || names(c) != "" {
		t.Errorf("seen %d, list %q", seen, names(c))
	}
}

// TestChain_Remove_amongOthers takes out one of several interceptors of one type.
func TestChain_Remove_amongOthers(t *testing.T) {
	t.Parallel()
	a, b, d := named("a"), named("b"), named("d")
	c := chain.New(a, b, d, b)
	if !c.Remove(b) || names(c) != "a d b" {
		t.Errorf("got %s", names(c))
	}
	if !c.Remove(b) || c.Remove(b) || names(c) != "a d" {
		t.Errorf("got %s", names(c))
	}
}

// TestChain_concurrentChanges lose nothing.
func TestChain_concurrentChanges(t *testing.T) {
	t.Parallel()
	c := chain.New()
	client := c.Transport(answering(http.StatusOK))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				in := named("x")
				c.Insert(1, in)
				resp, err := client.RoundTrip(request(t))
				if err != nil {
					t.Error(err)
					return
				}
				_ = resp.Body.Close()
				if !c.Remove(in) {
					t.Error("lost")
				}
			}
		})
	}
	group.Wait()
	if names(c) != "" {
		t.Errorf("left: %s", names(c))
	}
}

// TestZeroValues: a zero Chain is an empty one, and a zero Config Dio's behavior with a bound.
func TestZeroValues(t *testing.T) {
	t.Parallel()
	var c chain.Chain
	if names(&c) != "" || c.Remove(named("a")) {
		t.Error("the zero chain is not empty")
	}
	sends := 0
	client := c.Transport(roundTrip(func(r *http.Request) (*http.Response, error) {
		sends++
		return answering(http.StatusUnauthorized)(r)
	}))
	c.Use(again())
	resp, err := client.RoundTrip(request(t))
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if sends != 5 || resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("%d sends, status %d", sends, resp.StatusCode)
	}
	if got := chain.Order(0); got != chain.Forward || got.String() != "forward" {
		t.Errorf("the zero order is %v", got)
	}
	(&chain.Chain{}).Clear()
}
