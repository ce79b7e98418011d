package mailbox

import (
	"runtime"
	"testing"
	"unsafe"
	"weak"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTheQueueKeepsItsInvariants(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(
			rapid.Just(Unbounded()),
			rapid.Custom(func(t *rapid.T) Spec {
				return Bounded(rapid.IntRange(1, 3*chunkSlots).Draw(t, "capacity"), rapid.SampledFrom([]Overflow{Block, Reject}).Draw(t, "overflow"))
			}),
		).Draw(t, "spec")
		m := newModel(t, s)
		times := func(t *rapid.T, f func()) {
			for range rapid.IntRange(1, 2*chunkSlots).Draw(t, "times") {
				f()
				m.check()
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"tryPut":   func(t *rapid.T) { times(t, m.tryPut) },
			"putEnded": func(*rapid.T) { m.putEnded() },
			"take":     func(t *rapid.T) { times(t, m.take) },
			"wait":     func(*rapid.T) { m.wait() },
			"leave":    func(t *rapid.T) { m.leave(rapid.IntRange(0, 9).Draw(t, "which")) },
			"close": func(t *rapid.T) {
				if rapid.IntRange(0, 9).Draw(t, "really") == 0 {
					m.close()
				}
			},
			"": func(*rapid.T) { m.check() },
		})
	})
}

func TestAnEmptyMailboxKeepsNoMessageAlive(t *testing.T) {
	for _, s := range []Spec{Unbounded(), Bounded(1000, Block)} {
		b, err := New[*message](s, nil)
		require.NoError(t, err)
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
			require.Nil(t, p.Value(), "message %d of %v", i, s)
		}
		runtime.KeepAlive(b)
	}
}

func TestAMailboxThatNeverHoldsTwoMessagesNeverOwnsAChunk(t *testing.T) {
	b := newBounded[int](10, Block)
	for i := range 100 {
		require.NoError(t, b.TryPut(i))
		require.Nil(t, b.tail)
		_, ok := b.Take()
		require.True(t, ok)
	}
}

func TestPutAndTakeAllocateNothing(t *testing.T) {
	for _, s := range []Spec{Unbounded(), Bounded(1000, Block), Bounded(1000, Reject)} {
		b, err := New[message](s, nil)
		require.NoError(t, err)
		allocs := testing.AllocsPerRun(100, func() {
			for range 10 * chunkSlots {
				_ = b.Put(t.Context(), message{name: "x"})
			}
			for range 10*chunkSlots + 1 {
				_, _ = b.Take()
			}
		})
		// Ten chunks are needed each time. The race detector has sync.Pool
		// forget every fourth at random; without it none is made anew.
		require.LessOrEqual(t, allocs, 5.0, "%v", s)
	}
}

func TestAnIdleMailboxIsSmall(t *testing.T) {
	require.LessOrEqual(t, unsafe.Sizeof(unbounded[struct{}]{}), uintptr(96))
	require.LessOrEqual(t, unsafe.Sizeof(bounded[struct{}]{}), uintptr(96))
	require.LessOrEqual(t, unsafe.Sizeof(bounded[message]{})-unsafe.Sizeof(message{}), uintptr(96))
}
