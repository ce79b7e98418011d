package router_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/router"
	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// job is what the pools of the tests are sent.
type job struct {
	name  string
	gate  <-chan struct{}  // the worker waits for it, if set
	fails bool             // the worker fails
	who   actor.Reply[int] // is told who handles it
}

var errBroken = errors.New("broken")

// works is a pool in a tree, and what its workers did.
type works struct {
	*router.Pool[job]
	t     *testing.T
	scope *tree.Scope

	mu    sync.Mutex
	did   []string
	lives map[int]int // incarnations, by number of the worker
}

func (w *works) note(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.did = append(w.did, fmt.Sprintf(format, args...))
}

// done waits until all is done, and returns what was since the last call, in any order.
func (w *works) done() []string {
	w.t.Helper()
	synctest.Wait() // everybody is idle or at a gate
	w.mu.Lock()
	defer w.mu.Unlock()
	did := w.did
	w.did = nil
	slices.Sort(did)
	return did
}

// worker describes the workers: with room for two messages each.
func (w *works) worker(n int) actor.Spec[job] {
	return actor.Spec[job]{Mailbox: mailbox.Bounded(2, mailbox.Block), New: func(context.Context, actor.Ref[job]) (actor.Receiver[job], error) {
		w.mu.Lock()
		w.lives[n]++
		w.mu.Unlock()
		return actor.ReceiverFunc[job](func(_ context.Context, j job) error {
			if j.gate != nil {
				<-j.gate
			}
			if j.fails {
				return errBroken
			}
			w.note("%s by %d", j.name, n)
			j.who.Send(n)
			return nil
		}), nil
	}}
}

// inPool runs f with a pool of size workers, and ends it.
func inPool(t *testing.T, size int, change func(*router.Spec[job]), f func(*testing.T, *works)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, err := tree.Open(t.Context(), policy.SupervisorScope, tree.WithName("app"), tree.WithObserver(tree.ObserverFunc(func(tree.Event) {})))
		require.NoError(t, err)
		w := &works{t: t, scope: s, lives: make(map[int]int)}
		spec := router.Spec[job]{Name: "pool", Size: size, Worker: w.worker}
		if change != nil {
			change(&spec)
		}
		w.Pool, err = router.Start(t.Context(), s, spec)
		require.NoError(t, err)
		f(t, w)
		require.NoError(t, s.Close())
	})
}

func (w *works) send(jobs ...job) {
	w.t.Helper()
	for _, j := range jobs {
		require.NoError(w.t, w.Ref().TrySend(j), j.name)
	}
}

func named(names ...string) (jobs []job) {
	for _, n := range names {
		jobs = append(jobs, job{name: n})
	}
	return jobs
}
