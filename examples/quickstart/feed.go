package main

import (
	"context"
	"errors"

	"github.com/understudy-go/understudy/actor"
)

// feed is a task of the walker that owns one file at a time: it has the file
// parsed, and does not let go of it before the index has counted it.
type feed struct {
	dir    string
	index  actor.Ref[indexMessage]
	parser actor.Ref[parseMessage]
	paths  <-chan string
}

// run sees files through until there are none.
func (f *feed) run(ctx context.Context) error {
	for path := range f.paths {
		o, err := f.parsed(ctx, path)
		if err != nil {
			return err
		}
		if err := counted(ctx, f.index, o); err != nil {
			return err
		}
	}
	return nil
}

// parsed has the parser parse a file and returns what came of it. An error means
// that nothing did: the task was canceled, or the parser has ended for good.
//
// It may take several tries. Between two of them the parser is restarted; its
// address and its mailbox stay the same, so the next ask just waits for it. The
// last try comes, because chaos spares it.
func (f *feed) parsed(ctx context.Context, path string) (outcome, error) {
	for try := 1; ; try++ {
		src, err := actor.Ask(ctx, f.parser, func(r actor.Reply[source]) parseMessage {
			return parseMessage{dir: f.dir, path: path, try: try, reply: r}
		})
		var crash *actor.NoReplyError
		switch {
		case err == nil:
			return outcome{path: path, source: src}, nil
		case ctx.Err() != nil:
			return outcome{}, ctx.Err() // so that it counts as canceled
		case !errors.As(err, &crash), crash.Cause == nil:
			return outcome{}, err // the parser was stopped: the pool is no more
		case errors.Is(err, errInjected):
			continue // bad luck is no fault of the file
		}
		// No reply, and a cause: the parser crashed at this very file, for it was
		// asked nothing else. Another try would end the same way.
		return outcome{path: path, failure: causeOf(crash.Cause)}, nil
	}
}

// counted tells the index what became of a file. It asks, although it needs no
// answer, rather than send: a message that was sent may still be queued when the
// index is stopped, while a file whose count was answered is in the totals.
func counted(ctx context.Context, index actor.Ref[indexMessage], o outcome) error {
	_, err := actor.Ask(ctx, index, func(r actor.Reply[struct{}]) indexMessage {
		return count{file: o, done: r}
	})
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
