// Command svg turns what the tour prints into the picture in docs:
//
//	CLICOLOR_FORCE=1 go run ./cmd/demo tour | go run ./cmd/demo/internal/svg -scenes 2,3,5 > docs/tour.svg
package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(args []string, in io.Reader, out, errs io.Writer) int {
	set := flag.NewFlagSet("svg", flag.ContinueOnError)
	set.SetOutput(errs)
	scenes := set.String("scenes", "", "`numbers` of the scenes to show, such as 2,3,4 (default: all of it)")
	title := set.String("title", "go run ./cmd/demo tour", "`title` of the window")
	if set.Parse(args) != nil {
		return 2
	}
	text, err := io.ReadAll(in)
	if err == nil {
		w := bufio.NewWriter(out)
		draw(w, *title, parse(choose(string(text), *scenes)))
		err = w.Flush()
	}
	if err != nil {
		_, _ = fmt.Fprintln(errs, "error:", err)
		return 1
	}
	return 0
}

// heading is how the title of a scene begins.
const heading = "\x1b[1;7m"

// choose keeps the introduction, the scenes, and the verdict, which is the last paragraph.
func choose(text, scenes string) string {
	if scenes == "" {
		return text
	}
	blocks := strings.Split(text, heading)
	chosen := []string{blocks[0]}
	for _, block := range blocks[1:] {
		number, _, _ := strings.Cut(strings.TrimSpace(block), " ")
		if strings.Contains(","+scenes+",", ","+number+",") {
			chosen = append(chosen, block)
		}
	}
	paragraphs := strings.Split(strings.TrimRight(text, "\n"), "\n\n")
	return strings.Join(chosen, heading) + paragraphs[len(paragraphs)-1] + "\n"
}
