package main

import (
	"context"

	"github.com/understudy-go/understudy/actor"
)

// outcome is what became of one file.
type outcome struct {
	path    string
	source  source
	failure cause // the zero cause when it was parsed
}

// indexMessage is what the index receives: a count or a look. Both are asks.
type indexMessage interface{ forIndex() }

// count takes a file into the totals, and answers when that is done.
type count struct {
	file outcome
	done actor.Reply[struct{}]
}

// look asks how far the index is.
type look struct{ reply actor.Reply[sofar] }

// sofar is how far the index is.
type sofar struct{ parsed, failed int }

func (count) forIndex() {}
func (look) forIndex()  {}

// book holds the totals. It is made outside of the index actor, because it must
// outlive each incarnation of it, and is the actor's alone until the tree has
// closed. A lock is not needed.
type book struct {
	parsed, failed int
	bytes          int64 // of the files that were parsed
	decls          decls
	failures       map[cause]*loss
}

// loss is what was lost to one cause.
type loss struct {
	files   int
	example string // the first path in order, so that it is the same in each run
}

func newBook() *book { return &book{failures: make(map[cause]*loss)} }

// indexSpec describes the index, which writes into b.
func indexSpec(b *book) actor.Spec[indexMessage] {
	return actor.Spec[indexMessage]{
		Name: "index",
		New: func(context.Context, actor.Ref[indexMessage]) (actor.Receiver[indexMessage], error) {
			return b, nil
		},
	}
}

// Receive handles one message. It cannot fail.
func (b *book) Receive(_ context.Context, m indexMessage) error {
	switch m := m.(type) {
	case count:
		b.add(m.file)
		m.done.Send(struct{}{})
	case look:
		m.reply.Send(sofar{b.parsed, b.failed})
	}
	return nil
}

// add counts one file.
func (b *book) add(o outcome) {
	if o.failure == (cause{}) {
		b.parsed++
		b.bytes += int64(o.source.bytes)
		b.decls.merge(o.source.decls)
		return
	}
	b.failed++
	l := b.failures[o.failure]
	if l == nil {
		l = &loss{example: o.path}
		b.failures[o.failure] = l
	}
	l.files++
	l.example = min(l.example, o.path)
}
