package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// tick is how often progress is shown.
const tick = 100 * time.Millisecond

// progress shows how far the index is.
type progress struct {
	index    actor.Ref[indexMessage]
	to       io.Writer
	terminal bool // one line, written over and over; else a line each time
}

// spec describes the child. It runs until it is asked to drain, and comes back if
// it crashes before.
func (p *progress) spec() tree.ChildSpec {
	return tree.ChildSpec{Name: "progress", Run: p.run, Restart: policy.Transient}
}

// run is an ordinary ticker loop. The soft signal ends it; its context would too,
// were the grace ever over.
func (p *progress) run(ctx context.Context) error {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if err := p.show(ctx); err != nil {
				return err
			}
		case <-tree.Draining(ctx):
			if p.terminal {
				fmt.Fprint(p.to, clearLine)
			}
			return nil
		}
	}
}

// clearLine erases to the end of the line.
const clearLine = "\x1b[K"

func (p *progress) show(ctx context.Context) error {
	now, err := actor.Ask(ctx, p.index, func(r actor.Reply[sofar]) indexMessage { return look{reply: r} })
	if err != nil {
		return err
	}
	end := "\n"
	if p.terminal {
		end = clearLine + "\r"
	}
	fmt.Fprintf(p.to, "%s files parsed, %s failed%s", grouped(now.parsed), grouped(now.failed), end)
	return nil
}
