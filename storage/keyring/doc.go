// Package keyring opens a store of sealed files whose encryption key is in the
// keyring of the operating system.
package keyring
