package interceptor

import "runtime"

// goroutine returns the number of the calling goroutine, which the runtime tells only in a stack trace
// ("goroutine 7 [running]:"). It serves to recognize a queue that waits for itself, nothing else.
func goroutine() uint64 {
	var buf [64]byte
	text := buf[:runtime.Stack(buf[:], false)]
	var n uint64
	for _, c := range text[len("goroutine "):] {
		if c < '0' || c > '9' {
			break
		}
		n = n*10 + uint64(c-'0')
	}
	return n
}
