package nats_test

import (
	"fmt"

	"github.com/chatelaine-go/chatelaine/storage/nats"
)

// A problem with the configuration is found before the server is called.
func ExampleNew() {
	_, err := nats.New(nats.Config{}) // Bucket: nats.OpenBucket(ctx, js, jetstream.KeyValueConfig{…})
	fmt.Println(err)
	// Output: nats: Config.Bucket is nil
}
