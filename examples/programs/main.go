// Programs is a collection of programs as people write them in a hurry, one file each. They end in
// the middle with [os.Exit], freeze, panic, start themselves, and forget Close. None takes care of
// its session. The test runs each as a process, against a server that ends a session when a refresh
// token is used twice.
package main

import (
	"fmt"
	"os"
)

func main() {
	programs := map[string]func(){
		"login": login, "logout": logout,
		"command": command, "fatal": fatal, "forks": forks, "canceled": canceled, "clients": clients,
		"retries": retries, "hooks": hooks, "stream": stream, "upload": upload, "stranger": stranger, "panics": panics,
		"lambda": lambda, "server": server, "service": service, "closing": closing,
	}
	if len(os.Args) < 2 || programs[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: programs NAME")
		os.Exit(2)
	}
	programs[os.Args[1]]()
}
