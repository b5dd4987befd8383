package login

import (
	"context"
	"strings"
	"time"
)

// maxPastes is how often the user may paste something that is not the code.
const maxPastes = 5

// pasteResult is what the user pasted.
type pasteResult struct {
	response *response
	err      error
}

// paste asks the user until the text is a response.
func (cfg *BrowserConfig) paste(ctx context.Context, request *authRequest, ended chan<- struct{}) <-chan pasteResult {
	results := make(chan pasteResult, 1)
	go func() {
		defer close(ended)
		for n := 1; ; n++ {
			text, err := cfg.Paste(ctx)
			if err != nil {
				results <- pasteResult{err: err}
				return
			}
			r, err := request.parsePasted(text)
			if err == nil || n == maxPastes {
				results <- pasteResult{response: r, err: err}
				return
			}
			cfg.say("%s\n", strings.TrimPrefix(err.Error(), "login: "))
		}
	}()
	return results
}

// awaitPaste waits until Paste has returned, for a second at most: its context has ended.
func awaitPaste(ended <-chan struct{}) {
	const patience = time.Second
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
	}
}
