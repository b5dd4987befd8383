//go:build race

package tour_test

// raceEnabled reports whether the tests run under the race detector, where each process of the tour
// takes a second more.
const raceEnabled = true
