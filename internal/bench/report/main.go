// Command report runs all benchmarks in one go and writes their tables into docs/benchmarks.md,
// between the markers that are there. It takes six to eight minutes.
//
//	cd internal/bench && go run ./report
//
// With -quick, which takes two, the tables say little; they are printed and not written.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"strings"
)

func main() {
	doc := flag.String("doc", "../../docs/benchmarks.md", "the file with the tables")
	quick := flag.Bool("quick", false, "few rounds; print the tables and write nothing")
	flag.Parse()
	log.SetFlags(log.Ltime)
	p := thorough
	if *quick {
		p = brief
	}
	if err := report(context.Background(), *doc, p); err != nil {
		log.Fatal(err)
	}
}

// report measures, and writes the tables that have all their figures. Those of a step that failed,
// such as the instructions without valgrind, stay as they are, and the error says so.
func report(ctx context.Context, doc string, p pace) error {
	text, err := os.ReadFile(doc)
	if err != nil {
		return err
	}
	bin, err := os.MkdirTemp("", "report")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(bin) }()
	m := &measured{before: loads(), figures: make(map[string]float64)}
	var errs []error
	for _, s := range steps(bin, p) {
		log.Print(s)
		if err := s.run(ctx, m); err != nil {
			errs = append(errs, fmt.Errorf("%v: %w", s, err))
		}
	}
	m.after = loads()
	page := string(text)
	for _, t := range tables() {
		m.missing = nil
		table := t.of(m)
		switch {
		case m.missing != nil:
			errs = append(errs, fmt.Errorf("table %s: not measured: %s", t.name, strings.Join(m.missing, ", ")))
		case p == brief:
			fmt.Printf("%s:\n%s\n", t.name, table)
		default:
			page, err = replace(page, t.name, table)
			errs = append(errs, err)
		}
	}
	if p == thorough {
		errs = append(errs, os.WriteFile(doc, []byte(page), 0o600))
	}
	return errors.Join(errs...)
}

// replace puts a table between its markers.
func replace(page, name, table string) (string, error) {
	begin, end := "<!-- table "+name+" -->\n", "<!-- end of "+name+" -->\n"
	before, rest, found := strings.Cut(page, begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		return page, fmt.Errorf("table %s has no markers %q and %q", name, begin, end)
	}
	return before + begin + "\n" + table + "\n" + end + after, nil
}
