package router_test

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/registry"
	"github.com/understudy-go/understudy/actor/router"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// inquiry is answered with the name of a worker: of the one that a worker's ask of its own
// pool comes to, if it is to ask.
type inquiry struct {
	again bool
	who   actor.Reply[string]
	err   chan<- error
}

// inquirers starts a pool of size workers that answer inquiries.
func inquirers(t *testing.T, s *tree.Scope, size int, pick registry.Pick[inquiry]) (p *router.Pool[inquiry]) {
	p, err := router.Start(t.Context(), s, router.Spec[inquiry]{Name: "pool", Size: size, Pick: pick, Worker: func(int) actor.Spec[inquiry] {
		return actor.Spec[inquiry]{New: func(_ context.Context, own actor.Ref[inquiry]) (actor.Receiver[inquiry], error) {
			return actor.ReceiverFunc[inquiry](func(ctx context.Context, m inquiry) error {
				if !m.again {
					m.who.Send(own.Path())
					return nil
				}
				who, err := actor.Ask(ctx, p.Ref(), func(r actor.Reply[string]) inquiry { return inquiry{who: r} })
				m.who.Send(who)
				m.err <- err
				return nil
			}), nil
		}}
	}})
	require.NoError(t, err)
	return p
}

func TestAWorkerThatAsksItsOwnPoolAsksTheOthers(t *testing.T) {
	for name, c := range map[string]struct {
		size, ended int
		pick        registry.Pick[inquiry]
		who         string
		err         error
	}{
		"another":        {size: 2, who: "app/pool/1"},
		"none":           {size: 1, err: actor.ErrSelfAsk},
		"none but ended": {size: 3, ended: 2, err: actor.ErrSelfAsk},
		"it is picked":   {size: 2, pick: func(inquiry, []registry.Entry[inquiry]) int { return 0 }, err: actor.ErrSelfAsk},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, err := tree.Open(t.Context(), policy.SupervisorScope, tree.WithName("app"))
				require.NoError(t, err)
				p := inquirers(t, s, c.size, c.pick)
				for _, w := range p.Workers()[c.size-c.ended:] {
					ch, err := tree.Find(w.Path())
					require.NoError(t, err)
					require.NoError(t, ch.Shutdown(t.Context()))
				}
				errs := make(chan error, 1)
				who, err := actor.Ask(t.Context(), p.Workers()[0], func(r actor.Reply[string]) inquiry {
					return inquiry{again: true, who: r, err: errs}
				})
				require.NoError(t, err)
				require.Equal(t, c.who, who)
				require.ErrorIs(t, <-errs, c.err)
				require.NoError(t, s.Close())
			})
		})
	}
}

func TestAPoolWhoseSpecFailsHasLeftNothingWhenStartReturns(t *testing.T) {
	for name, c := range map[string]struct {
		fails func()
		want  error
	}{
		"panic":  {func() { panic(errBroken) }, errBroken},
		"Goexit": {runtime.Goexit, policy.ErrGoexit},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, err := tree.Open(t.Context(), policy.SupervisorScope, tree.WithName("app"), tree.WithObserver(tree.ObserverFunc(func(tree.Event) {})))
				require.NoError(t, err)
				w := &works{lives: make(map[int]int)}
				_, err = router.Start(t.Context(), s, router.Spec[job]{Name: "pool", Size: 2, Worker: func(n int) actor.Spec[job] {
					if n == 1 {
						c.fails()
					}
					return w.worker(n)
				}})
				require.ErrorIs(t, err, c.want)
				require.Zero(t, s.Counts().Running)
				_, err = tree.Find("app/pool/0")
				require.ErrorIs(t, err, tree.ErrNotFound)
				require.NoError(t, s.Close())
			})
		})
	}
}
