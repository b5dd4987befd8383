package storagetest

import "bytes"

// pattern returns the i-th of a row of values that differ in length and in
// every byte, so that a mixture of two is neither.
func pattern(i int) []byte {
	length := 1000 + (i*7919)%60_000
	return bytes.Repeat([]byte{byte('a' + i%26)}, length)
}

func isPattern(b []byte) bool {
	if len(b) < 1000 {
		return false
	}
	for i := range 26 * 60_000 {
		if p := 1000 + (i*7919)%60_000; p == len(b) && b[0] == byte('a'+i%26) {
			return bytes.Count(b, b[:1]) == len(b)
		}
	}
	return false
}
