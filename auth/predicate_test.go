package auth_test

import (
	"net/http"
	"testing"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/interceptor"
)

func TestPredicates(t *testing.T) {
	t.Parallel()
	scope := http.Header{"Www-Authenticate": {`Bearer error="insufficient_scope"`}}
	tutorial := auth.StatusWithMessage(http.StatusUnauthorized, "Invalid JWT")
	for _, test := range []struct {
		name      string
		predicate func(*interceptor.Response) bool
		status    int
		header    http.Header
		body      string
		want      bool
	}{
		{"default", auth.Unauthorized, 401, nil, "", true},
		{"default", auth.Unauthorized, 403, nil, "", false},
		{"default", auth.Unauthorized, 401, scope, "", false},
		{"StatusIn", auth.StatusIn(401, 403), 403, nil, "", true},
		{"StatusIn", auth.StatusIn(401, 403), 403, scope, "", false},
		{"StatusIn", auth.StatusIn(403), 401, nil, "", false},
		{"StatusWithMessage", tutorial, 401, nil, `{"message":"Invalid JWT"}`, true},
		{"StatusWithMessage", tutorial, 401, nil, `{"message":"other"}`, false},
		{"StatusWithMessage", tutorial, 403, nil, `{"message":"Invalid JWT"}`, false},
	} {
		r := interceptor.NewResponse(nil, test.status, test.header, []byte(test.body))
		if got := test.predicate(r); got != test.want {
			t.Errorf("%s of %d %v %s: %v", test.name, test.status, test.header, test.body, got)
		}
	}
}
