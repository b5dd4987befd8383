// Package transient recognizes errors of files that pass by themselves.
package transient
