// Package transient recognizes errors of files that pass by themselves.
//
// # Usage
//
//	if err := os.Rename(from, to); transient.Is(err) {
//		// try again, for a limited time
//	}
//
// # Errors
//
// [Is] reports false for nil and for errors that it does not know.
//
// # Concurrency
//
// [Is] is safe for concurrent use.
//
// # Security
//
// A lasting error must not be retried for ever, so callers bound the time themselves.
package transient
