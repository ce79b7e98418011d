package actor

import (
	"context"
	"runtime"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/mailbox"
)

// wild is an error whose methods do what they like.
type wild struct{ is func() bool }

func (w wild) Error() string  { return "wild" }
func (w wild) Is(error) bool  { return w.is() }
func (w wild) String() string { return w.Error() }

func TestAnErrorWhoseMethodsDoNotComeBackEndsItsIncarnationAllTheSame(t *testing.T) {
	for name, is := range map[string]func() bool{
		"panic":  func() bool { panic("no comparison") },
		"Goexit": func() bool { runtime.Goexit(); return false },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				s := &stage{}
				a := actorOn(t, s, mailbox.Spec{})
				s.noteEnd(a, "end")
				send(t, a, play{name: "1", do: func(context.Context) error { cancel(); return wild{is} }})
				go s.start(ctx, a)
				require.Equal(t, []string{"up", "got 1", "dead 1: wild", "ended: wild"}, s.told())
				a.Close()
				require.Equal(t, []string{"end: wild"}, s.told())
			})
		})
	}
}
