package storage

import "fmt"

const (
	maxKey   = 1 << 10
	maxValue = 16 << 20
)

func checkKey(key string) error {
	if len(key) > maxKey {
		return fmt.Errorf("%w: the key has %d bytes, at most %d are allowed", ErrTooLarge, len(key), maxKey)
	}
	return nil
}

func checkValue(value []byte) error {
	if len(value) > maxValue {
		return fmt.Errorf("%w: the value has %d bytes, at most %d are allowed", ErrTooLarge, len(value), maxValue)
	}
	return nil
}
