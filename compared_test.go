package chatelaine_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// TestCompared_evidence asserts that every cell of the comparison has its line of evidence.
func TestCompared_evidence(t *testing.T) {
	t.Parallel()
	page := readFile(t, "docs/compared.md")
	tables, evidence, found := strings.Cut(page, "\n## Evidence\n")
	if !found {
		t.Fatal("docs/compared.md has no section Evidence")
	}
	sections := make(map[string]string)
	for _, s := range strings.Split(evidence, "\n### ")[1:] {
		name, text, _ := strings.Cut(s, "\n")
		sections[name] = text
	}
	cells := regexp.MustCompile(`(?m)^\| (\d+)\. `)
	for _, table := range strings.Split(tables, "\n## ")[1:] {
		_, header, _ := strings.Cut(table, "\n| | ")
		header, _, _ = strings.Cut(header, " |\n")
		rows := cells.FindAllStringSubmatch(table, -1)
		if len(rows) != 13 {
			t.Errorf("a table has %d rows, want 13", len(rows))
		}
		for name := range strings.SplitSeq(header, " | ") {
			if name == "Chatelaine" {
				continue
			}
			text, ok := sections[name]
			if !ok {
				t.Errorf("no section for %q", name)
				continue
			}
			for _, row := range rows {
				if !strings.Contains("\n"+text, fmt.Sprintf("\n%s. ", row[1])) {
					t.Errorf("%s: no evidence for row %s", name, row[1])
				}
			}
		}
	}
}
