package actor

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/understudy-go/understudy/internal/self"
)

// ErrAskCycle means that actors would have waited for each other's answers for ever. It
// is found, by errors.Is, in an [*AskCycleError], which says who. The message was not
// queued.
var ErrAskCycle = errors.New("actor: asks in a circle")

// AskCycleError is the error of an [Ask] whose target waits, itself or through others,
// for an answer of the asker.
type AskCycleError struct {
	// Path is who asks whom: the asker, its target, whom that waits for, and so on to
	// the asker again.
	Path []string
}

// Error returns "actor: asks in a circle: app/a, app/b, app/a".
func (e *AskCycleError) Error() string {
	return ErrAskCycle.Error() + ": " + strings.Join(e.Path, ", ")
}

// Is reports whether target is ErrAskCycle.
func (e *AskCycleError) Is(target error) bool { return target == ErrAskCycle }

// AllowAskCycle returns a context of an actor's code for asks that are not looked at for
// circles: where the answer to one of them comes from elsewhere, from one who was handed
// its Reply, a circle is none. Only those who ask with it know that.
func AllowAskCycle(ctx context.Context) context.Context {
	return context.WithValue(ctx, allowCycle{}, true)
}

type allowCycle struct{}

// asker is an actor as one that asks and is asked.
type asker interface {
	ID() ID
	waitsFor() *wait
	waits(w *wait)
	waitsNoMore(w *wait)
}

// wait is one ask that a handler waits in.
type wait struct {
	by, target asker
	ask        *ask
}

// over ends the wait.
func (w *wait) over() {
	if w != nil {
		w.by.waitsNoMore(w)
	}
}

// enter notes that the code that ctx was given to waits in k for target, and returns an
// error if that would be for ever. Who waits says so before it looks: of those who close
// a circle at the same time one sees the others.
func (k *ask) enter(ctx context.Context, target asker) error {
	own := ctx.Value(self.Key{})
	if own == nil {
		return nil
	}
	if own == any(target) {
		return ErrSelfAsk
	}
	by, ok := own.(asker)
	if !ok || k.then != nil || ctx.Value(allowCycle{}) != nil {
		return nil // nobody's handler waits, or not for this
	}
	k.wait = &wait{by: by, target: target, ask: k}
	by.waits(k.wait)
	circle := []asker{by}
	for at := target; at != by; {
		circle = append(circle, at)
		w := at.waitsFor()
		if w == nil || !w.ask.open() {
			return nil
		}
		if at = w.target; at != by && slices.Contains(circle, at) {
			return nil // a circle of others
		}
	}
	k.wait.over()
	path := make([]string, 0, len(circle)+1)
	for _, a := range append(circle, by) {
		path = append(path, a.ID().Path)
	}
	return &AskCycleError{Path: path}
}

func (a *Actor[M]) waitsFor() *wait {
	if x := a.more.Load(); x != nil {
		return x.asking.Load()
	}
	return nil
}

func (a *Actor[M]) waits(w *wait) { a.extra().asking.Store(w) }

func (a *Actor[M]) waitsNoMore(w *wait) { a.extra().asking.CompareAndSwap(w, nil) }
