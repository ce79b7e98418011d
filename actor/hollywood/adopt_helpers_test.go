package hollywood

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// scope opens a supervisor that restarts at once, as often as it takes.
func scope(t *testing.T, opts ...tree.Option) *tree.Scope {
	t.Helper()
	p := policy.SupervisorScope
	p.Intensity = policy.Intensity{Restarts: 1000, Within: time.Second}
	s, err := tree.Open(t.Context(), p, append([]tree.Option{tree.WithName("app"), unheard}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// unheard is for trees in which things fail on purpose.
var unheard = tree.WithObserver(tree.ObserverFunc(func(tree.Event) {}))

// named describes an adopted actor's place among its siblings.
func named(name string) func(*actor.Spec[hactor.Envelope]) {
	return func(s *actor.Spec[hactor.Envelope]) { s.Name = name }
}

// adopted adopts a producer as the child "star" of a scope of its own.
func adopted(t *testing.T, e *hactor.Engine, p hactor.Producer, o Adoption) (*hactor.PID, *tree.Child) {
	t.Helper()
	s := scope(t)
	pid, err := Spawn(t.Context(), s, e, p, o, named("star"))
	require.NoError(t, err)
	star, err := s.Child("star")
	require.NoError(t, err)
	return pid, star
}

// played is a Receiver that does what its messages say, and writes all of them down with
// the number of the incarnation.
type played struct {
	got   *trail[string]
	life  int
	heard func(c *hactor.Context) // after each message; nil for nothing
}

// players produces Receivers that share a trail.
func players(got *trail[string], heard func(*hactor.Context)) hactor.Producer {
	lives := 0
	return func() hactor.Receiver {
		lives++
		return &played{got, lives, heard}
	}
}

var errCrash = errors.New("crash")

// crashNow is the message at which a player panics.
type crashNow struct{}

func (p *played) Receive(c *hactor.Context) {
	switch m := c.Message().(type) {
	case hactor.Initialized, hactor.Started, hactor.Stopped:
		p.note("%T", m)
	case crashNow:
		p.note("crash")
		panic(errCrash)
	default:
		p.note("%v", m)
	}
	if p.heard != nil {
		p.heard(c)
	}
}

func (p *played) note(format string, args ...any) {
	p.got.add(fmt.Sprintf("%d: ", p.life) + fmt.Sprintf(format, args...))
}

// on has do called with the context of each message that is a T.
func on[T any](do func(*hactor.Context, T)) func(*hactor.Context) {
	return func(c *hactor.Context) {
		if m, ok := c.Message().(T); ok {
			do(c, m)
		}
	}
}

// settled waits until all in the bubble are at rest.
func settled() { synctest.Wait() }

// failing makes an actor that fails as its messages say.
func failing(context.Context, actor.Ref[string]) (actor.Receiver[string], error) {
	return actor.ReceiverFunc[string](func(_ context.Context, m string) error {
		if m == "panic" {
			panic(errCrash)
		}
		return errCrash
	}), nil
}
