package flood

import (
	"math/bits"
	"sync"
	"time"
)

// Most is how many lines go through a [Gate] in a second before some are left out.
const Most = 16

// A Gate is for lines of one kind, whoever writes them. Of those of a second the first
// Most go through, and then the 32nd, 64th, 128th …, so that n lines of a second become
// no more than Most and the logarithm of n, and the last of them says at least half of n.
//
// The zero Gate is ready. Its method may be called from any goroutine.
type Gate struct {
	mu    sync.Mutex // guards what follows
	since time.Time  // when the second began
	n     uint64     // lines since then
}

// Pass reports whether a line of now goes through. n is which one of its second it is,
// and 0 as long as none of that was left out.
func (g *Gate) Pass(now time.Time) (n uint64, ok bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if age := now.Sub(g.since); age >= time.Second || age < 0 { // or the clock was set back
		g.since, g.n = now, 0
	}
	g.n++
	if g.n <= Most {
		return 0, true
	}
	return g.n, bits.OnesCount64(g.n) == 1
}
