package tree

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/understudy-go/understudy/internal/run"
)

// journalCap bounds the events that wait for a slow observer.
const journalCap = 8192

// A journal brings events to one observer, in order and one at a time. It has a
// goroutine only while there are events.
//
// Invariants:
//
//  1. An event that waits holds a unit of its scope's gate, so a scope ends after
//     its events were observed. Only a SpawnRefused holds none.
//  2. No lock is held while the observer runs.
//  3. An event that waits for an answer, and what comes behind it, is observed after
//     that. Answers come within the turn that emitted the event.
type journal struct {
	observer Observer
	all      bool    // else only what nobody should miss; see unmissable
	batch    []entry // taken and not yet delivered; of the goroutine that delivers

	mu      sync.Mutex // guards what follows
	waiting []entry
	busy    bool // a goroutine delivers
	dropped int
}

type entry struct {
	core  *core
	event Event
	held  bool    // a unit of the core's gate
	after *answer // what it waits for; nil for nothing
}

// answer is what a scope does about an exit: when observers hear of that, names are
// free and watchers told.
type answer struct{ given bool } // guarded by the journal's mu

// wants reports whether the observer is to be told of a kind. It is asked before
// an event is made, so that one nobody wants costs nothing.
func (j *journal) wants(k EventKind) bool { return j.all || unmissable[k] }

// wants asks the scope's journal.
func (c *core) wants(k EventKind) bool { return c.journal.wants(k) }

// tell emits an event about a child, or about the scope when ch is nil, if
// anybody wants it.
func (c *core) tell(ch *Child, e Event) {
	if c.wants(e.Kind) {
		c.emit(ch, e)
	}
}

// emit fills in what all events have, hands the event over, and reports whether
// it was taken.
func (c *core) emit(ch *Child, e Event) (taken bool) { return c.emitAfter(ch, e, nil) }

// emitAfter is emit of an event that waits for an answer.
func (c *core) emitAfter(ch *Child, e Event, after *answer) (taken bool) {
	if ch != nil {
		e.Path = ch.Path()
	} else {
		e.Path = c.path()
	}
	return c.journal.add(c, e, after)
}

// add queues an event and sees that somebody delivers it. It reports whether
// there was room.
func (j *journal) add(c *core, e Event, after *answer) bool {
	e.Time, e.Tree = time.Now(), c.root.uuid()
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.waiting) >= journalCap {
		j.dropped++
		return false
	}
	// A refusal holds nothing up: who spawns again at each would keep the scope
	// from ever ending.
	held := e.Kind != SpawnRefused
	if held {
		c.gate.enter(gateOther)
	}
	j.waiting = append(j.waiting, entry{c, e, held, after})
	j.begin()
	return true
}

// answered lets events go that wait for after; nil is what nothing waits for.
func (j *journal) answered(after *answer) {
	if after == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	after.given = true
	j.begin()
}

// begin sees that somebody delivers what may be delivered. mu is held.
func (j *journal) begin() {
	if !j.busy && len(j.waiting) > 0 && j.waiting[0].ready() {
		j.busy = true
		aside(j.deliver)
	}
}

// ready reports whether the event may be observed. The journal's mu is held.
func (e *entry) ready() bool { return e.after == nil || e.after.given }

// deliver observes events until none waits. An observer that calls
// runtime.Goexit takes this goroutine with it; the next one goes on.
func (j *journal) deliver() {
	unwound := true
	defer func() {
		if unwound {
			aside(j.deliver)
		}
	}()
	for {
		e, dropped, ok := j.next()
		if !ok {
			unwound = false
			return
		}
		if dropped > 0 {
			j.observe(Event{Kind: EventsDropped, Time: time.Now(), Tree: e.event.Tree, Path: e.event.Path, Count: dropped})
		}
		e.deliver(j)
	}
}

// deliver observes one event and lets its scope go.
func (e entry) deliver(j *journal) {
	defer func() {
		if e.held {
			e.core.leaveGate(gateOther)
		}
	}()
	j.observe(e.event)
}

// next takes the oldest event. Those who deliver take from batch, which only
// they touch, and lock only to fetch the next one.
func (j *journal) next() (e entry, dropped int, ok bool) {
	if len(j.batch) == 0 {
		if dropped, ok = j.fetch(); !ok {
			return entry{}, 0, false
		}
	}
	e = j.batch[0]
	j.batch[0] = entry{}
	j.batch = j.batch[1:]
	return e, dropped, true
}

// fetch takes all that waits for nothing but its turn as the next batch. When it
// reports false there was nothing, and the batch may be another's from then on.
func (j *journal) fetch() (dropped int, ok bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := 0
	for n < len(j.waiting) && j.waiting[n].ready() {
		n++
	}
	if j.busy = n > 0; !j.busy {
		j.batch = nil // a batch that is done with keeps its array
		return 0, false
	}
	j.batch = j.waiting[:n:n]
	if j.waiting = j.waiting[n:]; len(j.waiting) == 0 {
		j.waiting = nil
	}
	dropped, j.dropped = j.dropped, 0
	return dropped, true
}

// observe calls the observer and logs its panic.
func (j *journal) observe(e Event) {
	err := run.Call(context.Background(), func(context.Context) error {
		j.observer.Observe(e)
		return nil
	}, false)
	if err != nil {
		slog.Default().Error("tree: observer failed", "error", err, "event", e.Kind.String(), "path", e.Path, "cause", e.Err)
	}
}
