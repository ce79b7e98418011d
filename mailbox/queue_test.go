package mailbox

import (
	"math"
	"runtime"
	"testing"
	"unsafe"
	"weak"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTheQueueKeepsItsInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := kindOf(rapid.Byte().Draw(t, "kind"), rapid.Byte().Draw(t, "capacity"))
		keys := rapid.IntRange(0, min(2*k.Capacity(), 0xff))
		m := newModel(t, k)
		times := func(t *rapid.T, step func(int)) {
			m.repeat(rapid.IntRange(1, 2*chunkSlots).Draw(t, "times"), step)
		}
		t.Repeat(map[string]func(*rapid.T){
			"tryPut":   func(t *rapid.T) { times(t, func(int) { m.tryPut(keys.Draw(t, "key")) }) },
			"putEnded": func(t *rapid.T) { m.putEnded(keys.Draw(t, "key")) },
			"take":     func(t *rapid.T) { times(t, func(int) { m.take() }) },
			"wait":     func(t *rapid.T) { m.wait(keys.Draw(t, "key")) },
			"leave":    func(t *rapid.T) { m.leave(rapid.IntRange(0, 9).Draw(t, "which")) },
			"close": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "really") == 0 {
					m.close()
				}
			},
			"open": func(*rapid.T) { m.open() },
			"":     func(*rapid.T) { m.check() },
		})
	})
}

// boxesOf has a mailbox of M of each kind, with room.
func boxesOf[M any](t *testing.T, key func(M) int) map[string]Mailbox[M] {
	boxes := make(map[string]Mailbox[M])
	for _, s := range []Spec{Unbounded(), Bounded(1000, Block), Bounded(1000, Reject), Bounded(1000, DropNewest), Bounded(1000, DropOldest)} {
		b, err := New[M](s, nil)
		require.NoError(t, err)
		boxes[s.String()] = b
	}
	b, err := NewLatest(1000, key, nil)
	require.NoError(t, err)
	boxes["Latest"] = b
	return boxes
}

func TestAnEmptyMailboxKeepsNoMessageAlive(t *testing.T) {
	key := 0
	for s, b := range boxesOf(t, func(*message) int { key++; return key }) {
		var seen []weak.Pointer[message]
		for range 3*chunkSlots + 1 {
			m := &message{name: "held only by the mailbox"}
			seen = append(seen, weak.Make(m))
			require.NoError(t, b.TryPut(m))
		}
		runtime.GC()
		require.NotNil(t, seen[0].Value(), "what is queued is held")
		for range seen {
			_, ok := b.Take()
			require.True(t, ok)
		}
		runtime.GC() // Take was not asked again: even the chunk it keeps is zeroed
		for i, p := range seen {
			require.Nil(t, p.Value(), "message %d of %s", i, s)
		}
		runtime.KeepAlive(b)
	}
}

func TestAMailboxThatNeverHoldsTwoMessagesBorrowsNothing(t *testing.T) {
	b := &bounded[int]{capacity: 10}
	for i := range 100 {
		require.NoError(t, b.TryPut(i))
		require.Nil(t, b.more)
		_, ok := b.Take()
		require.True(t, ok)
	}
}

func TestPutAndTakeAllocateNothing(t *testing.T) {
	const burst = 7 * chunkSlots // fewer keys than Latest keeps a map for
	for s, b := range boxesOf(t, func(m message) int { return m.id }) {
		least := 1.0
		for range 400 { // the race detector has sync.Pool forget every fourth chunk at random
			least = min(least, testing.AllocsPerRun(1, func() {
				for i := range burst {
					_ = b.Put(t.Context(), message{id: i})
				}
				for range burst + 1 {
					_, _ = b.Take()
				}
			}))
			if least == 0 {
				break
			}
		}
		require.Zero(t, least, s)
	}
}

func TestAConsumerThatIsBehindLocksOnceAChunk(t *testing.T) {
	const messages = 5 * chunkSlots
	b := &unbounded[int]{}
	for i := range messages {
		require.NoError(t, b.TryPut(i))
	}
	locks := 0
	for i := range messages {
		if b.ahead == nil {
			locks++
		}
		m, ok := b.Take()
		require.True(t, ok)
		require.Equal(t, i, m)
	}
	require.Equal(t, 6, locks, "one for the slot, and one for each of five chunks")
}

func TestTheCountOfWhatHasGoneMayWrap(t *testing.T) {
	b := &bounded[int]{capacity: 2 * chunkSlots}
	for range 2 {
		require.NoError(t, b.TryPut(0))
	}
	b.more.gone.Store(math.MaxUint32 - 5)
	b.more.seen = math.MaxUint32 - 5
	for i := range 2*chunkSlots - 2 {
		require.NoError(t, b.TryPut(i))
	}
	require.Equal(t, ErrFull, b.TryPut(0))
	for left := 2*chunkSlots - 1; left >= 0; left-- {
		_, ok := b.Take()
		require.True(t, ok)
		require.Equal(t, left, b.Len())
	}
	require.Less(t, b.more.gone.Load(), uint32(100))
	require.Equal(t, Stats{Peak: 2 * chunkSlots}, b.Stats())
}

func TestAFullMailboxThatDropsAllocatesNothing(t *testing.T) {
	old := 0
	drop := func(m message) { old += m.id }
	newest, err := New(Bounded(40, DropNewest), drop)
	require.NoError(t, err)
	oldest, err := New(Bounded(40, DropOldest), drop)
	require.NoError(t, err)
	latest, err := NewLatest(40, func(m message) int { return m.id % 40 }, drop)
	require.NoError(t, err)
	for _, b := range []Mailbox[message]{newest, oldest, latest} {
		next := 0
		allocs := testing.AllocsPerRun(1000, func() {
			_ = b.TryPut(message{id: next})
			next++
		})
		require.Less(t, allocs, 0.5, "%T", b) // a chunk, where the race detector has a pool forget it
	}
}

func TestAnIdleMailboxIsAtMostItsHeaderAndOneMessage(t *testing.T) {
	require.LessOrEqual(t, unsafe.Sizeof(unbounded[struct{}]{}), uintptr(40))
	require.LessOrEqual(t, unsafe.Sizeof(bounded[struct{}]{}), uintptr(48))
	require.LessOrEqual(t, unsafe.Sizeof(bounded[message]{}), 48+unsafe.Sizeof(message{}))
	require.LessOrEqual(t, unsafe.Sizeof(dropping[message]{}), 64+unsafe.Sizeof(message{}))
	require.LessOrEqual(t, unsafe.Sizeof(latest[message, int]{}), 72+unsafe.Sizeof(keyed[message, int]{}))
}
