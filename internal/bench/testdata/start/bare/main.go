// Command bare does nothing: what the runtime of Go takes.
package main

func main() {}
