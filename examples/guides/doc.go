// Package guides holds the programs of the guides in docs. Each is an example that runs as a test,
// and TestGuides compares what the guides show with them.
package guides
