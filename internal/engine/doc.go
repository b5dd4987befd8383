// Package engine holds what packages interceptor and chain share and no interceptor has to see:
// what a verdict decides, and the state that all sends of one call have in common.
//
// Its types look like this from outside: interceptor.Verdict is a defined type over [Verdict], so
// only this module can open one; interceptor.Request has a pointer to a [Call], and
// interceptor.Error an [Origin], which package chain fills in.
//
// # Usage
//
// Package interceptor defines its types over these; package chain reads and writes them. Nothing else
// imports the package.
//
// # Errors
//
// There are none: a verdict that no handler made has the zero Action, which package chain reports.
//
// # Concurrency
//
// A Call belongs to one call, whose callbacks run one after the other. Nothing here is locked.
//
// # Security
//
// Extras and bodies may hold secrets. Nothing here prints them.
package engine
