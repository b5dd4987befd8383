package nats

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// OpenBucket returns the bucket of the configuration, and creates it if it is not there. A bucket
// that is there keeps its configuration, but for one setting: the leader of its replicas serves all
// reads.
//
// In a bucket that the client creates, any replica may serve a read. A replica that lags returns a
// value that was already replaced, and so a refresh token that is spent. A [Store] therefore
// refuses such a bucket if it has more than one replica.
func OpenBucket(ctx context.Context, js jetstream.JetStream, config jetstream.KeyValueConfig) (jetstream.KeyValue, error) {
	bucket, err := js.KeyValue(ctx, config.Bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		bucket, err = js.CreateKeyValue(ctx, config)
	}
	if errors.Is(err, jetstream.ErrBucketExists) { // another program created it meanwhile
		bucket, err = js.KeyValue(ctx, config.Bucket)
	}
	if err != nil {
		return nil, failed(err)
	}
	info, err := infoOf(ctx, bucket)
	if err != nil {
		return nil, err
	}
	if !info.Config.AllowDirect {
		return bucket, nil
	}
	info.Config.AllowDirect = false
	if _, err := js.UpdateStream(ctx, info.Config); err != nil {
		return nil, failed(err)
	}
	bucket, err = js.KeyValue(ctx, config.Bucket) // which reads the setting
	return bucket, failed(err)
}

func infoOf(ctx context.Context, bucket jetstream.KeyValue) (*jetstream.StreamInfo, error) {
	status, err := bucket.Status(ctx)
	if err != nil {
		return nil, failed(err)
	}
	s, ok := status.(interface{ StreamInfo() *jetstream.StreamInfo })
	if !ok {
		return nil, fmt.Errorf("nats: the status of bucket %q is a %T, which does not say how it is replicated", bucket.Bucket(), status)
	}
	return s.StreamInfo(), nil
}

// checkReads returns an error if reads may return what was already replaced.
func checkReads(ctx context.Context, bucket jetstream.KeyValue) error {
	info, err := infoOf(ctx, bucket)
	switch {
	case err != nil:
		return err
	case info.Config.Mirror != nil:
		return fmt.Errorf("nats: bucket %q is a mirror, which lags; use the bucket that it mirrors", bucket.Bucket())
	case info.Config.AllowDirect && info.Config.Replicas > 1:
		return fmt.Errorf("nats: bucket %q serves reads from any of its %d replicas, and a replica may lag; open it with OpenBucket",
			bucket.Bucket(), info.Config.Replicas)
	default:
		return nil
	}
}
