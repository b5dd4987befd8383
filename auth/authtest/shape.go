package authtest

// Shape is the form of the answer to POST /auth/refresh.
type Shape string

// The kinds of [Shape].
const (
	ObjectShape Shape = ""       // {"accessToken": …, "refreshToken": …, "expiresIn": …}
	StringShape Shape = "string" // the access token alone, as a JSON string
	TextShape   Shape = "text"   // the access token alone, as plain text
)
