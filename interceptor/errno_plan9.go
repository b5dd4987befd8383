package interceptor

// brokenConnection knows no error of Plan 9, whose system reports them in words.
func brokenConnection(error) bool { return false }
