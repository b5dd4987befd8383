package chain

import (
	"reflect"
	"testing"

	"github.com/go-resty/resty/v2"
)

// TestField fails when resty does without a field that retryable looks at, or changes its kind.
func TestField(t *testing.T) {
	t.Parallel()
	r := resty.New().R()
	for name, want := range map[string]reflect.Kind{
		"isSaveResponse": reflect.Bool, "retryConditions": reflect.Slice, "client": reflect.Pointer,
	} {
		if got := field(r, name).Kind(); got != want {
			t.Errorf("%s is a %v, want %v", name, got, want)
		}
	}
	if set(field(r, "no such field")) || set(field(r, "isSaveResponse")) || set(field(r, "retryConditions")) || !set(field(r, "client")) {
		t.Error("set is wrong")
	}
}
