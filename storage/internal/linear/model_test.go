// Package linear_test records what processes do with a store that they share while
// machines, connections and servers fail, and looks for an order of it in which each
// Update replaced what it was given and each Load returned what was there.
package linear_test

import (
	"math"
	"testing"

	"github.com/anishathalye/porcupine"
)

// An op is a Load or an Update of one process, as it reports it: an Update once from inside its
// callback, when it is not known yet whether it will be stored, and again when it returns.
type op struct {
	Worker int    `json:"worker"`
	ID     int    `json:"id"`
	Key    int    `json:"key"`
	Update bool   `json:"update"`
	Old    string `json:"old"` // "": absent
	New    string `json:"new"`
	Result string `json:"result"` // of an Update
	Error  string `json:"error"`
	Call   int64  `json:"call"` // ns; all processes have the clock of one machine
	Return int64  `json:"return"`
}

// The results of an Update.
const (
	unknown = "unknown" // the process was killed: stored or not, now or later
	stored  = "stored"
	lost    = "lost"   // ErrLost: stored and already replaced, or not stored; never later
	failed  = "failed" // another error: a value that may be the only valid token must be stored all the same
)

// register is one key: a Load returns what it holds, and an Update replaces what its callback was
// given, in one step.
func register() porcupine.Model {
	model := porcupine.NondeterministicModel{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			keys := make(map[int][]porcupine.Operation)
			for _, o := range history {
				k := o.Input.(op).Key
				keys[k] = append(keys[k], o)
			}
			var parts [][]porcupine.Operation
			for _, part := range keys {
				parts = append(parts, part)
			}
			return parts
		},
		Init: func() []any { return []any{""} },
		Step: func(state, input, _ any) []any {
			o, held := input.(op), state.(string)
			switch {
			case o.Update && (o.Result == unknown || o.Result == lost):
				if o.Old != held {
					return []any{held}
				}
				return []any{held, o.New}
			case o.Old != held:
				return nil
			case o.Update:
				return []any{o.New}
			default:
				return []any{held}
			}
		},
	}
	return model.ToModel()
}

// operations are ops as the checker takes them. An Update whose end is not known
// may take effect at any time after its call.
func operations(ops []op) (all []porcupine.Operation) {
	for _, o := range ops {
		if o.Result == unknown || o.Result == failed {
			o.Return = math.MaxInt64
		}
		all = append(all, porcupine.Operation{ClientId: o.Worker, Input: o, Call: o.Call, Output: o.Result, Return: o.Return})
	}
	return all
}

// TestRegister: what the model allows, and what it does not.
func TestRegister(t *testing.T) {
	t.Parallel()
	update := func(call int64, before, after, result string) op {
		return op{Update: true, Old: before, New: after, Result: result, Call: call, Return: call + 5}
	}
	load := func(call int64, value string) op { return op{Old: value, Call: call, Return: call + 5} }
	for name, test := range map[string]struct {
		ops  []op
		want bool
	}{
		"one after the other":           {[]op{update(0, "", "a", stored), load(10, "a"), update(20, "a", "b", stored), load(30, "b")}, true},
		"stale read":                    {[]op{update(0, "", "a", stored), load(10, "")}, false},
		"lost update":                   {[]op{update(0, "", "a", stored), update(10, "", "b", stored)}, false},
		"read of what is being stored":  {[]op{update(0, "", "a", stored), load(2, "a"), load(3, "")}, true},
		"a killed process has stored":   {[]op{update(0, "", "a", unknown), load(10, ""), load(20, "a")}, true},
		"a killed process has not":      {[]op{update(0, "", "a", unknown), load(10, ""), update(20, "", "b", stored)}, true},
		"lost":                          {[]op{update(0, "", "a", lost), update(2, "", "b", stored), load(10, "b")}, true},
		"lost, once it was stored":      {[]op{update(0, "", "a", lost), update(2, "a", "b", stored), load(10, "b")}, true},
		"what was lost comes back":      {[]op{update(0, "", "a", lost), load(10, ""), load(20, "a")}, false},
		"saved after an error":          {[]op{update(0, "", "a", failed), load(10, ""), load(20, "a")}, true},
		"a token is gone with an error": {[]op{update(0, "", "a", failed), update(10, "", "b", stored)}, false},
		"two keys":                      {[]op{update(0, "", "a", stored), {Key: 1, Call: 10, Return: 15}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := porcupine.CheckOperations(register(), operations(test.ops)); got != test.want {
				t.Errorf("linearizable: %t; want %t", got, test.want)
			}
		})
	}
}
