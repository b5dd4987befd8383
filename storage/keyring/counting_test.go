package keyring_test

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// next returns the value that follows old: a number, padded to a length that
// differs from the last one's, so that a mixture of two values is neither.
func next(old []byte) ([]byte, error) {
	n, err := number(old)
	if err != nil {
		return nil, err
	}
	return numbered(n + 1), nil
}

func numbered(n int) []byte {
	fill := bytes.Repeat([]byte{byte('a' + n%26)}, 500+n*131%6000)
	return append(fmt.Appendf(nil, "%-20d", n), fill...)
}

// number reads a value; no value is 0.
func number(value []byte) (int, error) {
	if value == nil {
		return 0, nil
	}
	if len(value) < 20 {
		return 0, fmt.Errorf("a value of %d bytes", len(value))
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(value[:20])))
	if err == nil && !bytes.Equal(value, numbered(n)) {
		err = errors.New("a mixed value")
	}
	return n, err
}
