package interop_test

import (
	"context"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"github.com/chatelaine-go/chatelaine/auth"
	"github.com/chatelaine-go/chatelaine/auth/authtest"
)

// perRPC signs every call of gRPC with the token of a session, refreshed when it is about to
// expire. It implements credentials.PerRPCCredentials.
type perRPC struct {
	session *auth.Interceptor
	secure  bool
}

// GetRequestMetadata returns the header. Its errors are those of Token.
func (p perRPC) GetRequestMetadata(ctx context.Context, _ ...string) (map[string]string, error) {
	token, err := p.session.Token(ctx)
	if err != nil {
		return nil, status.Error(codes.Unauthenticated, err.Error())
	}
	return map[string]string{"authorization": "Bearer " + token.AccessToken}, nil
}

// RequireTransportSecurity keeps the token off connections that anybody can read. Only a test turns
// it off.
func (p perRPC) RequireTransportSecurity() bool { return p.secure }

// renewing repeats a call that was refused with Unauthenticated, once, with a token that the server
// has not refused.
func renewing(session *auth.Interceptor) grpc.UnaryClientInterceptor {
	return func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
		used, err := session.Token(ctx)
		if err != nil {
			return status.Error(codes.Unauthenticated, err.Error())
		}
		err = invoke(ctx, method, req, reply, cc, opts...)
		if status.Code(err) != codes.Unauthenticated {
			return err
		}
		if _, renewErr := session.Renew(ctx, used); renewErr != nil {
			return status.Error(codes.Unauthenticated, renewErr.Error())
		}
		return invoke(ctx, method, req, reply, cc, opts...)
	}
}

// TestGRPC: calls are signed, and a token that the server refuses is renewed once for all of them.
func TestGRPC(t *testing.T) {
	t.Parallel()
	server := serve(t, authtest.Config{})
	session := signIn(t, server, "alice")

	listener := bufconn.Listen(1 << 16)
	backend := grpc.NewServer(grpc.UnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		md, _ := metadata.FromIncomingContext(ctx)
		if values := md.Get("authorization"); len(values) != 1 || !accepts(t, server, values[0]) {
			return nil, status.Error(codes.Unauthenticated, "token not accepted")
		}
		return handle(ctx, req)
	}))
	healthpb.RegisterHealthServer(backend, health.NewServer())
	served := make(chan error, 1)
	go func() { served <- backend.Serve(listener) }()
	t.Cleanup(func() { backend.Stop(); <-served })

	conn, err := grpc.NewClient("passthrough:///bufnet",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithPerRPCCredentials(perRPC{session: session}), grpc.WithUnaryInterceptor(renewing(session)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	client := healthpb.NewHealthClient(conn)

	server.ExpireAccess()
	const calls = 10
	failed := make(chan error, calls)
	for range calls {
		go func() {
			_, err := client.Check(t.Context(), &healthpb.HealthCheckRequest{})
			failed <- err
		}()
	}
	for range calls {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	if s := server.Stats(); s.Refreshes != 1 {
		t.Errorf("%d refreshes for %d refused calls, want 1", s.Refreshes, calls)
	}
	server.RevokeAll()
	if _, err := client.Check(t.Context(), &healthpb.HealthCheckRequest{}); status.Code(err) != codes.Unauthenticated {
		t.Errorf("of a session that is over: %v", err)
	}
}
