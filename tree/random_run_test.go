package tree_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// Errors that are a scope's cause count as its cancel when a child returns them,
// so works, bodies and cancels have errors of their own.
var (
	errWork  = errors.New("work failed")
	errCause = errors.New("canceled by the program")
)

// book is what is known of one run of a scope from what its bodies did.
type book struct {
	mu       sync.Mutex
	program  *program
	failure  error // what its body fails with
	scope    *tree.Scope
	running  int // bodies of tasks and children
	exits    map[policy.Exit]int
	began    int
	lives    map[string]int // of each child
	early    int            // failures before the child was up: those are its starter's
	fatal    bool           // somebody escalated
	result   error
	returned bool
	elapsed  time.Duration
	below    []*book
}

// player plays a program and notes what is wrong.
type player struct {
	mu    sync.Mutex
	books []*book
	wrong []string
}

func (pl *player) fault(format string, args ...any) {
	pl.mu.Lock()
	defer pl.mu.Unlock()
	pl.wrong = append(pl.wrong, fmt.Sprintf(format, args...))
}

// run runs a program's scope. unwinds is told before its body unwinds.
func (pl *player) run(ctx context.Context, p *program, around *book, unwinds func(policy.Exit), opts ...tree.Option) (*book, error) {
	b := &book{program: p, failure: errors.New("body failed"), exits: map[policy.Exit]int{}, lives: map[string]int{}}
	pl.mu.Lock()
	pl.books = append(pl.books, b)
	pl.mu.Unlock()
	if around != nil {
		around.mu.Lock()
		around.below = append(around.below, b)
		around.mu.Unlock()
	}
	start := time.Now()
	defer func() {
		b.returned, b.elapsed = true, time.Since(start)
		if n := b.alive(); n > 0 && !b.abandoned() {
			pl.fault("%s returned while %d bodies ran", p.name(), n)
		}
	}()
	b.result = tree.Run(ctx, p.Policy, func(ctx context.Context, s *tree.Scope) error {
		b.scope = s
		return pl.body(ctx, s, b, unwinds)
	}, append(opts, tree.WithName(p.name()))...)
	return b, b.result
}

// alive is how many bodies run in the scope or below.
func (b *book) alive() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.running
	for _, below := range b.below {
		n += below.alive()
	}
	return n
}

// abandoned reports whether the scope, or one below, said that something runs on.
// A scope that unwound said nothing.
func (b *book) abandoned() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if errors.Is(b.result, tree.ErrAbandoned) || b.program.End == panics || b.program.End == goexits {
		return true
	}
	for _, below := range b.below {
		if below.abandoned() {
			return true
		}
	}
	return false
}

// body does what a program says.
func (pl *player) body(ctx context.Context, s *tree.Scope, b *book, unwinds func(policy.Exit)) error {
	var last *tree.Child
	for i, a := range b.program.Actions {
		if a.Do == "child" {
			if ch := pl.child(ctx, s, b, fmt.Sprintf("c%d", i), a); ch != nil {
				last = ch
			}
			continue
		}
		pl.act(ctx, s, b, a, last)
	}
	switch b.program.End {
	case fails:
		return b.failure
	case cancels:
		return ctx.Err()
	case panics:
		unwinds(policy.Panicked)
		panic("body")
	case goexits:
		unwinds(policy.Failed)
		runtime.Goexit()
	}
	return nil
}

func (pl *player) act(ctx context.Context, s *tree.Scope, b *book, a action, last *tree.Child) {
	short, cancel := context.WithTimeout(ctx, a.Within)
	defer cancel()
	switch a.Do {
	case "task":
		if err := s.Go(ctx, pl.work(b, a.Work, "", childSpec{})); err != nil && !errors.Is(err, tree.ErrClosed) {
			pl.fault("Go in the body of %s: %v", s, err)
		}
	case "pause":
		_ = sleep(ctx, a.Pause)
	case "cancel":
		s.Cancel(errCause)
	case "shutdown":
		if _, err := s.Shutdown(ctx); err != nil {
			pl.fault("Shutdown in the body of %s: %v", s, err)
		}
	}
	if last == nil {
		return
	}
	switch a.Do {
	case "cancelChild":
		last.Cancel(errCause)
	case "restartChild":
		_ = s.Restart(last.Name())
	case "removeChild":
		_ = s.Remove(last.Name())
	case "shutdownChild":
		_ = last.Shutdown(short)
	case "waitChild":
		_ = last.Wait(short)
	}
}

// child starts a child, and checks what Start says.
func (pl *player) child(ctx context.Context, s *tree.Scope, b *book, name string, a action) *tree.Child {
	asked, cancel := context.WithTimeout(ctx, a.Within+time.Second)
	defer cancel()
	ch, err := s.Start(asked, tree.ChildSpec{Name: name, Restart: a.Spec.Restart, Backoff: a.Spec.Backoff, Stop: a.Spec.Stop,
		WaitReady: a.Spec.WaitReady, Run: pl.work(b, a.Work, name, a.Spec)})
	var failed *tree.ChildError
	switch {
	case err == nil:
		return ch
	case asked.Err() != nil, errors.Is(err, tree.ErrClosed), errors.Is(err, tree.ErrAbandoned):
	case errors.As(err, &failed) && a.Spec.WaitReady:
	default:
		pl.fault("Start in the body of %s: %v", s, err)
	}
	return nil
}

// work is the function of a task, or of a child when it has a name.
func (pl *player) work(b *book, w *work, name string, spec childSpec) func(context.Context) error {
	return func(ctx context.Context) error {
		noted := false
		note := func(e policy.Exit) {
			b.mu.Lock()
			defer b.mu.Unlock()
			if noted {
				return
			}
			noted = true
			b.exits[e]++
			if name != "" && spec.WaitReady && spec.NotReady && (e == policy.Failed || e == policy.Panicked) {
				b.early++
			}
		}
		b.mu.Lock()
		b.began++
		b.running++
		if name != "" {
			b.lives[name]++
		}
		b.mu.Unlock()
		defer func() {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.running--
		}()
		if name != "" && !spec.NotReady {
			_ = tree.Ready(ctx)
		}
		if w.Sibling != nil {
			if err := b.scope.Go(ctx, pl.work(b, w.Sibling, "", childSpec{})); err != nil && !errors.Is(err, tree.ErrClosed) {
				pl.fault("Go in a work of %s: %v", b.scope, err)
			}
		}
		if w.Below != nil {
			_, _ = pl.run(ctx, w.Below, b, note)
		}
		w.wait(ctx)
		return w.end(ctx, b, note)
	}
}

func (w *work) wait(ctx context.Context) {
	if w.Takes == 0 {
		return // without a timer: see sleep
	}
	t := time.NewTimer(w.Takes)
	defer t.Stop()
	var hard, soft <-chan struct{}
	switch w.Heeds {
	case "ctx":
		hard = ctx.Done()
	case "draining":
		soft = tree.Draining(ctx)
	}
	select {
	case <-t.C:
	case <-hard:
	case <-soft:
	}
}

func (w *work) end(ctx context.Context, b *book, note func(policy.Exit)) error {
	switch w.End {
	case fails:
		note(policy.Failed)
		return errWork
	case panics:
		note(policy.Panicked)
		panic("work")
	case goexits:
		note(policy.Failed)
		runtime.Goexit()
	case isDone:
		note(policy.Failed)
		return policy.Done(errWork)
	case isFatal:
		note(policy.Failed)
		b.mu.Lock()
		b.fatal = true
		b.mu.Unlock()
		return policy.Fatal(errWork)
	case cancels:
		if err := ctx.Err(); err != nil {
			note(policy.Canceled)
			return err
		}
	}
	note(policy.Returned)
	return nil
}
