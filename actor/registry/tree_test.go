package registry_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/actor/registry"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// order is what the actors of these tests are told.
type order struct {
	do   func(ctx context.Context) error // nil: nothing
	name actor.Reply[string]             // answered with the actor's path
}

var errCrash = errors.New("crash")

func crash(context.Context) error { return errCrash }

func panics(context.Context) error { panic("oh no") }

// obey makes an actor that does what it is told.
func obey(_ context.Context, self actor.Ref[order]) (actor.Receiver[order], error) {
	return actor.ReceiverFunc[order](func(ctx context.Context, o order) error {
		o.name.Send(self.Path())
		if o.do == nil {
			return nil
		}
		return o.do(ctx)
	}), nil
}

// askName asks who it is.
func askName(ctx context.Context, to actor.Ref[order]) (string, error) {
	return actor.Ask(ctx, to, func(r actor.Reply[string]) order { return order{name: r} })
}

// supervisor opens a scope called "app" that restarts at once and for ever.
func supervisor(t testing.TB) *tree.Scope {
	t.Helper()
	p := policy.SupervisorScope
	p.Backoff = policy.NoBackoff
	p.Intensity = policy.Intensity{Restarts: 1_000_000, Within: time.Hour}
	s, err := tree.Open(t.Context(), p, tree.WithName("app"), tree.WithObserver(tree.ObserverFunc(func(tree.Event) {})))
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// spawn starts an actor with a name, which New registers.
func spawn(t testing.TB, s *tree.Scope, spec actor.Spec[order], create func(context.Context, actor.Ref[order]) (actor.Receiver[order], error)) (actor.Ref[order], *tree.Child) {
	t.Helper()
	spec.New = create
	ref, err := tree.Spawn(t.Context(), s, spec)
	require.NoError(t, err)
	child, err := s.Child(spec.Name)
	require.NoError(t, err)
	return ref, child
}

func TestANameOutlivesTheRestartsOfItsOwner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n registry.Names[string, order]
		var g registry.Groups[string, order]
		s := supervisor(t)
		lives := 0
		create := func(ctx context.Context, self actor.Ref[order]) (actor.Receiver[order], error) {
			lives++
			if err := g.Keep("stores", self, lives); err != nil {
				return nil, err
			}
			return obey(ctx, self)
		}
		owner, child := spawn(t, s, actor.Spec[order]{Name: "db"}, n.As("db", "metadata", create))
		via := n.Via("db")
		for life, order := range []order{{do: panics}, {do: crash}, {}} {
			name, err := askName(t.Context(), via)
			require.NoError(t, err)
			require.Equal(t, "app/db", name)
			require.Equal(t, life+1, child.Incarnation())
			got, value, err := n.Lookup("db")
			require.NoError(t, err)
			require.Equal(t, owner, got)
			require.Equal(t, "metadata", value)
			require.Equal(t, []registry.Entry[struct{}]{{Value: life + 1}}, valuesOnly(g.Entries("stores")))
			require.NoError(t, via.TrySend(order))
			synctest.Wait() // it is up again
		}
		require.NoError(t, s.Close())
		require.Zero(t, n.Len())
		require.Zero(t, g.Len())
	})
}

// valuesOnly returns entries without their Refs.
func valuesOnly[M any](entries []registry.Entry[M]) []registry.Entry[struct{}] {
	var list []registry.Entry[struct{}]
	for _, e := range entries {
		list = append(list, registry.Entry[struct{}]{Value: e.Value})
	}
	return list
}

// However an actor ends, and whatever it has queued then: who waited for it finds its
// name free. Where the end is reported first and the name freed later, a successor is
// refused now and then.
func TestANameIsFreeWhenTheEndOfItsOwnerIsReported(t *testing.T) {
	told := func(do func(context.Context) error) func(*tree.Child, actor.Ref[order]) {
		return func(_ *tree.Child, ref actor.Ref[order]) { _ = ref.TrySend(order{do: do}) }
	}
	ends := map[string]func(*tree.Child, actor.Ref[order]){
		"fails": told(crash), "panics": told(panics), "is done": told(done), "exits": told(exits),
		"is shut down": func(c *tree.Child, _ actor.Ref[order]) { _ = c.Shutdown(context.Background()) },
		"is canceled":  func(c *tree.Child, _ actor.Ref[order]) { c.Cancel(nil) },
	}
	for how, end := range ends {
		for _, queued := range []int{0, 3} {
			t.Run(fmt.Sprintf("%s_with_%d_queued", how, queued), func(t *testing.T) {
				var n registry.Names[string, order]
				s := supervisor(t)
				for range 200 {
					ref, child := spawn(t, s, actor.Spec[order]{Name: "db", Restart: policy.Temporary}, registers(&n, "db"))
					gate := make(chan struct{})
					require.NoError(t, ref.TrySend(order{do: func(context.Context) error { <-gate; return nil }}))
					go end(child, ref)
					for range queued {
						_ = ref.TrySend(order{})
					}
					close(gate)
					_ = child.Wait(t.Context())
					_, _, err := n.Lookup("db")
					require.ErrorIs(t, err, registry.ErrNotFound)
				}
			})
		}
	}
}

func done(context.Context) error { return policy.Done(nil) }

func exits(context.Context) error { runtime.Goexit(); return nil }

// registers makes an actor that registers when it starts.
func registers(n *registry.Names[string, order], key string) func(context.Context, actor.Ref[order]) (actor.Receiver[order], error) {
	return func(ctx context.Context, self actor.Ref[order]) (actor.Receiver[order], error) {
		if err := n.Register(key, self, nil); err != nil {
			return nil, err
		}
		return obey(ctx, self)
	}
}

// A successor that registers in its New is never refused, however soon after the end of
// its predecessor it starts: other libraries have been seen to give up after some
// hundred of 4000.
func TestFourThousandSuccessorsRegisterInTheirNew(t *testing.T) {
	const successors = 4000
	var n registry.Names[string, order]
	s := supervisor(t)
	t.Run("restarted", func(t *testing.T) {
		ref, child := spawn(t, s, actor.Spec[order]{Name: "kept"}, n.As("kept", nil, obey))
		for range successors {
			require.NoError(t, ref.Send(t.Context(), order{do: crash}))
		}
		name, err := askName(t.Context(), n.Via("kept"))
		require.NoError(t, err)
		require.Equal(t, "app/kept", name)
		require.Equal(t, successors+1, child.Incarnation())
	})
	t.Run("started_anew", func(t *testing.T) {
		for range successors {
			ref, child := spawn(t, s, actor.Spec[order]{Name: "new", Restart: policy.Temporary}, registers(&n, "new"))
			require.NoError(t, ref.TrySend(order{do: crash}))
			_ = ref.TrySend(order{}) // it may be too late for this
			require.Error(t, child.Wait(t.Context()))
		}
	})
	t.Run("started_by_who_is_told_of_the_end", func(t *testing.T) {
		over := make(chan struct{})
		var start func(left int)
		start = func(left int) {
			ref, err := tree.Spawn(context.WithoutCancel(t.Context()), s, actor.Spec[order]{Name: fmt.Sprint("told", left), Restart: policy.Temporary, New: registers(&n, "told")})
			assert.NoError(t, err)
			if left == 0 || err != nil {
				close(over)
				return
			}
			ref.AfterEnd(func(error) { start(left - 1) })
			assert.NoError(t, ref.TrySend(order{do: panics}))
		}
		start(successors)
		<-over
	})
}

func TestAnActorWhoseNameIsTakenDoesNotStartAndTheErrorSaysWhoHasIt(t *testing.T) {
	var n registry.Names[string, order]
	s := supervisor(t)
	owner, _ := spawn(t, s, actor.Spec[order]{Name: "first"}, n.As("db", nil, obey))
	_, err := tree.Spawn(t.Context(), s, actor.Spec[order]{Name: "second", New: n.As("db", nil, obey)})
	var taken *registry.TakenError[order]
	require.ErrorAs(t, err, &taken)
	require.Equal(t, owner, taken.Owner)
}

func TestAnActorThatDidNotStartHasNoName(t *testing.T) {
	var n registry.Names[string, order]
	s := supervisor(t)
	_, err := tree.Spawn(t.Context(), s, actor.Spec[order]{Name: "a", New: n.As("db", nil, func(context.Context, actor.Ref[order]) (actor.Receiver[order], error) {
		require.Equal(t, 1, n.Len())
		return nil, errCrash
	})})
	require.ErrorIs(t, err, errCrash)
	require.Zero(t, n.Len())
}

func TestAnActorAsksItselfByNameInVain(t *testing.T) {
	var n registry.Names[string, order]
	var g registry.Groups[string, order]
	s := supervisor(t)
	self, _ := spawn(t, s, actor.Spec[order]{Name: "a"}, n.As("db", nil, obey))
	require.NoError(t, g.Join("stores", self, nil))
	for _, ref := range []actor.Ref[order]{n.Via("db"), g.One("stores", registry.RoundRobin[order]())} {
		got := make(chan error, 1)
		require.NoError(t, ref.Send(t.Context(), order{do: func(ctx context.Context) error {
			_, err := askName(ctx, ref)
			got <- err
			return nil
		}}))
		require.Equal(t, actor.ErrSelfAsk, <-got)
	}
	_, err := askName(t.Context(), n.Via("nobody"))
	require.Equal(t, actor.ErrStopped, err)
	_, err = askName(t.Context(), g.One("nobody", registry.RoundRobin[order]()))
	require.Equal(t, actor.ErrStopped, err)
}

func TestAnEndByNameIsThatOfTheOwnerAtTheMoment(t *testing.T) {
	var n registry.Names[string, order]
	s := supervisor(t)
	_, first := spawn(t, s, actor.Spec[order]{Name: "first", Restart: policy.Temporary}, n.As("db", nil, obey))
	ended := make(chan error, 2)
	tell := func(why error) { ended <- why }
	n.Via("db").AfterEnd(tell)
	n.Via("nobody").AfterEnd(tell)
	require.Equal(t, actor.ErrStopped, <-ended)
	require.NoError(t, n.Via("db").TrySend(order{do: crash}))
	require.Error(t, first.Wait(t.Context()))
	require.Equal(t, errCrash, <-ended)
}

func TestAnAskOfAGroupIsAnsweredByTheOneThatWasPicked(t *testing.T) {
	var g registry.Groups[string, order]
	s := supervisor(t)
	for i := range 3 {
		ref, _ := spawn(t, s, actor.Spec[order]{Name: fmt.Sprint("worker", i)}, obey)
		require.NoError(t, g.Join("workers", ref, nil))
	}
	one := g.One("workers", registry.RoundRobin[order]())
	var names []string
	for range 4 {
		name, err := askName(t.Context(), one)
		require.NoError(t, err)
		names = append(names, name)
	}
	require.Equal(t, []string{"app/worker0", "app/worker1", "app/worker2", "app/worker0"}, names)
}

// What was queued when it came to rest is dealt with elsewhere, perhaps while it starts.
func TestAnActorThatAnOperatorStartsAgainHasItsNameAgain(t *testing.T) {
	var n registry.Names[string, order]
	s := supervisor(t)
	ref, child := spawn(t, s, actor.Spec[order]{Name: "db", Restart: policy.Transient}, n.As("db", nil, obey))
	for i := range 1000 {
		gate := make(chan struct{})
		require.NoError(t, ref.TrySend(order{do: func(context.Context) error { <-gate; return policy.Done(nil) }}))
		for range i % 4 {
			require.NoError(t, ref.TrySend(order{}))
		}
		close(gate)
		require.NoError(t, child.Wait(t.Context()))
		require.Zero(t, n.Len())
		require.NoError(t, child.Restart(t.Context()))
		name, err := askName(t.Context(), n.Via("db"))
		require.NoError(t, err)
		require.Equal(t, "app/db", name)
	}
}
