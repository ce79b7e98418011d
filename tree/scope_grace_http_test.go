package tree_test

import (
	"context"
	"errors"
	"io"
	wire "net" // net is a word of this package's tests
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// memory is a listener on nothing but memory, so that a server can be looked at
// in a bubble.
type memory struct {
	conns  chan wire.Conn
	closed chan struct{}
	once   sync.Once
}

func listenInMemory() *memory {
	return &memory{conns: make(chan wire.Conn), closed: make(chan struct{})}
}

func (m *memory) Accept() (wire.Conn, error) {
	select {
	case c := <-m.conns:
		return c, nil
	case <-m.closed:
		return nil, wire.ErrClosed
	}
}

func (m *memory) Close() error {
	m.once.Do(func() { close(m.closed) })
	return nil
}

func (m *memory) Addr() wire.Addr { return &wire.UnixAddr{Name: "memory", Net: "unix"} }

// dial is a client's way in.
func (m *memory) dial(context.Context, string, string) (wire.Conn, error) {
	client, server := wire.Pipe()
	select {
	case m.conns <- server:
		return client, nil
	case <-m.closed:
		return nil, wire.ErrClosed
	}
}

// watched tells when the server closes a client's connection.
type watched struct {
	wire.Conn
	gone func()
}

func (w watched) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	if errors.Is(err, io.EOF) {
		w.gone()
	}
	return n, err
}

// serving is a child that serves HTTP until it is asked to end, and then for as
// long as its requests take, but not beyond its grace.
func serving(srv *http.Server, l wire.Listener) func(context.Context) error {
	return func(ctx context.Context) error {
		srv.BaseContext = func(wire.Listener) context.Context { return ctx }
		return tree.Run(ctx, policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			if err := s.Go(ctx, func(context.Context) error {
				if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
					return err
				}
				return nil
			}); err != nil {
				return err
			}
			<-tree.Draining(ctx)
			defer srv.Close()
			return srv.Shutdown(ctx)
		})
	}
}

// ask is a client's request; it returns the answer.
func ask(ctx context.Context, client *http.Client, path string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://memory"+path, nil)
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}

// visitor is a client with a connection of its own, kept alive.
type visitor struct {
	*http.Client
	gone chan time.Duration // when the server closed the connection
}

func visit(t *testing.T, l *memory, start time.Time) visitor {
	v := visitor{gone: make(chan time.Duration, 1)}
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (wire.Conn, error) {
		c, err := l.dial(ctx, network, addr)
		var once sync.Once
		return watched{c, func() { once.Do(func() { v.gone <- time.Since(start) }) }}, err
	}}
	t.Cleanup(transport.CloseIdleConnections)
	v.Client = &http.Client{Transport: transport}
	return v
}

// workFor answers after the time in the query, unless the request is canceled.
func workFor(w http.ResponseWriter, r *http.Request) {
	d, err := time.ParseDuration(r.URL.Query().Get("for"))
	if err == nil {
		err = sleep(r.Context(), d)
	}
	if err != nil {
		http.Error(w, context.Cause(r.Context()).Error(), http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "done")
}

func TestScope_125_ARequestInFlightIsAnsweredAndAnIdleConnectionClosedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, seen := openSupervisor(t, policy.SupervisorScope)
		start, l := time.Now(), listenInMemory()
		launch(t.Context(), t, s, "http", serving(&http.Server{Handler: http.HandlerFunc(workFor)}, l))
		idle, busy := visit(t, l, start), visit(t, l, start)
		text, err := ask(t.Context(), idle.Client, "/?for=0s")
		require.NoError(t, err)
		require.Equal(t, "done", text)
		answered := make(chan time.Duration, 1)
		go func() {
			if text, err := ask(t.Context(), busy.Client, "/?for=1s"); err == nil && text == "done" {
				answered <- time.Since(start)
			}
		}()
		pause(tenth) // the request is in flight
		require.Empty(t, idle.gone)

		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, tenth, <-idle.gone)
		require.Equal(t, time.Second, <-answered)
		_, err = ask(t.Context(), visit(t, l, start).Client, "/?for=0s")
		require.ErrorIs(t, err, wire.ErrClosed)
		// When it notices that the last request is over is http.Server's choice: it
		// looks every now and then, at the latest after some 500 ms.
		require.GreaterOrEqual(t, report.Took, 9*tenth)
		require.LessOrEqual(t, report.Took, 15*tenth)
		require.Equal(t, []int{1, 0, 0}, []int{report.Drained, report.Canceled, report.Failed})
		require.NoError(t, s.Close())
		require.Empty(t, seen.of(tree.ScopeCanceling))
	})
}

func TestScope_125_ARequestThatOutlivesTheGraceIsCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := policy.SupervisorScope
		p.Stop.Grace = time.Second
		s, _ := openSupervisor(t, p)
		start, l := time.Now(), listenInMemory()
		canceled := make(chan time.Duration, 1)
		srv := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			canceled <- time.Since(start)
		})}
		child := launch(t.Context(), t, s, "http", serving(srv, l))
		answered := make(chan time.Duration, 1)
		go func() {
			_, _ = ask(t.Context(), visit(t, l, start).Client, "/") // an empty answer or a closed connection, as it comes
			answered <- time.Since(start)
		}()
		pause(tenth) // the request is in flight
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, time.Second, report.Took)
		require.Equal(t, tenth+time.Second, <-canceled)
		require.Equal(t, tenth+time.Second, <-answered)
		require.Equal(t, []int{0, 1, 0}, []int{report.Drained, report.Canceled, report.Failed})
		require.Equal(t, policy.Canceled, exitOf(t, child))
		require.NoError(t, s.Close())
	})
}
