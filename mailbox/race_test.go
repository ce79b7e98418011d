package mailbox

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// everyKind is a mailbox of each kind, as small as makes sense and larger than a
// chunk.
func everyKind() []kind {
	kinds := []kind{{Spec: Unbounded()}}
	for _, capacity := range []int{1, 3, chunkSlots + 8} {
		for o := range numOverflows {
			kinds = append(kinds, kind{Spec: Bounded(capacity, o)})
		}
		kinds = append(kinds, kind{Spec: Bounded(capacity, Block), latest: true})
	}
	return kinds
}

// rush is many senders at one mailbox, in real time for the race detector. A
// message is told by its sender, its number, and its key in the lowest byte.
type rush struct {
	box      Mailbox[int]
	accepted atomic.Int64
	refused  atomic.Int64
	ended    atomic.Int64 // senders

	mu      sync.Mutex
	dropped []int
}

const (
	rushSenders = 6
	rushEach    = 1500
	rushAgain   = 1 << 40 // set in a message that drop has put again
)

func rushMessage(sender, n int) int { return (sender+1)<<32 | n<<8 | n%5 }

// drop puts every fourth message again, once.
func (r *rush) drop(m int) {
	r.mu.Lock()
	r.dropped = append(r.dropped, m)
	r.mu.Unlock()
	if m>>8&3 == 0 && m&rushAgain == 0 {
		r.put(context.Background(), m|rushAgain)
	}
}

func (r *rush) put(ctx context.Context, m int) {
	var err error
	if m>>8%3 == 0 || m&rushAgain != 0 {
		err = r.box.TryPut(m)
	} else {
		err = r.box.Put(ctx, m)
	}
	if err == nil {
		r.accepted.Add(1)
	} else {
		r.refused.Add(1)
	}
}

// run has everybody at it, closing if somebody is to close and open meanwhile,
// and returns what was taken.
func (r *rush) run(ctx context.Context, closing bool, look func()) (taken []int) {
	var wg sync.WaitGroup
	for s := range rushSenders {
		wg.Go(func() {
			defer r.ended.Add(1)
			for n := range rushEach {
				r.put(ctx, rushMessage(s, n))
			}
		})
	}
	for range 2 {
		wg.Go(func() {
			for r.ended.Load() < rushSenders {
				if closing {
					r.box.Close()
					runtime.Gosched()
					r.box.Open()
				}
				look()
				runtime.Gosched()
			}
		})
	}
	for over := false; !over; {
		over = r.ended.Load() == rushSenders
		for m, ok := r.box.Take(); ok; m, ok = r.box.Take() {
			taken = append(taken, m)
		}
		runtime.Gosched()
	}
	wg.Wait()
	return taken
}

func TestEveryMessageOfManySendersIsTakenOrDroppedOrRefused(t *testing.T) {
	for _, k := range everyKind() {
		for _, closing := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v, closing=%v", k, closing), func(t *testing.T) {
				r := &rush{}
				var err error
				r.box, _, err = k.create(r.drop)
				require.NoError(t, err)
				var most atomic.Int64
				taken := r.run(t.Context(), closing, func() {
					n, s := r.box.Len(), r.box.Stats()
					if s.Len > s.Peak || n > r.box.Stats().Peak || !k.unbounded && s.Peak > k.Capacity() {
						most.Store(int64(n))
					}
				})
				require.Zero(t, most.Load(), "a length beyond the peak, or a peak beyond the capacity")
				require.Equal(t, Stats{Peak: r.box.Stats().Peak, Dropped: uint64(len(r.dropped))}, r.box.Stats())
				require.EqualValues(t, r.accepted.Load(), len(taken)+len(r.dropped))
				requireOnce(t, taken, r.dropped)
				if !k.latest {
					requireOrder(t, taken)
				}
			})
		}
	}
}

// requireOnce fails the test if a message has gone two ways.
func requireOnce(t *testing.T, ways ...[]int) {
	t.Helper()
	seen := make(map[int]bool)
	for _, way := range ways {
		for _, m := range way {
			require.False(t, seen[m], "message %x was seen before", m)
			seen[m] = true
		}
	}
}

// requireOrder fails the test if a sender's messages were not taken in order,
// but for those that drop has put again.
func requireOrder(t *testing.T, taken []int) {
	t.Helper()
	newest := make(map[int]int)
	for _, m := range taken {
		if m&rushAgain != 0 {
			continue
		}
		require.Greater(t, m, newest[m>>32], "after a later one of its sender")
		newest[m>>32] = m
	}
}

// Senders may put only while fewer than that many are there, by a count of
// their own. A Peak that counts what is gone would be greater.
func TestThePeakNeverCountsAMessageThatIsGone(t *testing.T) {
	const allowed, senders, each = 2*chunkSlots + 3, 4, 20000
	for _, k := range []kind{{Spec: Unbounded()}, {Spec: Bounded(10*allowed, Block)}, {Spec: Bounded(10*allowed, DropNewest)}} {
		b, _, err := k.create(nil)
		require.NoError(t, err)
		room := make(chan struct{}, allowed)
		var wg sync.WaitGroup
		for range senders {
			wg.Go(func() {
				for m := range each {
					room <- struct{}{}
					_ = b.TryPut(m)
				}
			})
		}
		for n := 0; n < senders*each; {
			if _, ok := b.Take(); ok {
				<-room
				n++
			} else {
				runtime.Gosched()
			}
		}
		wg.Wait()
		require.LessOrEqual(t, b.Stats().Peak, allowed)
		require.Positive(t, b.Stats().Peak)
	}
}

func TestReadersOfStatsSeeOneMoment(t *testing.T) {
	b, err := New[int](Bounded(4, DropOldest), nil)
	require.NoError(t, err)
	var wg sync.WaitGroup
	var done atomic.Bool
	wg.Go(func() {
		defer done.Store(true)
		for m := range 20000 {
			_ = b.TryPut(m)
		}
	})
	var last Stats
	for !done.Load() {
		s := b.Stats()
		if s.Dropped > 0 && s.Len != 4 || s.Len > s.Peak || s.Dropped < last.Dropped || s.Peak < last.Peak {
			t.Fatalf("%+v after %+v, though nobody takes", s, last)
		}
		last = s
	}
	wg.Wait()
	require.Equal(t, Stats{Len: 4, Peak: 4, Dropped: 19996}, b.Stats())
}
