package redact_test

import (
	"fmt"

	"github.com/chatelaine-go/chatelaine/interceptor/redact"
)

func Example() {
	r, err := redact.New(redact.Config{Query: []string{"city"}, Fields: []string{"id"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.URLString("https://user:pw@api.example.com/weather?city=Oslo&key=4711"))
	fmt.Println(r.HeaderValue("Authorization", "Bearer eyJhbGciOiJFUzI1NiJ9"))
	fmt.Println(r.HeaderValue("Set-Cookie", "session=4711; Path=/; HttpOnly"))
	fmt.Println(r.Body("application/json", []byte(`{"id": 7, "name": "Ada", "admin": false}`)))
	fmt.Println(r.Text(`POST failed: {"id":7,"pin":"4711"}: token eyJhbGciOiJFUzI1NiJ9 expired`))
	// Output:
	// https://REDACTED@api.example.com/weather?city=Oslo&key=REDACTED
	// Bearer REDACTED
	// session=REDACTED; Path=/; HttpOnly
	// {"id":7,"name":"REDACTED","admin":false}
	// POST failed: {"id":7,"pin":"REDACTED"}: token REDACTED expired
}

// What a request carries is not told by the error that repeats it.
func ExampleRedactor_Secrets() {
	var r *redact.Redactor
	known := r.Secrets(nil, map[string][]string{"X-Password": {"swordfish"}})
	fmt.Println(r.Text("no such user, or swordfish is wrong", known...))
	// Output: no such user, or REDACTED is wrong
}

// In free text labels, known secrets and the form of words decide; what looks like a word and
// stands alone is shown.
func ExampleRedactor_Text() {
	var r *redact.Redactor
	for _, text := range []string{
		"login failed: password: swordfish, session=4711",
		"token eyJhbGciOiJFUzI1NiJ9 expired",
		"the password is swordfish",
	} {
		fmt.Println(r.Text(text))
	}
	fmt.Println(r.Text("the password is swordfish", "swordfish"))
	// Output:
	// login failed: password: REDACTED, session=REDACTED
	// token REDACTED expired
	// the password is swordfish
	// the password is REDACTED
}
