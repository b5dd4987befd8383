// Command resty makes a client without a session.
package main

import "github.com/go-resty/resty/v2"

func main() { resty.New() }
