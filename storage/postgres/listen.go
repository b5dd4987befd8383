package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	firstRetry     = 100 * time.Millisecond
	slowestRetry   = 10 * time.Second
	connectTimeout = 5 * time.Second
)

// listen receives until ctx ends, on one connection after the other.
func (s *Signals) listen(ctx context.Context) {
	for pause := firstRetry; ; pause = min(2*pause, slowestRetry) {
		conn, err := s.connect(ctx)
		if err == nil {
			pause = firstRetry
			s.listened(nil)
			s.waiters.WakeAll() // what was missed before is not known
			err = s.receive(ctx, conn)
		}
		s.listened(fmt.Errorf("postgres: listen: %w", err))
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

func (s *Signals) connect(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, s.connection.Copy())
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "listen "+pgx.Identifier{s.config.Channel}.Sanitize()); err != nil {
		_ = conn.Close(ctx)
		return nil, err
	}
	return conn, nil
}

// receive returns when the connection or ctx has ended.
func (s *Signals) receive(ctx context.Context, conn *pgx.Conn) error {
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = conn.Close(closing)
	}()
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		s.waiters.Wake(n.Payload)
	}
}
