package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/spf13/cobra"
)

const (
	programs    = 4
	savesToKill = 25
	savingsKey  = "savings"
)

// command runs this program again.
func (s *stage) command(ctx context.Context, args ...string) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args = append(args, "--dir", s.dir, "--base-url", s.server.URL)
	return exec.CommandContext(ctx, self, args...), nil //nolint:gosec // it is this program
}

func (s *stage) processes(ctx context.Context) error {
	before := s.server.Stats()
	s.server.ExpireAccess()
	var (
		group sync.WaitGroup
		good  atomic.Int32
	)
	for range programs {
		cmd, err := s.command(ctx, "get", "/me")
		if err != nil {
			return err
		}
		group.Go(func() {
			if cmd.Run() == nil {
				good.Add(1)
			}
		})
	}
	group.Wait()
	after := s.server.Stats()
	s.check("all four were answered", good.Load() == programs, "%d", good.Load())
	s.check("there was one refresh", after.Refreshes-before.Refreshes == 1, "%d", after.Refreshes-before.Refreshes)
	s.check("no refresh token was spent twice", after.Reuses == 0, "%d reuses", after.Reuses)
	resp, err := s.client.R().SetContext(ctx).Get("/me")
	if err != nil {
		return err
	}
	s.show()
	s.check("this program took over their token", s.server.Stats().Refreshes == after.Refreshes, "%s, no refresh", resp.Status())
	return nil
}

// kill lets another process save as fast as it can, kills it, and looks at what is left.
func (s *stage) kill(ctx context.Context) error {
	cmd, err := s.command(ctx, "tour-saver")
	if err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	var acknowledged uint64
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if acknowledged, err = strconv.ParseUint(lines.Text(), 10, 64); err != nil {
			return err
		}
		if acknowledged == savesToKill {
			_ = cmd.Process.Kill()
		}
	}
	_ = cmd.Wait() // it was killed
	data, err := s.store.Load(ctx, savingsKey)
	if err != nil {
		return err
	}
	found := binary.BigEndian.Uint64(data)
	s.check("the last acknowledged value is there, or the one after it", found == acknowledged || found == acknowledged+1,
		"acknowledged %d, found %d", acknowledged, found)
	resp, err := s.client.R().SetContext(ctx).Get("/me")
	if err != nil {
		return err
	}
	s.check("the session beside it is whole, and no lock is left behind", resp.IsSuccess(), "%s", resp.Status())
	s.wire.take()
	return nil
}

// newSaver is the process that kill kills.
func newSaver(env environment, f *flags) *cobra.Command {
	return &cobra.Command{
		Use:    "tour-saver",
		Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := f.directory()
			if err != nil {
				return err
			}
			store, err := f.openStore(cmd.Context(), dir)
			if err != nil {
				return inKeyring(err)
			}
			for n := uint64(1); ; n++ {
				err := store.Update(cmd.Context(), savingsKey, func(context.Context, []byte) ([]byte, error) {
					return binary.BigEndian.AppendUint64(nil, n), nil
				})
				if err != nil {
					return errors.Join(err, store.Close())
				}
				if _, err := fmt.Fprintln(env.stdout, n); err != nil {
					return err
				}
			}
		},
	}
}
