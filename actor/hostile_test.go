package actor

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
)

// hostile is an error whose methods do what errors do not.
type hostile struct{ is func() }

func (h hostile) Error() string   { return "hostile" }
func (h hostile) Is(error) bool   { h.is(); return false }
func (h hostile) Unwrap() []error { h.is(); return nil }

// Only a canceled incarnation has its errors looked into, to see whether they are that.
func TestTheMethodsOfAnErrorEndNothingButTheIncarnation(t *testing.T) {
	for name, c := range map[string]struct {
		is   func()
		want error
	}{
		"panic":  {func() { panic(errBroken) }, errBroken},
		"Goexit": {runtime.Goexit, policy.ErrGoexit},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &stage{}
				fails := false
				a := playerOn(t, s, Spec[play]{New: func(context.Context, Ref[play]) (Receiver[play], error) {
					if fails {
						return nil, hostile{c.is}
					}
					return player(s), nil
				}})
				noteEnd(s, a, "watcher")
				ctx, cancel := context.WithCancel(t.Context())
				send(t, a, play{name: "1", do: func(ctx context.Context) error { <-ctx.Done(); return hostile{c.is} }})
				go s.start(ctx, a)
				require.Equal(t, []string{"up", "got 1"}, s.told())
				cancel()
				require.ErrorIs(t, s.lastEnd(t), c.want)

				fails = true
				go s.start(ctx, a)
				require.ErrorIs(t, s.lastEnd(t), c.want)
				require.Len(t, s.ended, 2)
				s.told()
				a.Close()
				require.Len(t, s.told(), 1, "the watcher hears")
			})
		})
	}
}
