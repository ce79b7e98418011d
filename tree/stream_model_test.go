package tree_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/understudy-go/understudy/tree"
)

// streamPlan is one use of a stream. All its times differ by a bit of their own
// below unit, so that no two things happen at once and each plan has one outcome.
type streamPlan struct {
	spec    tree.StreamSpec
	items   []itemPlan
	through time.Duration // the source's last delay, before it says that it is through
	leave   int           // the loop is left at this pair; 0: never
	ctxEnd  time.Duration
}

// itemPlan is one item of the source.
type itemPlan struct {
	source   time.Duration // that the source needs to find it
	work     time.Duration // that its function needs
	reaction time.Duration // from its cancel to its return
	consumer time.Duration // that the loop needs for the pair
	deaf     bool          // it heeds no cancel
	outcome  string        // "", "boom" or "panic"
}

const unit = 200 * time.Second // more than all bits together

func (p *streamPlan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%+v leave=%d ctxEnd=%v through=%v", p.spec, p.leave, p.ctxEnd, p.through)
	for i, item := range p.items {
		fmt.Fprintf(&b, "\n  %d: %+v", i, item)
	}
	return b.String()
}

// streamOutcome is what came of a plan: the pairs, and when the loop had ended.
type streamOutcome struct {
	pairs []streamPair
	took  time.Duration
}

type streamPair struct {
	item int // -1 for the last pair of a stream that was cut short
	kind string
	at   time.Duration
}

// streamModel says what must come of a plan. The loop's goroutine is the only one
// that decides anything, so it is a clock that is moved forward.
type streamModel struct {
	plan                 *streamPlan
	now                  time.Duration
	taken, back, yielded int
	atWork               []flight
	ready                map[int]flight
	out                  streamOutcome
	left                 bool
}

// flight is an item from its begin on.
type flight struct {
	item            int
	canceled, ended time.Duration
	kind            string
}

// modelStream plays a plan.
func modelStream(p *streamPlan) streamOutcome {
	m := &streamModel{plan: p, ready: map[int]flight{}}
	cut := m.feed()
	if !m.left {
		m.serve(func() bool { return m.taken == m.yielded })
	}
	if cut && !m.left {
		m.out.pairs = append(m.out.pairs, streamPair{-1, "cut", m.now})
	}
	m.out.took = m.now
	for _, f := range m.atWork { // the loop was left
		m.out.took = max(m.out.took, m.endAfterBreak(f))
	}
	return m.out
}

func (m *streamModel) feed() (cut bool) {
	for i := range m.plan.items {
		if m.now >= m.plan.ctxEnd {
			return true
		}
		m.now += m.plan.items[i].source
		m.begin(i)
		if m.serve(m.hasRoom); m.left {
			return false
		}
	}
	if m.now >= m.plan.ctxEnd {
		return true
	}
	m.now += m.plan.through
	return false
}

func (m *streamModel) hasRoom() bool {
	window := m.plan.spec.Window
	if window == 0 {
		window = 2 * m.plan.spec.Limit
	}
	return m.taken-m.back < m.plan.spec.Limit && m.taken-m.yielded < window
}

// begin decides how the item ends if the loop is not left.
func (m *streamModel) begin(i int) {
	m.taken++
	item, f := m.plan.items[i], flight{item: i, kind: m.plan.items[i].outcome}
	timeout := m.plan.spec.Timeout
	f.ended, f.canceled = m.now+item.work, m.plan.ctxEnd
	timedOut := timeout > 0 && m.now+timeout < m.plan.ctxEnd
	if timedOut {
		f.canceled = m.now + timeout
	}
	switch late := f.canceled < f.ended; {
	case m.now >= m.plan.ctxEnd:
		f.kind, f.ended = "refused", m.now
	case late && !item.deaf && timedOut:
		f.kind, f.ended = "timeout", f.canceled+item.reaction
	case late && !item.deaf:
		f.kind, f.ended = "canceled", f.canceled+item.reaction
	case late && timedOut && f.kind == "boom":
		f.kind = "timeout"
	}
	m.atWork = append(m.atWork, f)
}

// serve moves the clock until nothing is ready and enough says so.
func (m *streamModel) serve(enough func() bool) {
	for !m.left {
		first := -1
		for i, f := range m.atWork {
			if first < 0 || f.ended < m.atWork[first].ended {
				first = i
			}
		}
		_, ready := m.ready[m.yielded]
		switch {
		case first >= 0 && m.atWork[first].ended <= m.now:
			m.arrive(first)
		case ready:
			m.yield()
		case enough():
			return
		default:
			m.now = m.atWork[first].ended
		}
	}
}

func (m *streamModel) arrive(i int) {
	f := m.atWork[i]
	m.atWork = append(m.atWork[:i:i], m.atWork[i+1:]...)
	turn := f.item
	if m.plan.spec.Unordered {
		turn = m.back
	}
	m.ready[turn] = f
	m.back++
}

func (m *streamModel) yield() {
	f := m.ready[m.yielded]
	m.yielded++
	m.out.pairs = append(m.out.pairs, streamPair{f.item, f.kind, m.now})
	m.now += m.plan.items[m.yielded-1].consumer
	m.left = m.yielded == m.plan.leave
}

// endAfterBreak is when an item that is at work when the loop is left has ended.
func (m *streamModel) endAfterBreak(f flight) time.Duration {
	item := m.plan.items[f.item]
	if item.deaf || f.canceled <= m.now || f.ended <= m.now {
		return f.ended
	}
	return m.now + item.reaction
}
