// Package interop proves that the chain works together with the libraries that people use beside
// it: each test is a recipe, and docs/interop.md is their table of contents.
//
// It has no code, only tests, in a module of its own, so that the library does not depend on any of
// them.
package interop
