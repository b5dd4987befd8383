package keyring_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	kr "github.com/99designs/keyring"

	"github.com/chatelaine-go/chatelaine/storage/keyring"
)

const (
	childMarker = "chatelaine-child"
	// How long a test waits for what should take moments.
	patience = 30 * time.Second
)

// TestMain lets the test binary act as a program that uses the package.
func TestMain(m *testing.M) {
	flag.Parse()
	if flag.Arg(0) == childMarker {
		if err := play(flag.Arg(1), flag.Args()[2:]); err != nil {
			fmt.Println("error:", err)
			return
		}
		fmt.Println("done")
		return
	}
	m.Run()
}

// play is the main function of the program.
func play(role string, args []string) error {
	ctx := context.Background()
	switch role {
	case "backends":
		fmt.Println("backends:", kr.AvailableBackends())
		fmt.Println("address:", os.ExpandEnv("$DBUS_SESSION_BUS_ADDRESS"))
		return nil
	case "diagnose":
		start := time.Now()
		for _, r := range keyring.Diagnose(ctx, keyring.Config{Service: "chatelaine-test", Dir: args[0], Passphrase: passphrase("x"), Timeout: 5 * time.Second}) {
			fmt.Printf("%s: usable %t, selected %t: %v; %s\n", r.Backend, r.Usable, r.Selected, r.Err, r.Fix)
		}
		fmt.Println("took:", time.Since(start).Round(time.Millisecond))
		return nil
	case "put":
		s, err := keyring.Open(ctx, childConfig(args))
		if err != nil {
			return err
		}
		fmt.Println("backend:", s.Backend())
		return s.Update(ctx, "default", func(context.Context, []byte) ([]byte, error) { return []byte(args[2]), nil })
	case "get":
		s, err := keyring.Open(ctx, childConfig(args))
		if err != nil {
			return err
		}
		value, err := s.Load(ctx, "default")
		fmt.Printf("value: %s\n", value)
		return err
	case "purge":
		return keyring.Purge(ctx, childConfig(args))
	case "loop":
		return loop(ctx, args)
	case "passphrase":
		passphrase, err := keyring.PassphraseFile(args[0])("?")
		fmt.Println("passphrase:", passphrase)
		return err
	case "ask":
		return ask(ctx, args[0])
	case "prompts": // Linux only
		return prompts(ctx, args[0], args[1])
	case "console": // Windows only
		return consolePrompts(ctx, args[0], args[1])
	case "leaks":
		return leaks(ctx, args)
	case "turns":
		return turns(ctx, args)
	case "watch":
		return watch(ctx, args)
	case "readonly":
		return readOnly(ctx, args[0])
	case "hold":
		return hold(ctx, args)
	}
	return errors.New("no such role")
}

// childConfig takes the backend and the directory from the arguments.
func childConfig(args []string) keyring.Config {
	cfg := fileConfig(args[1])
	cfg.Backend = args[0]
	if limit, err := time.ParseDuration(os.ExpandEnv("$CHATELAINE_TEST_TIMEOUT")); err == nil {
		cfg.Timeout = limit
	}
	return cfg
}
