// Checks a release before it is tagged. A module of its own: the library needs none of it.
module github.com/chatelaine-go/chatelaine/internal/release

go 1.26.0

require golang.org/x/mod v0.43.0
