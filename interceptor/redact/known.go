package redact

// What is harmless on every server: it describes the message or the transfer, not its subject.

func knownHeader(name string) bool {
	switch name {
	case "accept", "accept-charset", "accept-encoding", "accept-language", "accept-patch", "accept-post", "accept-ranges",
		"access-control-allow-headers", "access-control-allow-methods", "access-control-allow-origin",
		"access-control-max-age", "age", "allow", "alt-svc", "cache-control", "connection", "content-encoding",
		"content-language", "content-length", "content-range", "date", "deprecation", "etag", "expect", "expires", "host",
		"if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "last-modified",
		"max-forwards", "origin", "pragma", "range", "ratelimit", "ratelimit-policy", "retry-after", "server",
		"server-timing", "strict-transport-security", "sunset", "trailer", "transfer-encoding", "upgrade", "user-agent",
		"vary", "via", "warning", "x-content-type-options", "x-ratelimit-limit", "x-ratelimit-remaining",
		"x-ratelimit-reset":
		return true
	}
	return false
}

func knownQuery(name string) bool {
	switch name {
	case "api-version", "format", "lang", "limit", "locale", "offset", "order", "page", "page_size", "per_page", "sort":
		return true
	}
	return false
}

func knownField(name string) bool {
	switch name {
	case "errcode", "error", "expires_in", "grant_type", "laststreamid", "status", "title", "token_type", "type":
		return true
	}
	return false
}
