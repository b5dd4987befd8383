// Package engine holds what packages interceptor and chain share and no interceptor has to see:
// what a verdict decides, and the state that all sends of one call have in common.
//
// Its types look like this from outside: interceptor.Verdict is a defined type over [Verdict], so
// only this module can open one; interceptor.Request has a pointer to a [Call], and
// interceptor.Error an [Origin], which package chain fills in.
package engine
