package main

import (
	"fmt"
	"strings"
)

// of2 and of6 are the two sizes of requests.
const of2, of6 = "headers=2/", "headers=6/"

// transport is what each transport adds to the bare one.
func transport(m *measured) string {
	all := [][]string{{"", "2 headers", "of oauth2.Transport's", "6 headers", "of oauth2.Transport's", "bytes", "allocations"}}
	for _, c := range [][2]string{
		{"the floor: a request, a header map, a shared value", "floor"},
		{"`http.Request.Clone` and `Header.Set`", "clone"},
		{"`oauth2.Transport`", "oauth2"},
		{"chain, an interceptor that sets a header", "chain/list=sign"},
		{"chain, and four more that pass on", "chain/list=sign+4"},
		{"chain, and one that may write", "chain/list=sign+any"},
		{"**chain + auth**", "chain/list=auth"},
		{"chain + auth, and four more that pass on", "chain/list=auth+4"},
		{"chain + auth, and one that may write", "chain/list=auth+any"},
	} {
		row := []string{c[0]}
		for _, size := range []string{of2, of6} {
			name := "Transport/" + size + "lib=" + c[1]
			row = append(row, nanos(m.cpuOf(name)), ratio(m.get(name, "of-oauth2")))
		}
		name := "Transport/" + of2 + "lib=" + c[1]
		bytes, more := number(m.get(name, "B/op")), number(m.get("Transport/"+of6+"lib="+c[1], "B/op"))
		if more != bytes {
			bytes += ", " + more
		}
		all = append(all, append(row, bytes, number(m.get(name, "allocs/op"))))
	}
	return rows(all...)
}

// added returns the instructions that a transport adds, and their part of oauth2.Transport's.
func added(m *measured, size, lib string) (n, part float64) {
	count := func(lib string) float64 {
		return m.get("Count/"+strings.TrimSuffix(size, "/")+"/lib="+lib, "instructions")
	}
	bare := count("bare")
	return count(lib) - bare, (count(lib) - bare) / (count("oauth2") - bare)
}

// instructions is transport, counted by valgrind.
func instructions(m *measured) string {
	all := [][]string{{"instructions that are added", "2 headers", "of oauth2.Transport's", "6 headers", "of oauth2.Transport's"}}
	for _, c := range [][2]string{
		{"the floor", "floor"},
		{"`oauth2.Transport`", "oauth2"},
		{"chain, an interceptor that sets a header", "chain/list=sign"},
		{"chain, and four more that pass on", "chain/list=sign+4"},
		{"**chain + auth**", "chain/list=auth"},
	} {
		few, ofFew := added(m, of2, c[1])
		more, ofMore := added(m, of6, c[1])
		all = append(all, []string{c[0], number(few), ratio(ofFew), number(more), ratio(ofMore)})
	}
	return rows(all...)
}

// client is what a token adds to whole clients.
func client(m *measured) string {
	all := [][]string{{"client", "bare", "with", "adds", "bytes", "allocations"}}
	for _, c := range [][3]string{
		{"net/http, oauth2.Transport", "net-http", "oauth2"},
		{"**net/http, chain + auth**", "net-http", "chain+auth"},
		{"retryablehttp, oauth2.Transport", "retryablehttp", "oauth2"},
		{"azcore, its bearer policy", "azcore", "bearer"},
		{"resty v3, middleware", "resty3", "middleware"},
		{"imroc/req, wrapper", "req", "wrapper"},
		{"resty v2, oauth2.Transport", "resty2", "oauth2"},
		{"**resty v2, chain + auth**", "resty2", "chain+auth"},
		{"resty v2 without a context, oauth2.Transport", "resty2-plain", "oauth2"},
		{"**resty v2 without a context, chain + auth**", "resty2-plain", "chain+auth"},
	} {
		bare, with := "Client/lib="+c[1]+"/add=none", "Client/lib="+c[1]+"/add="+c[2]
		all = append(all, []string{
			c[0], micros(m.cpuOf(bare)), micros(m.cpuOf(with)), micros(m.get(with, "added-cpu-ns")),
			"+" + number(m.get(with, "added-B")), "+" + number(m.get(with, "added-allocs")),
		})
	}
	return rows(all...)
}

// interceptors is what the stock ones add.
func interceptors(m *measured) string {
	all := [][]string{{"interceptor", "time", "bytes", "allocations"}}
	for _, c := range [][2]string{
		{"one that passes on, and may write", "pass"},
		{"`auth`, a token that is good", "auth"},
		{"`requestid`", "requestid"},
		{"`idempotency`", "idempotency"},
		{"`retry`", "retry"},
		{"`progress`, both directions", "progress"},
		{"`logging`, to a logger that is off", "logging/level=off"},
		{"`logging`, a line", "logging/line"},
		{"`logging`, with headers", "logging/headers"},
		{"`logging`, with headers and bodies", "logging/bodies"},
		{"`har`, without bodies", "har/bodies=no"},
		{"`har`", "har/bodies=yes"},
		{"`otel`, no-op providers", "otel/noop"},
		{"`otel`, the SDK", "otel/sdk"},
	} {
		name := "Interceptor/" + c[1]
		time := m.cpuOf(name)
		text := fmt.Sprintf("%.1f µs", time/1e3)
		if time < 100 {
			text = "within the noise"
		}
		all = append(all, []string{c[0], text, number(m.get(name, "B/op")), number(m.get(name, "allocs/op"))})
	}
	return rows(all...)
}

// queued is what interceptor.Queued adds.
func queued(m *measured) string {
	row := func(what, depth string) []string {
		name := "Queued/depth=" + depth
		return []string{what, micros(m.cpuOf(name)), "+" + number(m.get(name, "allocs/op"))}
	}
	return rows([]string{"", "adds", "allocations"},
		row("`Queued`, all phases of a call, nobody waits", "0"),
		row("the same, 1,000 frames deep in the stack", "1000"))
}
