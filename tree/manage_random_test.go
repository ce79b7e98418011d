package tree_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// operators are people who know nothing of each other and ask all kinds of things
// of the same children, which have troubles of their own. unit is the step of time.
type operators struct {
	unit  time.Duration
	scope *tree.Scope
	gate  chan struct{} // for those that are stuck
	lives sync.Map      // how many incarnations of a child run, *atomic.Int32 by *tree.Child
	beats atomic.Int32  // how often that was more than one
	calls atomic.Int32
	wrong atomic.Pointer[error] // an answer that there is not
}

// troubled describes a child of that name, whose lives depend on chance.
func (o *operators) troubled(name string, r *rand.Rand) tree.ChildSpec {
	seed := r.Uint64()
	var lives atomic.Uint64
	spec := tree.ChildSpec{Name: name, WaitReady: r.IntN(2) == 0, Restart: policy.Restart(r.IntN(3)),
		Backoff: policy.Backoff{Min: o.unit}, Stop: policy.Stop{Grace: o.unit * time.Duration(1+r.IntN(3))}}
	if spec.Restart != policy.Temporary && r.IntN(2) == 0 {
		spec.Intensity, spec.Exhausted = policy.Intensity{Restarts: 1, Within: 9 * o.unit}, policy.Exhausted(1+r.IntN(2))
	}
	spec.Run = func(ctx context.Context) error {
		self, _ := tree.Self(ctx)
		running, _ := o.lives.LoadOrStore(self, new(atomic.Int32))
		if running.(*atomic.Int32).Add(1) > 1 {
			o.beats.Add(1)
		}
		defer running.(*atomic.Int32).Add(-1)
		r := rand.New(rand.NewPCG(seed, lives.Add(1)))
		if r.IntN(4) == 0 {
			return errCrash // before it is ready
		}
		_ = sleep(ctx, o.unit*time.Duration(r.IntN(3)))
		_ = tree.Ready(ctx)
		switch r.IntN(6) {
		case 0:
			<-o.gate
			return nil
		case 1:
			return sleep(ctx, o.unit*time.Duration(r.IntN(9)))
		case 2:
			_ = sleep(ctx, o.unit*time.Duration(r.IntN(9)))
			return errCrash
		case 3:
			return errors.Join(errCrash, self.Restart(ctx), self.Shutdown(ctx))
		}
		return drainer(ctx)
	}
	return spec
}

// ask does one of the things that can be asked, and waits for the answer as long as
// it takes.
func (o *operators) ask(ctx context.Context, r *rand.Rand) error {
	o.calls.Add(1)
	s, name := o.scope, fmt.Sprint(r.IntN(3))
	if r.IntN(4) == 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.unit*time.Duration(r.IntN(5)))
		defer cancel()
	}
	ch, err := s.Child(name)
	if err != nil {
		_, err = s.Start(ctx, o.troubled(name, r))
		return err
	}
	switch r.IntN(9) {
	case 0, 1, 2:
		return ch.Restart(ctx)
	case 3:
		return ch.Shutdown(ctx)
	case 4:
		return ch.Remove(ctx)
	case 5:
		ch.Cancel(nil)
		return ch.Wait(ctx)
	case 6:
		return s.Replace(o.troubled(name, r))
	case 7:
		return s.Restart(name)
	}
	p := *o.policy(r)
	p.Stop = s.Snapshot().Policy.Stop
	return s.Reconfigure(p, o.troubled(name, r))
}

// policy is one of those that the scope may have.
func (o *operators) policy(r *rand.Rand) *policy.Scope {
	p := intense(2, 5*o.unit)
	p.Exhausted = policy.Exhausted(1 + r.IntN(2)) // not to end too soon
	p.Strategy = policy.Strategies()[r.IntN(3)]
	p.Stop = policy.Stop{Grace: 3 * o.unit, Kill: 2 * o.unit, Stuck: policy.Stuck(2 * r.IntN(2))}
	return &p
}

// possible reports whether there is such an answer.
func possible(err error) bool {
	for _, known := range []error{nil, errCrash, tree.ErrClosed, tree.ErrDraining, tree.ErrRestarting, tree.ErrAbandoned, tree.ErrNotReady,
		tree.ErrNotFound, tree.ErrDuplicate, context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			return true
		}
	}
	var left *tree.ExitError
	return errors.As(err, &left)
}

// run has people ask for a while, and ends the scope under them. It returns when
// each question has been answered.
func (o *operators) run(t *testing.T, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 124))
	var err error
	o.gate = make(chan struct{})
	o.scope, err = tree.Open(t.Context(), *o.policy(r), tree.WithName("app"), tree.WithObserver(silent{}))
	require.NoError(t, err)
	var all sync.WaitGroup
	for i := range 6 {
		r := rand.New(rand.NewPCG(seed, uint64(i)))
		all.Go(func() {
			for range 12 {
				if err := o.ask(context.Background(), r); !possible(err) {
					o.wrong.Store(&err)
				}
				pause(o.unit * time.Duration(r.IntN(4)))
			}
		})
	}
	pause(o.unit * time.Duration(r.IntN(60)))
	if r.IntN(2) == 0 {
		o.scope.Cancel(nil)
	}
	err = o.scope.Close()
	close(o.gate)
	all.Wait()
	require.True(t, possible(err) || errors.Is(err, tree.ErrEscalated), "%v", err)
	require.Nil(t, o.wrong.Load())
	require.Zero(t, o.beats.Load(), "no child runs twice at once")
	require.EqualValues(t, 6*12, o.calls.Load())
}

// In a bubble somebody who is never answered is a deadlock, and found.
func TestWhateverIsAskedOfChildrenIsAnswered(t *testing.T) {
	rounds := 300
	if testing.Short() || raceDetector {
		rounds = 30
	}
	for seed := range uint64(rounds) {
		synctest.Test(t, func(t *testing.T) { (&operators{unit: time.Second}).run(t, seed) })
		if t.Failed() {
			t.Fatal("seed", seed)
		}
	}
}

func TestWhateverIsAskedOfChildrenAtOnceIsAnswered(t *testing.T) {
	for seed := range uint64(5) {
		(&operators{unit: 200 * time.Microsecond}).run(t, seed)
	}
}

// However busy the scope is, what is to be stopped has ended when Shutdown returns,
// and if somebody has it started again, that is not waited for.
func TestAStopThatRacesWithARestartReturns(t *testing.T) {
	s, err := tree.Open(t.Context(), bounded(), tree.WithObserver(silent{}))
	require.NoError(t, err)
	child := launch(t.Context(), t, s, "c", func(ctx context.Context) error {
		<-tree.Draining(ctx)
		pause(50 * time.Microsecond)
		return nil
	})
	stop := make(chan struct{})
	var busy sync.WaitGroup
	for range 2 {
		busy.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					s.Counts()
				}
			}
		})
	}
	for range 2000 {
		require.NoError(t, child.Shutdown(t.Context()))
		restarted := make(chan error, 1)
		go func() { restarted <- child.Restart(t.Context()) }()
		require.NoError(t, child.Shutdown(t.Context()))
		require.NotEqual(t, policy.SlotStopping, child.State())
		<-restarted
	}
	close(stop)
	busy.Wait()
	require.NoError(t, s.Close())
}
