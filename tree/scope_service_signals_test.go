//go:build unix

package tree_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// signalError is a signal as a reason to end.
type signalError struct{ signal syscall.Signal }

func (e *signalError) Error() string { return "signal: " + e.signal.String() }

// obey is what a program writes to end by signals: the first asks s to end, the
// second cancels it, and who cannot wait even then sends a third. It begins at
// once, and ends when the function it returns is called.
func obey(s *tree.Scope, signals <-chan os.Signal, exit func(code int)) (stop func()) {
	over := make(chan struct{})
	go func() {
		for n := 1; ; n++ {
			select {
			case <-over:
				return
			case sig := <-signals:
				reason := &signalError{sig.(syscall.Signal)}
				switch n {
				case 1:
					s.Drain(reason)
				case 2:
					s.Cancel(reason)
				default:
					exit(128 + int(reason.signal))
				}
			}
		}
	}()
	return func() { close(over) }
}

// obeySystem does it for the signals of the process. Once s has ended, and stop
// was called, they do again what they do without it.
func obeySystem(s *tree.Scope) (stop func()) {
	signals := make(chan os.Signal, 3)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ignore := obey(s, signals, os.Exit)
	return func() {
		signal.Stop(signals)
		ignore()
	}
}

// signaled is a scope under p that obeys signals sent by the test, and what it
// did with those that came too often.
type signaled struct {
	*tree.Scope
	start time.Time
	send  chan os.Signal
	exits trail
}

func openSignaled(t *testing.T, p policy.Scope) *signaled {
	s, _ := openSupervisor(t, p)
	g := &signaled{Scope: s, start: time.Now(), send: make(chan os.Signal, 3)}
	t.Cleanup(obey(s, g.send, func(code int) {
		g.exits.add(fmt.Sprintf("exit(%d) at %v", code, time.Since(g.start)))
	}))
	return g
}

// at sends signals at times since the start, in order.
func (g *signaled) at(d time.Duration, sig os.Signal) {
	time.AfterFunc(d-time.Since(g.start), func() { g.send <- sig })
}

func TestScope_226_TheFirstSignalDrainsTheSecondCancelsAndTheThirdExits(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Grace, p.Stop.Kill = time.Minute, time.Minute
		g := openSignaled(t, p)
		child := &signals{from: g.start}
		launch(t.Context(), t, g.Scope, "deaf", child.run(10*time.Second))
		g.at(time.Second, syscall.SIGTERM)
		g.at(3*time.Second, os.Interrupt)
		g.at(4*time.Second, syscall.SIGTERM)
		g.at(5*time.Second, os.Interrupt)
		err := g.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, 13*time.Second, time.Since(g.start))
		require.Equal(t, []time.Duration{time.Second, 3 * time.Second}, []time.Duration{child.asked, child.canceled})
		require.NoError(t, child.errAtAsk)
		require.Equal(t, []string{"exit(143) at 4s", "exit(130) at 5s"}, g.exits.list())
	})
}

func TestScope_226_OneSignalIsEnoughWhenTheGraceIs(t *testing.T) {
	under(t, allPresets(), func(t *testing.T, p policy.Scope) {
		p.Stop.Grace = time.Minute
		g := openSignaled(t, p)
		child := launch(t.Context(), t, g.Scope, "worker", func(ctx context.Context) error {
			<-tree.Draining(ctx)
			return sleep(ctx, 30*time.Second)
		})
		g.at(time.Second, syscall.SIGTERM)
		require.NoError(t, g.Wait(t.Context()))
		require.Equal(t, 31*time.Second, time.Since(g.start))
		require.Equal(t, policy.Returned, exitOf(t, child))
		require.Empty(t, g.exits.list())
	})
}

// Where oklog/run's Run returns the signal as its error, here the end is clean,
// as that of every shutdown: the report says which signal it was, and so does
// the cause of those who were canceled.
func TestScope_227_TheReportAndTheCausesNameTheSignal(t *testing.T) {
	for _, c := range []struct {
		name   string
		second bool
		cause  syscall.Signal
		text   string
	}{
		{"the grace is over", false, syscall.SIGTERM, "tree: grace of the scope over: signal: terminated"},
		{"a second signal", true, syscall.SIGINT, "signal: interrupt"},
	} {
		t.Run(c.name, func(t *testing.T) {
			under(t, allPresets(), func(t *testing.T, p policy.Scope) {
				p.Stop.Grace = time.Minute
				g := openSignaled(t, p)
				child := &signals{from: g.start}
				launch(t.Context(), t, g.Scope, "worker", child.run(0))
				g.at(time.Second, syscall.SIGTERM)
				ends := time.Second + time.Minute
				if c.second {
					ends = 2 * time.Second
					g.at(ends, os.Interrupt)
				}
				require.NoError(t, g.Wait(t.Context()))
				require.Equal(t, ends, time.Since(g.start))

				report, err := g.Shutdown(t.Context())
				require.NoError(t, err)
				first, ok := errors.AsType[*signalError](report.Reason)
				require.True(t, ok)
				require.Equal(t, syscall.SIGTERM, first.signal, "the first reason stands")
				second, ok := errors.AsType[*signalError](child.cause)
				require.True(t, ok)
				require.Equal(t, c.cause, second.signal)
				require.EqualError(t, child.cause, c.text)
			})
		})
	}
}

// What failed on the way is returned as ever; the report still has the signal.
func TestScope_227_AFailureAfterTheSignalIsTheResultAndTheReportNamesTheSignal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := openSignaled(t, policy.TaskGroup)
		launch(t.Context(), t, g.Scope, "worker", func(ctx context.Context) error {
			<-tree.Draining(ctx)
			return errCleanup
		})
		g.at(time.Second, syscall.SIGTERM)
		require.EqualError(t, g.Wait(t.Context()), "app/worker: cleanup failed")
		report, err := g.Shutdown(t.Context())
		require.NoError(t, err)
		require.EqualError(t, report.Reason, "signal: terminated")
		require.Equal(t, 1, report.Failed)
	})
}
