package docs_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// Service is what suture asks of one; this module does not need suture for it.
type Service interface {
	Serve(ctx context.Context) error
}

// What suture's services may return to be heard. Yours are suture's own.
var (
	ErrDoNotRestart            = errors.New("do not restart")
	ErrTerminateSupervisorTree = errors.New("terminate tree")
)

// asChild describes a Service: Serve is a Run as it stands.
func asChild(name string, s Service) tree.ChildSpec {
	return tree.ChildSpec{Name: name, Run: s.Serve}
}

// sutureSays has those two errors mean here what they mean to suture: give it to the
// root with tree.WithDecider. Without the last line Fatal ends one supervisor only,
// as under DontPropagateTermination.
func sutureSays(err error) policy.Decision {
	switch {
	case errors.Is(err, ErrDoNotRestart):
		return policy.NoRestart
	case errors.Is(err, ErrTerminateSupervisorTree):
		return policy.Escalate
	case errors.Is(err, tree.ErrEscalated): // of a supervisor below
		return policy.Escalate
	}
	return policy.ByRestart
}

// likeSuture is as near to suture's defaults as a policy comes.
func likeSuture() policy.Scope {
	p := policy.SupervisorScope
	p.Intensity = policy.Intensity{Restarts: 5, Within: 30 * time.Second} // FailureThreshold, FailureDecay
	p.Exhausted = policy.ExhaustedCoolDown                                // for Within, in FailureBackoff's place
	p.Stop.Grace = policy.NoGrace                                         // suture cancels at once,
	p.Stop.Kill = 10 * time.Second                                        // waits for Timeout,
	p.Stop.Order = policy.OrderTogether                                   // and for all of them side by side
	return p
}

// background is suture.New, Add twice and ServeBackground.
func background(ctx context.Context, mail, web Service) (*tree.Scope, error) {
	return tree.Boot(ctx, tree.ChildSpec{
		Name:   "app",
		Policy: new(likeSuture()),
		Children: []tree.ChildSpec{
			asChild("mail", mail),
			asChild("web", web),
		},
	}, tree.WithDecider(sutureSays))
}

// service is a Service that is a function.
type service func(ctx context.Context) error

func (s service) Serve(ctx context.Context) error { return s(ctx) }

// untilCanceled is the service of the examples: it knows no soft signal.
var untilCanceled = service(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })

func TestASutureServiceIsAChildAsItStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logged(t)
		runs := 0
		mail := service(func(ctx context.Context) error {
			switch runs++; runs {
			case 1:
				return nil // also restarted, as there
			case 2:
				panic("bug")
			case 3:
				return context.Canceled // somebody else's
			}
			return untilCanceled(ctx)
		})
		app, err := background(t.Context(), mail, untilCanceled)
		require.NoError(t, err)
		synctest.Wait() // mail is at its fourth
		require.Equal(t, 4, runs)
		require.Equal(t, 2, app.CountChildren().Active)

		web, err := app.Child("web")
		require.NoError(t, err)
		require.NoError(t, web.Remove(t.Context())) // RemoveAndWait
		require.Equal(t, 1, app.CountChildren().Children)
		require.NoError(t, app.Close())
	})
}

func TestTheErrorsOfSutureMeanWhatTheyMeanThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		below := tree.ChildSpec{Name: "below", Policy: new(likeSuture()), Children: []tree.ChildSpec{
			asChild("once", service(func(context.Context) error { return ErrDoNotRestart })),
			asChild("last", service(func(ctx context.Context) error {
				return errors.Join(pass(ctx, time.Minute), ErrTerminateSupervisorTree)
			})),
		}}
		app, err := tree.Boot(t.Context(), tree.ChildSpec{Name: "app", Policy: new(likeSuture()), Children: []tree.ChildSpec{below}},
			unheard, tree.WithDecider(sutureSays))
		require.NoError(t, err)
		synctest.Wait() // once has ended
		once, err := app.Find("below/once")
		require.NoError(t, err)
		require.Equal(t, policy.SlotStopped, once.State())
		require.Equal(t, 1, once.Incarnation())
		begun := time.Now()
		require.ErrorIs(t, app.Wait(t.Context()), tree.ErrEscalated)
		require.Equal(t, time.Minute, time.Since(begun))
	})
}

func TestWithoutTheDeciderFatalEndsOneSupervisor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		below := tree.ChildSpec{Name: "below", Policy: new(likeSuture()), Children: []tree.ChildSpec{
			asChild("fatal", service(func(ctx context.Context) error {
				if runs++; runs == 1 {
					return policy.Fatal(errCrash)
				}
				return untilCanceled(ctx)
			})),
		}}
		app, err := tree.Boot(t.Context(), tree.ChildSpec{Name: "app", Policy: new(likeSuture()), Children: []tree.ChildSpec{below}}, unheard)
		require.NoError(t, err)
		synctest.Wait() // below is back
		sup, err := app.Child("below")
		require.NoError(t, err)
		require.Equal(t, 2, sup.Incarnation())
		require.NoError(t, app.Close())
	})
}

// Suture's count halves every FailureDecay seconds, and one more than
// FailureThreshold pauses all restarts.
func TestDecayAndWindowAllowTheSameBurstAndAnotherRate(t *testing.T) {
	pauses := func(apart time.Duration) (after int) {
		count := 0.0
		for n := 1; n <= 1000; n++ {
			if count = count*math.Pow(0.5, apart.Seconds()/30) + 1; count > 5 {
				return n
			}
		}
		return 0
	}
	fills := func(apart time.Duration) (after int) {
		w := policy.NewWindow(likeSuture().Intensity)
		for n := range 1000 {
			now := time.Duration(n) * apart
			if w.Full(now) {
				return n + 1
			}
			w.Record(now)
		}
		return 0
	}
	require.Equal(t, []int{6, 6}, []int{pauses(0), fills(0)}, "both allow five at once")
	var b strings.Builder
	b.WriteString("| a failure every | suture pauses at failure | here the budget is exceeded at |\n|---|---|---|\n")
	for _, apart := range []time.Duration{0, 5 * time.Second, 6 * time.Second, 7 * time.Second, 9 * time.Second, 10 * time.Second} {
		row := fmt.Sprintf("| %s | %d | %d |\n", short(apart), pauses(apart), fills(apart))
		b.WriteString(strings.ReplaceAll(row, " 0 |", " never |"))
	}
	sameAsPage(t, "FROM_SUTURE.md", "decay", b.String())
}

func TestACanceledTreeSaysSoAndAStuckServiceIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		defer close(gate)
		ctx, cancel := context.WithCancel(t.Context())
		logged(t)
		app, err := background(ctx, untilCanceled, service(func(context.Context) error { <-gate; return nil }))
		require.NoError(t, err)
		cancel()
		begun := time.Now()
		report, err := app.Shutdown(t.Context())
		require.NoError(t, err)
		require.Equal(t, 10*time.Second, time.Since(begun))
		require.Len(t, report.Abandoned, 1)
		require.Equal(t, "app/web", report.Abandoned[0].Path)
		err = app.Close()
		require.ErrorIs(t, err, tree.ErrAbandoned)
	})
}
