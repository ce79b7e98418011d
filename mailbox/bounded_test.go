package mailbox

import (
	"context"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// The tests here stop a sender or the consumer between two steps that nobody
// outside can see between; mailboxtest has what can be seen.

// behind returns a full mailbox whose next message is taken without the lock.
func behind(t *testing.T) *bounded[int] {
	b := &bounded[int]{capacity: 4}
	for i := range 4 {
		require.NoError(t, b.TryPut(i))
	}
	for i := range 2 { // the slot, and the first of a batch
		m, ok := b.Take()
		require.True(t, ok)
		require.Equal(t, i, m)
		require.NoError(t, b.TryPut(4+i))
	}
	require.NotNil(t, b.ahead)
	return b
}

func TestASenderSeesTheMessageThatWasTakenWhileItMadeUpItsMindToWait(t *testing.T) {
	b := behind(t)
	b.mu.Lock()
	require.True(t, b.full())
	_, ok := b.Take() // looks at waiting and finds nobody
	require.True(t, ok)
	w := b.wait(9)
	b.mu.Unlock()
	require.Len(t, w.result, 1, "let in at once, for nobody else will")
	require.Equal(t, 4, b.Len())
}

func TestNobodyOvertakesAWaiterThatTheConsumerHasNotYetSeen(t *testing.T) {
	b := behind(t)
	b.mu.Lock()
	first := b.wait(9)
	b.mu.Unlock()
	var m int
	b.takeAhead(&m) // the first half of Take: there is room, and a waiter
	require.Empty(t, first.result)
	require.Equal(t, ErrFull, b.TryPut(10))
	b.mu.Lock()
	second := b.wait(11)
	b.mu.Unlock()
	require.Len(t, first.result, 1, "the next to come lets in the one before it")
	require.Empty(t, second.result)
}

func TestARoomThatCameWithTheEndOfTheContextIsTaken(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 64 { // select chooses either way
		b := behind(t)
		b.mu.Lock()
		w := b.wait(9)
		b.mu.Unlock()
		_, ok := b.Take()
		require.True(t, ok)
		require.NoError(t, b.await(ctx, w), "the message is queued, so Put must not say that it is not")
		require.Equal(t, 4, b.Len())
	}
}

func TestAConsumerSeesTheSenderThatBeganToWaitWhileItTook(t *testing.T) {
	for range 20000 {
		b := &bounded[int]{capacity: 4}
		for i := range 4 {
			_ = b.TryPut(i)
		}
		_, _ = b.Take()
		_, _ = b.Take()
		_, _ = b.TryPut(4), b.TryPut(5)
		var w *waiter[int]
		var wg sync.WaitGroup
		wg.Go(func() {
			b.mu.Lock()
			w = b.wait(9)
			b.mu.Unlock()
		})
		runtime.Gosched()
		_, _ = b.Take()
		wg.Wait()
		if len(w.result) == 0 {
			t.Fatalf("a sender waits with %d of 4 messages there", b.Len())
		}
	}
}

func TestAWaiterThatLeftIsForgotten(t *testing.T) {
	b := behind(t)
	b.mu.Lock()
	first, second := b.wait(8), b.wait(9)
	require.True(t, b.leave(first))
	require.False(t, b.leave(first))
	require.Same(t, second, b.more.waiters.first)
	require.True(t, b.leave(second))
	require.Nil(t, b.more.waiters.first)
	require.False(t, b.more.waiting.Load())
	b.mu.Unlock()
	for _, w := range []*waiter[int]{first, second} {
		require.Nil(t, w.next)
		require.Nil(t, w.prev)
	}
}
