package tree_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// longest bounds a program: a dozen steps of a few seconds at each depth, and
// kill waits of half a minute on the way out.
const longest = 30 * time.Minute

// TestAnyProgramOfScopesComesToItsEnd plays random programs. What holds of all:
// Run returns in bounded time; nothing runs after it unless it said so; every
// body that began comes back once; counts, events and results agree with what
// the bodies did; and no goroutine is left, or the bubble would not end.
func TestAnyProgramOfScopesComesToItsEnd(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := &programs{t: t}
		p := g.program(0)
		cancelAt := g.seconds("cancel at", 40)
		rapid.SyncTest(t, func(t *rapid.T) {
			pl, rec := &player{}, &recorder{}
			play(pl, rec, p, cancelAt)
			pl.check(rec)
			if len(pl.wrong) > 0 {
				t.Fatalf("%s", strings.Join(pl.wrong, "\n"))
			}
		})
	})
}

// play runs the program to its end and until all that was abandoned has ended.
func play(pl *player, rec *recorder, p *program, cancelAt time.Duration) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if cancelAt < 20*time.Second {
		late := time.AfterFunc(cancelAt, cancel)
		defer late.Stop()
	}
	ctx, watchdog := context.WithTimeout(ctx, 24*time.Hour) // so that a hang is a failure with a program to show
	defer watchdog()
	_, _ = pl.run(ctx, p, nil, func(policy.Exit) {}, tree.WithObserver(rec))
	_ = sleep(context.Background(), longest)
	synctest.Wait()
}

func (pl *player) check(rec *recorder) {
	for _, b := range pl.books {
		if !b.returned {
			pl.fault("%s never returned", b.program.name())
			continue
		}
		if b.elapsed > longest {
			pl.fault("%s took %v", b.program.name(), b.elapsed)
		}
		if b.running != 0 {
			pl.fault("%s: %d bodies never ended", b.program.name(), b.running)
		}
		if b.scope != nil {
			pl.checkCounts(b)
			pl.checkEvents(b, rec)
			pl.checkResult(b)
		}
	}
	for s := range tree.Roots() {
		if s.Path() == "s1" {
			pl.fault("the root is still listed:\n%s", s.Snapshot())
		}
	}
}

func (pl *player) checkCounts(b *book) {
	restarts := 0
	for _, lives := range b.lives {
		restarts += lives - 1
	}
	n := b.scope.Snapshot()
	want := fmt.Sprintf("closed: returned %d canceled %d failed %d panicked %d restarts %d, of %d, tasks 0",
		b.exits[policy.Returned], b.exits[policy.Canceled], b.exits[policy.Failed], b.exits[policy.Panicked], restarts, b.began)
	got := fmt.Sprintf("%s: returned %d canceled %d failed %d panicked %d restarts %d, of %d, tasks %d", n.Phase,
		n.Counts.Returned, n.Counts.Canceled, n.Counts.Failed, n.Counts.Panicked, n.Counts.Restarts,
		n.Counts.Returned+n.Counts.Canceled+n.Counts.Failed+n.Counts.Panicked, n.Tasks)
	if got != want {
		pl.fault("%s counted\n  %s, but its bodies\n  %s", b.program.name(), got, want)
	}
}

// checkEvents wants one event of each failure and of each end. A child that was
// restarted runs its program again, at the same path.
func (pl *player) checkEvents(b *book, rec *recorder) {
	path, failures, closed := b.scope.Path(), 0, 0
	for _, e := range rec.events {
		ofScope := e.Path == path
		ofChild := strings.HasPrefix(e.Path, path+"/c") && !strings.Contains(e.Path[len(path)+1:], "/")
		// Who returned before it was ready has an error to tell and has not failed.
		failed := e.Err != nil && e.Exit != policy.Returned
		if (ofScope || ofChild) && failed && (e.Kind == tree.ChildExited || e.Kind == tree.ChildStartFailed || e.Kind == tree.ChildEndedLate) {
			failures++
		}
		if ofScope && e.Kind == tree.ScopeClosed {
			closed++
		}
	}
	runs, want := 0, 0
	for _, other := range pl.books {
		if other.scope != nil && other.scope.Path() == path {
			runs++
			want += other.exits[policy.Failed] + other.exits[policy.Panicked]
		}
	}
	if failures != want {
		pl.fault("%s told of %d failures of %d", path, failures, want)
	}
	if closed != runs {
		pl.fault("%s closed %d times in %d runs", path, closed, runs)
	}
}

// checkResult checks what Run returned where that is certain.
func (pl *player) checkResult(b *book) {
	var all *tree.Errors
	p, failed := b.program, b.exits[policy.Failed]+b.exits[policy.Panicked]
	switch {
	case p.End == panics || p.End == goexits:
	case p.End == fails && !errors.Is(b.result, b.failure):
		pl.fault("%s lost its body's error: %v", p.name(), b.result)
	case p.End != fails && p.Preset == "TaskGroup" && failed > b.early && b.result == nil:
		pl.fault("%s lost the failures of its children", p.name())
	case p.Preset != "TaskGroup" && errors.As(b.result, &all) && p.End != fails && !b.fatal && !errors.Is(b.result, tree.ErrAbandoned) && !errors.Is(b.result, tree.ErrGaveUp):
		pl.fault("%s returned what is not its own: %v", p.name(), b.result)
	case p.End != fails && p.Preset != "TaskGroup" && !b.fatal && errors.Is(b.result, errWork) && !errors.Is(b.result, tree.ErrGaveUp):
		if !errors.Is(b.result, context.Canceled) && !errors.Is(b.result, context.DeadlineExceeded) { // as the cause of a cancel from outside
			pl.fault("%s returned a child's error: %v", p.name(), b.result)
		}
	}
}
