package tree_test

import (
	"context"
	"fmt"
	"os"
	"path"
	"runtime"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// A stage is where a plot is played on the library, within a bubble. It writes
// down what the roles see and what observers are told, in virtual time.
type stage struct {
	begun time.Time
	roles sync.WaitGroup // performances that have not ended, abandoned ones too

	mu       sync.Mutex // guards what follows
	trace    trace
	scopes   map[string]*tree.Scope // the latest of each name
	children map[string]*tree.Child
	opened   []openedScope
}

// openedScope is a scope in the order of opening.
type openedScope struct {
	name  string
	scope *tree.Scope
}

// onStage plays the plot to its end, until all that was abandoned has ended too.
func onStage(p *plot) trace {
	st := &stage{begun: time.Now(), scopes: map[string]*tree.Scope{}, children: map[string]*tree.Child{}}
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	outside := time.AfterFunc(p.Until, func() { cancel(roleError("outside")) })
	defer outside.Stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = recover() }() // a body's panic, which the trace tells of
		_ = st.scope(ctx, p.Root, tree.WithObserver(tree.ObserverFunc(st.observe)))
	}()
	hung := time.NewTimer(p.Until + 24*time.Hour)
	defer hung.Stop()
	select {
	case <-done:
	case <-hung.C: // a bubble cannot be left with what hangs in it: this is the last word
		fmt.Fprintf(os.Stderr, "the scope of this program never ends:\n%s\n\nwhat happened:\n%s\n", replay(p), st.trace.sorted())
		os.Exit(2)
	}
	st.roles.Wait()
	synctest.Wait() // observers have been told
	for _, o := range st.opened {
		n := o.scope.Snapshot().Counts
		st.trace.total("%s: returned %d canceled %d failed %d panicked %d restarts %d refused %d", o.name,
			n.Returned, n.Canceled, n.Failed, n.Panicked, n.Restarts, n.Refused)
	}
	return st.trace.sorted()
}

func (st *stage) note(format string, args ...any) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.trace.add(time.Since(st.begun), format, args...)
}

// scope runs a role as the body of a scope.
func (st *stage) scope(ctx context.Context, r *role, opts ...tree.Option) error {
	returned := false
	defer func() {
		if !returned {
			st.note("%s unwinds", r.Name)
		}
	}()
	err := tree.Run(ctx, r.policy(), func(ctx context.Context, s *tree.Scope) error {
		st.mu.Lock()
		st.scopes[r.Name] = s
		st.opened = append(st.opened, openedScope{r.Name, s})
		st.mu.Unlock()
		return st.perform(ctx, s, r)
	}, append(opts, tree.WithName(r.Name))...)
	returned = true
	st.note("%s returns %s", r.Name, said(err))
	return err
}

// perform does what the role says, on the goroutine and with the context given.
func (st *stage) perform(ctx context.Context, s *tree.Scope, r *role) error {
	st.roles.Add(1)
	defer st.roles.Done()
	st.note("%s begins", r.Name)
	var last error
	for _, m := range r.Moves {
		pause(r.Lag)
		if m.Do == "wait" {
			st.wait(ctx, r, m)
		} else {
			last = st.move(ctx, s, r, m)
		}
	}
	pause(r.Lag)
	st.note("%s ends with %s", r.Name, r.End)
	switch r.End {
	case "ctxerr":
		return ctx.Err()
	case "cause":
		return context.Cause(ctx)
	case "result":
		return last
	case "nil":
		return nil
	case "done":
		return policy.Done(roleError(r.Name))
	case "fatal":
		return policy.Fatal(roleError(r.Name))
	case "panic":
		panic(roleError(r.Name))
	case "goexit":
		runtime.Goexit()
	}
	return roleError(r.Name)
}

func (st *stage) wait(ctx context.Context, r *role, m move) {
	t := time.NewTimer(m.For)
	defer t.Stop()
	var hard, soft <-chan struct{}
	switch m.Heeds {
	case "ctx":
		hard = ctx.Done()
	case "draining":
		soft = tree.Draining(ctx)
	}
	select {
	case <-t.C:
	case <-hard:
		st.note("%s is cut short %s", r.Name, said(context.Cause(ctx)))
	case <-soft:
		st.note("%s is asked to finish", r.Name)
	}
}

// move does one move that is no wait, and returns the error it came to.
func (st *stage) move(ctx context.Context, s *tree.Scope, r *role, m move) (err error) {
	if m.Do == "start" {
		err = st.start(ctx, s, m.Role)
		if err != nil && m.Role.Kind != "scope" {
			st.note("%s starts no %s %s", r.Name, m.Role.Name, said(err))
		}
		return err
	}
	st.mu.Lock()
	target, child := st.scopes[m.Target], st.children[m.Target]
	st.mu.Unlock()
	why := roleError(r.Name + "'s " + m.Do)
	switch {
	case target == nil && child == nil:
		return nil // it was not there yet
	case m.Do == "cancel" && child != nil:
		child.Cancel(why)
	case m.Do == "cancel":
		target.Cancel(why)
	case m.Do == "drain" && target != nil:
		target.Drain(why)
	case m.Do == "shutdown" && child != nil:
		err = child.Shutdown(ctx)
		st.note("%s has shut down %s %s", r.Name, m.Target, said(err))
	case m.Do == "shutdown":
		_, err = target.Shutdown(ctx)
		st.note("%s has shut down %s %s", r.Name, m.Target, said(err))
	case m.Do == "deadline" && target != nil:
		err = st.deadline(target, r, m)
	}
	return err
}

func (st *stage) deadline(s *tree.Scope, r *role, m move) error {
	var at time.Time
	if m.For > 0 {
		at = time.Now().Add(m.For)
	}
	err := s.SetDeadline(at)
	if err != nil {
		st.note("%s sets no deadline %s", r.Name, said(err))
	}
	return err
}

// start starts what a role starts.
func (st *stage) start(ctx context.Context, s *tree.Scope, r *role) error {
	if r.In != "" {
		st.mu.Lock()
		s = st.scopes[r.In]
		st.mu.Unlock()
	}
	if s == nil {
		return nil // not there yet
	}
	work := func(ctx context.Context) error { return st.perform(ctx, s, r) }
	switch {
	case r.Kind == "scope":
		return st.scope(ctx, r)
	case r.Kind == "shield":
		return s.Shield(ctx, r.Name, work)
	case r.Try:
		return s.TryGo(ctx, work)
	case r.Kind == "task":
		return s.Go(ctx, work)
	}
	ch, err := s.Start(ctx, r.spec(work))
	if err == nil {
		st.mu.Lock()
		defer st.mu.Unlock()
		st.children[r.Name] = ch
	}
	return err
}

// observe writes down what observers are told. Who is overdue, and who is ready,
// is not predicted.
func (st *stage) observe(e tree.Event) {
	at := e.Time.Sub(st.begun)
	who, _, _ := strings.Cut(path.Base(e.Path), "#") // a shield's name may have a number behind it
	st.mu.Lock()
	defer st.mu.Unlock()
	note := func(format string, args ...any) { st.trace.add(at, format, args...) }
	switch e.Kind {
	case tree.ChildStarted:
		note("%s #%d starts", who, e.Incarnation)
	case tree.ChildExited, tree.ChildStartFailed, tree.ChildEndedLate:
		if e.Incarnation == 0 {
			who = "a task of " + who
		} else {
			who = fmt.Sprintf("%s #%d", who, e.Incarnation)
		}
		late := ""
		if e.Kind == tree.ChildEndedLate {
			late = "late "
		}
		note("%s is %s%v %s", who, late, e.Exit, said(e.Err))
	case tree.ChildDelayed:
		note("%s waits %v", who, e.Delay)
	case tree.ChildAbandoned:
		switch {
		case e.Incarnation > 0:
			note("%s #%d is abandoned", who, e.Incarnation)
		case e.Count > 0:
			note("%s abandons %d tasks", who, e.Count)
		default:
			note("%s abandons its body", who)
		}
	case tree.Exhausted, tree.GaveUp, tree.Escalated, tree.SpawnRefused, tree.ScopeDraining, tree.ScopeCanceling, tree.ScopeClosed:
		note("%s: %v %s", who, e.Kind, said(e.Err))
	}
}
