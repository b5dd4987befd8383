// Package redact masks secrets in HTTP calls that are logged, recorded or shown.
//
// It works with lists of what may be shown, not with lists of what is secret: no one knows the
// latter for every server. A few harmless names of HTTP are built in; [Config] adds to them. Names
// are compared without regard to case. What is shown of each part:
//
//	header         the value if the name is listed; of credentials the scheme, of cookies the names
//	               and attributes
//	Location       and other headers that hold a URL: as a URL
//	a URL          scheme, host and path, without path segments that look like tokens; no user
//	               information
//	query, form    names, and the value if the name is listed
//	JSON           structure and names, true, false and null, and other values if the name is listed
//	other bodies   media type and size
//	text           words, but not those that look like tokens, follow "name=" or "password:", or
//	               follow "Bearer"
//
// Names that look like tokens are masked, too.
//
// # Usage
//
// One redactor, with the names that your API may show, serves the whole program:
//
//	r, err := redact.New(redact.Config{Query: []string{"sort"}, Fields: []string{"id"}})
//	r.URL(u)                   // https://REDACTED@api.example.com/users?sort=name&key=REDACTED
//	r.Header(h)                // Authorization: Bearer REDACTED, Cookie: session=REDACTED
//	r.Body(contentType, data)  // {"id":7,"password":"REDACTED"}
//	r.Text(err.Error())        // Get "https://…?key=REDACTED": token=REDACTED
//
// Redact first, then truncate: half a token is not recognized. For bodies the order does not
// matter, since JSON and forms that end early are redacted up to their end.
//
// # Errors
//
// [New] reports everything that is wrong with its configuration in one error. Nothing else fails:
// input that cannot be parsed is masked.
//
// # Concurrency
//
// A [Redactor] never changes and may be used by multiple goroutines. It keeps nothing of its
// arguments and does not modify them.
//
// # Security
//
// The work and the result are linear in the size of the input, which a server may choose. Texts,
// header values and URLs longer than [MaxText] are not looked into; only their size is shown.
//
// The package does not recognize
//
//   - in free text, a password or token that looks like a word or is short, unless it is known
//     ([Redactor.Secrets]; 4 bytes or more) or follows "password:" or "name=": "swordfish is wrong", but
//     also "token swordfish" and "session: swordfish", since "token expired" and "session: not found"
//     are what errors say;
//   - in a URL, the host, and path segments of an ordinary form: UUIDs, numbers, names, e-mail
//     addresses, words;
//   - in the value of a listed name, anything: list only names whose values are never secret.
package redact
