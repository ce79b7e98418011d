package tree_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// A ledger is what a scope's counters should be: who has a place, who waits for
// one, and what has become of the others.
type ledger struct {
	t       *testing.T
	scope   *tree.Scope
	limit   int
	draw    *rand.Rand
	placed  []*entrant // in no order
	waiting []*entrant // in the order in which they came
	want    tree.Counts
	named   int
}

// entrant is a task or child that ends as it is told.
type entrant struct {
	name   string // of a child; empty for a task
	told   chan func(ctx context.Context) error
	giveUp context.CancelFunc // of its starter
}

// run is the entrant's work.
func (e *entrant) run(ctx context.Context) error {
	select {
	case end := <-e.told:
		return end(ctx)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// come starts a task or a child from a goroutine of its own, for it may have to
// wait.
func (l *ledger) come() {
	ctx, cancel := context.WithCancel(l.t.Context())
	e := &entrant{told: make(chan func(context.Context) error), giveUp: cancel}
	if l.draw.IntN(2) == 0 {
		l.named++
		e.name = strconv.Itoa(l.named)
	}
	go func() {
		if e.name == "" {
			_ = l.scope.Go(ctx, e.run)
		} else {
			_, _ = l.scope.Start(ctx, tree.ChildSpec{Name: e.name, Run: e.run, Restart: temporaryIn(l.scope)})
		}
	}()
	if len(l.placed) < l.limit {
		l.placed = append(l.placed, e)
	} else {
		l.waiting = append(l.waiting, e)
	}
}

// end has one that runs come back, and the one that waits longest takes its place.
func (l *ledger) end() {
	if len(l.placed) == 0 {
		return
	}
	i := l.draw.IntN(len(l.placed))
	e := l.placed[i]
	l.placed = slices.Delete(l.placed, i, i+1)
	switch l.draw.IntN(5) {
	case 0:
		l.want.Returned++
		e.told <- func(context.Context) error { return nil }
	case 1:
		l.want.Failed++
		e.told <- func(context.Context) error { return errBoom }
	case 2:
		l.want.Panicked++
		e.told <- func(context.Context) error { panic("panic") }
	case 3:
		l.want.Failed++
		e.told <- func(ctx context.Context) error { return errors.Join(context.Canceled, ctx.Err()) } // a foreign one
	case 4:
		if e.name == "" {
			l.want.Failed++
			e.told <- exitsAfter(0)
			break
		}
		l.want.Canceled++
		child, err := l.scope.Child(e.name)
		require.NoError(l.t, err)
		child.Cancel(errReason)
	}
	if len(l.waiting) > 0 {
		l.placed = append(l.placed, l.waiting[0])
		l.waiting = l.waiting[1:]
	}
}

// leave has one that waits for a place give up.
func (l *ledger) leave() {
	if len(l.waiting) == 0 {
		return
	}
	i := l.draw.IntN(len(l.waiting))
	l.waiting[i].giveUp()
	l.waiting = slices.Delete(l.waiting, i, i+1)
}

// try starts a task that does not wait.
func (l *ledger) try() {
	err := l.scope.TryGo(l.t.Context(), drained)
	if len(l.placed) < l.limit {
		require.NoError(l.t, err)
		l.want.Returned++
	} else {
		require.ErrorIs(l.t, err, tree.ErrFull)
		l.want.Refused++
	}
}

// check compares all that counts.
func (l *ledger) check(step string) {
	synctest.Wait() // it is quiet: who could come, go on or go has done so
	tasks, children := 0, 0
	for _, e := range l.placed {
		if e.name == "" {
			tasks++
		} else {
			children++
		}
	}
	l.want.Running, l.want.Waiting = int64(len(l.placed)), int64(len(l.waiting))
	require.Equal(l.t, l.want, l.scope.Counts(), step)
	snap := l.scope.Snapshot()
	require.Equal(l.t, l.want, snap.Counts, step)
	require.Equal(l.t, tasks, snap.Tasks, step)
	require.Len(l.t, snap.Children, children, step)
	require.Len(l.t, slices.Collect(l.scope.Children()), children, step)
	require.Equal(l.t, l.want.Running+l.want.Returned+l.want.Canceled+l.want.Failed+l.want.Panicked, l.want.Started(), step)
}

// The body is not counted, and refused are those that were told so, not those that
// gave up.
func TestScope_199_TheCountersAgreeAtEveryQuietMoment(t *testing.T) {
	presets := append(taskPresets()[1:], preset{"SupervisorScope", policy.SupervisorScope}) // a failure would end a TaskGroup
	for seed := range uint64(5) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			under(t, presets, func(t *testing.T, p policy.Scope) {
				p.Limit = 1 + int(seed)
				require.NoError(t, tree.Run(t.Context(), p, func(ctx context.Context, s *tree.Scope) error {
					l := &ledger{t: t, scope: s, limit: p.Limit, draw: rand.New(rand.NewPCG(seed, 199))}
					l.check("at first")
					for step := range 200 {
						switch l.draw.IntN(8) {
						case 0, 1, 2:
							l.come()
						case 3, 4, 5:
							l.end()
						case 6:
							l.leave()
						case 7:
							l.try()
						}
						l.check(fmt.Sprint("step ", step))
					}
					s.Cancel(nil)
					l.want.Canceled += int64(len(l.placed))
					l.want.Refused += int64(len(l.waiting))
					l.placed, l.waiting = nil, nil
					l.check("canceled")
					require.ErrorIs(t, s.Go(ctx, drained), tree.ErrClosed)
					l.want.Refused++
					l.check("refused")
					return nil
				}, tree.WithName("app"), nobody()))
			})
		})
	}
}

func TestScope_199_TheCountersOfATaskGroupAgreeBeforeAndAfterItsFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var scope *tree.Scope
		err := tree.Run(t.Context(), policy.TaskGroup, func(ctx context.Context, s *tree.Scope) error {
			scope = s
			require.Equal(t, tree.Counts{}, s.Counts())
			for i := range 5 {
				require.NoError(t, s.Go(ctx, blocker))
				launch(ctx, t, s, strconv.Itoa(i), blocker)
			}
			require.NoError(t, s.Go(ctx, failsAfter(tenth, errBoom)))
			require.Equal(t, tree.Counts{Running: 11}, s.Counts())
			<-ctx.Done()
			synctest.Wait() // all have come back
			require.Equal(t, tree.Counts{Canceled: 10, Failed: 1}, s.Counts())
			return nil
		})
		require.ErrorIs(t, err, errBoom)
		require.Equal(t, tree.Counts{Canceled: 10, Failed: 1}, scope.Counts())
	})
}

func TestScope_199_RestartsAreCountedAndWhatRunsAgainRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, intense(100, policy.Forever))
		_, err := s.Start(t.Context(), tree.ChildSpec{Name: "weak", Run: failsAfter(tenth, errBoom)})
		require.NoError(t, err)
		for n := range int64(10) {
			require.Equal(t, tree.Counts{Running: 1, Failed: n, Restarts: n}, s.Counts())
			pause(tenth)
			synctest.Wait() // it runs again
		}
		child, err := s.Child("weak")
		require.NoError(t, err)
		child.Cancel(nil)
		synctest.Wait() // it has come back, canceled or not: it does not look
		require.Equal(t, int64(1), s.Counts().Running)
		pause(tenth)
		synctest.Wait() // now it has
		require.Equal(t, tree.Counts{Failed: 11, Restarts: 10}, s.Counts())
	})
}
