package hollywood

import (
	"context"
	"log/slog"
	"time"

	hactor "github.com/anthdm/hollywood/actor"

	"github.com/understudy-go/understudy/internal/run"
)

// Contain is an option for Spawn and SpawnChild of Hollywood's own: it keeps a plain
// process that exceeds its MaxRestarts, or panics when it is stopped, from ending the
// program. It is for the children of adopted actors, and for what is not adopted yet; put
// it last.
//
//	c.SpawnChild(newWorker, "worker", hollywood.Contain)
//
// At the panic that is one too many the process is stopped: it gets Stopped, the
// engine's event stream is told ActorMaxRestartsExceededEvent and ActorStoppedEvent, and
// what is still queued becomes dead letters. It restarts as before until then. What it
// cannot contain is a Receiver that panics at the Stopped that follows a
// panic of its own, and a Producer that does: only adopted ones are safe there.
func Contain(o *hactor.Opts) {
	c := &contained{restarts: o.MaxRestarts}
	o.Middleware = append([]hactor.MiddlewareFunc{c.around}, o.Middleware...)
}

// contained is a plain process under guard; it belongs to the goroutine that runs the
// process.
type contained struct {
	restarts int32 // that are left
	over     bool
}

func (p *contained) around(next hactor.ReceiveFunc) hactor.ReceiveFunc {
	return func(c *hactor.Context) {
		_, stopped := c.Message().(hactor.Stopped)
		if p.over && !stopped {
			p.drop(c)
			return
		}
		last := p.restarts <= 0 || stopped
		back := false
		defer func() {
			if !back {
				p.restarts--
			}
		}()
		err := run.Call(context.Background(), func(context.Context) error { next(c); return nil }, !last)
		back = true
		switch {
		case err != nil && stopped:
			slog.Error("hollywood: Stopped failed", "pid", c.PID().String(), "error", err)
		case err != nil:
			p.end(c)
		}
	}
}

// drop tells of a message that came too late.
func (p *contained) drop(c *hactor.Context) {
	switch c.Message().(type) {
	case hactor.Initialized, hactor.Started:
	default:
		c.Engine().BroadcastEvent(hactor.DeadLetterEvent{Target: c.PID(), Message: c.Message(), Sender: c.Sender()})
	}
}

// end stops the process, as Hollywood means to.
func (p *contained) end(c *hactor.Context) {
	p.over = true
	c.Engine().BroadcastEvent(hactor.ActorMaxRestartsExceededEvent{PID: c.PID(), Timestamp: time.Now()})
	c.Engine().Stop(c.PID())
}
