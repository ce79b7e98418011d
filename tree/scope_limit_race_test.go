package tree_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// rush is many who want into a scope of few places, at random, while it may end.
type rush struct {
	t      *testing.T
	s      *tree.Scope
	room   int
	inside turnstile
	dice   *rand.Rand // of one goroutine at a time; guarded by mu
	mu     sync.Mutex

	accepted []*atomic.Int64 // how often each ran; guarded by mu
}

func (r *rush) roll(n int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dice.IntN(n)
}

// work is what is asked for: it takes some time and ends somehow.
func (r *rush) work(ran *atomic.Int64) func(ctx context.Context) error {
	d, way := time.Duration(r.roll(4))*tenth, r.roll(12)
	return r.inside.around(func(ctx context.Context) error {
		ran.Add(1)
		if way%2 == 0 {
			_ = sleep(ctx, d)
		} else {
			pause(d) // whatever is canceled
		}
		start := time.Now()
		switch way {
		case 1:
			panic("rush")
		case 2:
			runtime.Goexit()
		case 3:
			return errBoom
		case 4:
			return policy.Done(errBoom)
		case 5: // one more, from a place
			more := new(atomic.Int64)
			r.answer(r.s.Go(ctx, r.work(more)), more)
		case 6: // or as somebody nested
			_ = nested(ctx, func(ctx context.Context) {
				more := new(atomic.Int64)
				r.answer(r.s.Go(ctx, r.work(more)), more)
			})
		}
		if took := time.Since(start); took > 0 {
			r.t.Errorf("a start on a place took %v", took)
		}
		return ctx.Err()
	})
}

// answer checks that an answer is a definite one, and that it is true: what was
// accepted is begun, once or, if it is restarted, more often; what was refused is
// not.
func (r *rush) answer(err error, ran *atomic.Int64) {
	failed := new(tree.ChildError) // it ran, and was not up in time
	switch {
	case err == nil:
		r.mu.Lock()
		defer r.mu.Unlock()
		r.accepted = append(r.accepted, ran)
		return
	case errors.As(err, &failed), errors.Is(err, errEnough), errors.Is(err, tree.ErrNotReady):
		return
	case errors.Is(err, tree.ErrClosed), errors.Is(err, tree.ErrDraining), errors.Is(err, tree.ErrFull),
		errors.Is(err, tree.ErrDuplicate), errors.Is(err, actor.ErrStopped):
		if ran.Load() == 0 {
			return
		}
	}
	r.t.Errorf("unexpected answer: %v, ran %d times", err, ran.Load())
}

// ask does one random thing to the scope.
func (r *rush) ask(i int) {
	ctx := r.t.Context()
	if r.roll(3) == 0 {
		limited, cancel := context.WithTimeoutCause(ctx, time.Duration(r.roll(10))*tenth, errEnough)
		defer cancel()
		ctx = limited
	}
	name := fmt.Sprint("c", r.roll(30))
	ran := new(atomic.Int64)
	switch way := r.roll(10); way {
	case 0, 1:
		r.answer(r.s.TryGo(ctx, r.work(ran)), ran)
	case 2: // which may be left before it is up
		_, err := r.s.Start(ctx, tree.ChildSpec{Name: name, Run: r.readyThen(r.work(ran)), WaitReady: true, Restart: temporaryIn(r.s)})
		r.answer(err, ran)
	case 3: // which may be restarted
		_, err := r.s.Start(ctx, tree.ChildSpec{Name: name, Run: r.work(ran), Backoff: policy.Backoff{Min: tenth}})
		r.answer(err, ran)
	case 4:
		if child, err := r.s.Child(name); err == nil {
			_ = r.s.Restart(name)
			pause(tenth)
			child.Cancel(errReason)
		}
	case 5:
		_ = r.s.Remove(name)
	default:
		spawn := spawnings[way%len(spawnings)]
		r.answer(spawn.spawn(ctx, r.s, fmt.Sprint("s", i), r.work(ran)), ran)
	}
}

// readyThen is up after a while, then does its work.
func (r *rush) readyThen(work func(context.Context) error) func(context.Context) error {
	wait := time.Duration(r.roll(3)) * tenth
	return r.inside.around(func(ctx context.Context) error {
		r.inside.now.Add(-1) // work counts for itself
		defer r.inside.now.Add(1)
		if err := sleep(ctx, wait); err != nil {
			return err
		}
		_ = tree.Ready(ctx)
		return work(ctx)
	})
}

// end ends the scope somehow, or not.
func (r *rush) end() {
	switch r.roll(5) {
	case 0:
		r.s.Drain(errReason)
	case 1:
		r.s.Cancel(errReason)
	case 2:
		_ = r.s.SetDeadline(time.Now().Add(tenth))
	}
}

// free counts the places by taking them.
func (r *rush) free() (n int) {
	for r.s.TryGo(r.t.Context(), blocker) == nil {
		n++
	}
	return n
}

// taken counts who has one: tasks, and children that are not down.
func (r *rush) taken() int {
	snap := r.s.Snapshot()
	n := snap.Tasks
	for _, child := range snap.Children {
		if child.State != policy.SlotStopped {
			n++
		}
	}
	return n
}

// run lets many at the scope at once, within a few seconds.
func (r *rush) run(p policy.Scope) {
	var err error
	r.s, err = tree.Open(r.t.Context(), p, tree.WithObserver(&recorder{}))
	require.NoError(r.t, err)
	var all sync.WaitGroup
	for i := range 60 {
		at := time.Duration(r.roll(12)) * tenth
		all.Go(func() {
			pause(at)
			r.ask(i)
		})
	}
	all.Go(func() {
		pause(time.Duration(r.roll(15)) * tenth)
		r.end()
	})
	all.Go(func() {
		for range 100 {
			n := r.s.Counts()
			if n.Running < 0 || n.Waiting < 0 || n.Waiting > 60 {
				r.t.Errorf("counts: %+v", n)
			}
			pause(tenth / 3)
		}
	})
	pause(100 * tenth)
	synctest.Wait() // whatever moves by itself has come to rest
	if r.s.Snapshot().Phase == tree.PhaseOpen && r.s.Counts().Waiting == 0 {
		taken := r.taken()
		if free := r.free(); free+taken != r.room {
			r.t.Errorf("%d places: %d taken, %d free\n%+v", r.room, taken, free, r.s.Snapshot())
		}
	}
	r.s.Cancel(nil)
	_ = r.s.Close()
	all.Wait()
	synctest.Wait() // all has ended
	r.check()
}

func (r *rush) check() {
	for _, ran := range r.accepted {
		if ran.Load() == 0 {
			r.t.Errorf("one of %d that were accepted did not run", len(r.accepted))
		}
	}
	n := r.s.Counts()
	if most := r.inside.most.Load(); most > int64(r.room) {
		r.t.Errorf("%d at once, limit %d", most, r.room)
	}
	if n.Running != 0 || n.Waiting != 0 {
		r.t.Errorf("counts at the end: %+v", n)
	}
}

func TestAnyRushIntoALimitedScopeIsAnsweredAndNeverOverTheLimit(t *testing.T) {
	rounds := 40
	if testing.Short() {
		rounds = 5
	}
	for i := range rounds {
		for _, preset := range allPresets() {
			seed := rand.Uint64()
			t.Run(fmt.Sprintf("%s/%d/%d", preset.name, i, seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := &rush{t: t, room: 1 + int(seed%4), dice: rand.New(rand.NewPCG(seed, 0))}
					p := limited(preset.policy, r.room)
					p.Stop.Grace, p.Stop.Kill = 3*tenth, time.Minute
					if p.OnFailure == policy.Supervise {
						p.Intensity = policy.Intensity{Restarts: 1000, Within: time.Minute}
					}
					r.run(p)
				})
			})
		}
	}
}
