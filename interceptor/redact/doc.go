// Package redact takes secrets out of what is logged, recorded or shown of HTTP calls.
//
//	r, err := redact.New(redact.Config{Query: []string{"sort"}, Fields: []string{"id"}})
//	r.URL(u)                   // https://REDACTED@api.example.com/users?sort=name&key=REDACTED
//	r.Header(h)                // Authorization: Bearer REDACTED, Cookie: session=REDACTED
//	r.Body(contentType, data)  // {"id":7,"password":"REDACTED"}
//	r.Text(err.Error())        // Get "https://…?key=REDACTED": token=REDACTED
//
// # What is shown
//
// It works with lists of what may be shown, not with lists of what is secret: nobody knows the latter for every server.
// A few harmless names of HTTP are on the lists from the start; [Config] adds to them. Names are compared without
// regard to case. What is shown of each part:
//
//	header         the value if the name is listed; of credentials the scheme, of cookies the names and attributes
//	Location       and other headers that hold a URL: as a URL
//	a URL          scheme, host and path, but path segments that look like tokens; no user information
//	query, form    names, and the value if the name is listed
//	JSON           structure and names, true, false and null, and other values if the name is listed
//	other bodies   media type and size
//	text           words, but not those that look like tokens, behind "name=" or "password:", or behind "Bearer"
//
// Names are masked as well if they look like tokens.
//
// # What is not recognized
//
//   - In free text, a password or token that looks like a word or is short, unless it is known ([Redactor.Secrets]; from 4
//     bytes on) or follows "password:" or "name=": "swordfish is wrong", but also "token swordfish" and
//     "session: swordfish", since "token expired" and "session: not found" are what errors say.
//   - In a URL, the host, and path segments of an ordinary form: UUIDs, numbers, names, e-mail addresses, words.
//   - In a listed name, anything: whoever lists it answers for its values.
//
// # Before truncation
//
// Redact first, then truncate: half a token is not recognized. For bodies the order does not matter, since JSON and forms
// that end in the middle are redacted up to there.
//
// # Concurrency
//
// A [Redactor] never changes and may be used by many goroutines. It keeps nothing of what it is given, and writes to none
// of it.
package redact
