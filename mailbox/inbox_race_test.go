package mailbox

import (
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// post is a message of one of many posters.
type post struct{ poster, seq int }

// crowd is a handler that checks what it can see of many posters at once. Its
// plain fields are written in every turn, so that the race detector sees a
// turn that does not happen after the one before.
type crowd struct {
	t       *testing.T
	inbox   Inbox[post]
	inside  atomic.Int32
	next    []int // by poster, the next message
	handled int
	moved   atomic.Int64

	// allowed holds the goroutines that may handle: those inside Post and
	// those that elsewhere started.
	allowed sync.Map
	echo    Node[post] // posted by the handler; the last of the posters in next
	echoed  int
}

func (c *crowd) Handle(m post) {
	if c.inside.Add(1) != 1 {
		c.t.Error("two handlers at once")
	}
	if _, ok := c.allowed.Load(goroutine()); !ok {
		c.t.Error("a goroutine handles that is neither inside Post nor elsewhere")
	}
	if m.seq != c.next[m.poster] {
		c.t.Errorf("poster %d: message %d came, want %d", m.poster, m.seq, c.next[m.poster])
	}
	c.next[m.poster]++
	c.handled++
	if echo := len(c.next) - 1; c.handled%7 == 0 && c.echoed == c.next[echo] {
		c.echo.Msg = post{echo, c.echoed}
		c.echoed++
		c.inbox.Post(&c.echo)
	}
	if c.handled%50 == 0 {
		runtime.Gosched() // let the others pile up
	}
	c.inside.Add(-1)
}

func (c *crowd) post(n *Node[post]) {
	id := goroutine()
	c.allowed.Store(id, true)
	c.inbox.Post(n)
	c.allowed.Delete(id)
}

func (c *crowd) elsewhere(wg *sync.WaitGroup) func(func()) {
	return func(f func()) {
		c.moved.Add(1)
		wg.Go(func() {
			id := goroutine()
			c.allowed.Store(id, true)
			f()
			c.allowed.Delete(id)
		})
	}
}

// goroutine returns the name of the calling goroutine, "goroutine 7".
func goroutine() string {
	var stack [64]byte
	n := runtime.Stack(stack[:], false)
	name, _, _ := strings.Cut(string(stack[:n]), " [")
	return name
}

func TestManyPostersAtOnce(t *testing.T) {
	const posters, each = 8, 1500
	for range 3 {
		c := &crowd{t: t, next: make([]int, posters+1)}
		var senders, turns sync.WaitGroup
		c.inbox.Init(c, c.elsewhere(&turns))
		for p := range posters {
			senders.Go(func() {
				random := rand.New(rand.NewPCG(1, uint64(p)))
				for seq := range each {
					c.post(&Node[post]{Msg: post{p, seq}})
					for range random.IntN(3) {
						runtime.Gosched()
					}
				}
			})
		}
		senders.Wait()
		turns.Wait()
		require.Equal(t, posters*each+c.echoed, c.handled)
		for p := range posters {
			require.Equal(t, each, c.next[p])
		}
		require.Equal(t, c.echoed, c.next[posters])
		require.Nil(t, c.inbox.word.Load())
		t.Logf("%d messages posted by the handler, %d turns moved", c.echoed, c.moved.Load())
	}
}

// reuser has each poster's single node posted again as soon as its message is
// being handled, with the race detector watching Msg and next.
type reuser struct {
	free []chan struct{}
	sum  int
}

func (r *reuser) Handle(m post) {
	r.sum += m.seq
	r.free[m.poster] <- struct{}{}
}

func TestTheHandlerMayReuseWhatWasPosted(t *testing.T) {
	const posters, each = 4, 1000
	r := &reuser{}
	var b Inbox[post]
	var wg sync.WaitGroup
	b.Init(r, func(f func()) { wg.Go(f) })
	for range posters {
		r.free = append(r.free, make(chan struct{}, 1))
	}
	for p := range posters {
		wg.Go(func() {
			var n Node[post]
			for i := range each {
				n.Msg = post{p, i}
				b.Post(&n)
				<-r.free[p]
			}
		})
	}
	wg.Wait()
	require.Equal(t, posters*each*(each-1)/2, r.sum)
}
