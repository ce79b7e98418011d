package actor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/pprof"
	"strings"
	"sync/atomic"
	"time"

	"github.com/understudy-go/understudy/internal/flood"
	"github.com/understudy-go/understudy/internal/run"
	"github.com/understudy-go/understudy/policy"
)

// Func makes an actor for a supervisor that is not of this module: errgroup,
// suture, a plain loop. Each call of the returned function runs one incarnation
// and returns when it has ended: nil when ctx has, or when Receive returned
// policy.Done(nil); else the error that ended it, a *policy.PanicError for a panic
// and policy.ErrGoexit for a Goexit. Calling it again is a restart: the Ref and
// what is queued stay. While another call has not returned it is ErrRunning.
//
// When ctx has ended, and after policy.Done, the actor is closed: senders get
// ErrStopped, and so does who calls the function again. After a failure it is not,
// for its supervisor may restart it: its senders wait until then.
//
// The function blocks its goroutine; messages are handled on others. The actor's
// path is its name, and dead letters are logged to slog.Default, few of many. The error
// is that of [New].
func Func[M any](s Spec[M]) (func(ctx context.Context) error, Ref[M], error) {
	f := &foreign{name: s.Name, labels: pprof.WithLabels(context.Background(), pprof.Labels(labelActor, s.Name))}
	a, err := New(s, f)
	if err != nil {
		return nil, Ref[M]{}, err
	}
	f.actor = a
	return f.run, a.Ref(), nil
}

// labelActor is the pprof label of goroutines that serve an actor which stands in no tree.
const labelActor = "actor"

// foreignLetters are the lines about dead letters of all actors that foreign runs.
var foreignLetters flood.Gate

// foreignStacks are the looks for stacks of all such actors, each of which stops the world.
var foreignStacks flood.Gate

// foreign runs an actor for somebody who does not know of actors. Nobody is there to
// be told of dead letters, so they are logged, each time their number has doubled, and
// of those of many actors so many as foreignLetters lets through: silence is not a
// default, nor is a flood.
type foreign struct {
	actor   Hosted
	name    string
	labels  context.Context // for the goroutines of the actor, so that their stacks are found
	dead    atomic.Uint64   // dead letters
	running atomic.Bool

	// Of one call of run.
	ctx   context.Context
	ended chan error
}

func (f *foreign) run(ctx context.Context) error {
	if !f.running.CompareAndSwap(false, true) {
		return ErrRunning
	}
	defer f.running.Store(false)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	f.ctx, f.ended = Inside(ctx, f.actor), make(chan error, 1)
	stopped := make(chan struct{})
	unhook := context.AfterFunc(ctx, func() { f.actor.Stop(); close(stopped) })
	run.Go(f.actor.Start)
	err := <-f.ended
	if !unhook() {
		<-stopped // or it might hit the next incarnation
	}
	if ctx.Err() != nil || policy.DecisionOf(err) == policy.NoRestart {
		f.close()
	}
	if policy.IsDone(err) || ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return nil
	}
	return err
}

// close returns when what was queued is dealt with.
func (f *foreign) close() {
	over := make(chan struct{})
	f.actor.AfterEmpty(func() { close(over) })
	f.actor.Close()
	<-over
}

func (f *foreign) ID() ID { return ID{Path: f.name} }

func (f *foreign) DeadLetter(m any, why error) {
	count := f.dead.Add(1)
	if count&(count-1) != 0 {
		return
	}
	inFlood, ok := foreignLetters.Pass(time.Now())
	if !ok {
		return
	}
	attrs := []any{"actor", f.name, "message", fmt.Sprintf("%T", m), "why", why, "count", count}
	if inFlood > 0 {
		attrs = append(attrs, "in_this_second", inFlood)
	}
	slog.Warn("actor: dead letter", attrs...)
}

// Stuck implements [Host]. Nobody is there to be told, so it is logged.
func (f *foreign) Stuck(s Stuck) {
	if s.Back {
		slog.Warn("actor: handler came back", "actor", f.name, "doing", s.Doing, "age", s.Took)
		return
	}
	attrs := []any{"actor", f.name, "doing", s.Doing, "age", s.Took}
	if _, ok := foreignStacks.Pass(time.Now()); ok {
		attrs = append(attrs, "stack", f.stack())
	}
	slog.Error("actor: handler stuck", attrs...)
}

// stack returns the stacks of the goroutines that have the actor's label.
func (f *foreign) stack() string {
	var b strings.Builder
	run.Stacks(func(stack string, label func(key string) string) {
		if label(labelActor) == f.name {
			b.WriteString(stack)
		}
	})
	return b.String()
}

func (f *foreign) Context() context.Context { return f.ctx }

// Serving stops an incarnation whose context ended before it could be stopped.
func (f *foreign) Serving() {
	pprof.SetGoroutineLabels(f.labels)
	if f.ctx.Err() != nil {
		f.actor.Stop()
	}
}

func (f *foreign) Up() {}

func (f *foreign) Ended(err error) { f.ended <- err }
