package registry_test

import (
	"errors"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor/registry"
	"github.com/understudy-go/understudy/policy"
)

type groups = registry.Groups[string, string]

// values returns what entries are registered with.
func values(entries []registry.Entry[string]) []any {
	var list []any
	for _, e := range entries {
		list = append(list, e.Value)
	}
	return list
}

func TestSupervision_173_AnActorMayJoinAGroupTwiceAndOthersToo(t *testing.T) {
	var g groups
	first, second := newFake("app/first"), newFake("app/second")
	for i, f := range []*fake{first, second, first, first} {
		require.NoError(t, g.Join("news", f.ref(), i))
	}
	require.NoError(t, g.Join("sport", first.ref(), nil))
	require.Equal(t, []any{0, 1, 2, 3}, values(g.Entries("news")))
	require.Equal(t, 4, g.Size("news"))
	require.Equal(t, 2, g.Len())
	require.Equal(t, []string{"news", "news", "news", "sport"}, g.Keys(first.ref()))

	took, err := g.Publish(t.Context(), "news", "hello")
	require.NoError(t, err)
	require.Equal(t, 4, took)
	require.Len(t, first.messages(), 3)
	require.Len(t, second.messages(), 1)

	require.NoError(t, g.Leave("news", first.ref()))
	require.Equal(t, []any{0, 1, 2}, values(g.Entries("news")), "the latest of its entries")
	first.end()
	require.Equal(t, []any{1}, values(g.Entries("news")))
	require.Zero(t, g.Size("sport"))
	second.end()
	require.Zero(t, g.Len())
}

func TestSupervision_173_DispatchCallsWithAllEntriesInTheCaller(t *testing.T) {
	var g groups
	require.NoError(t, g.Dispatch("news", func([]registry.Entry[string]) error { panic("nobody is there") }))
	for i := range 3 {
		require.NoError(t, g.Join("news", newRef("app"), i))
	}
	errStop := errors.New("stop")
	before := runtime.NumGoroutine()
	calls, during := 0, 0
	err := g.Dispatch("news", func(entries []registry.Entry[string]) error {
		calls++
		during = runtime.NumGoroutine()
		require.Equal(t, []any{0, 1, 2}, values(entries))
		require.NoError(t, g.Join("news", newRef("late"), 3), "the registry may be used")
		return errStop
	})
	require.Equal(t, errStop, err)
	require.Equal(t, 1, calls)
	require.Equal(t, before, during, "no goroutine was started")
	require.PanicsWithValue(t, "mine", func() {
		_ = g.Dispatch("news", func([]registry.Entry[string]) error { panic("mine") })
	})
}

func TestSupervision_173_DispatchInParallelCallsWithEachEntryOnce(t *testing.T) {
	var g groups
	const entries = 10
	for i := range entries {
		require.NoError(t, g.Join("news", newRef("app"), i))
	}
	for n := range 13 {
		var mu sync.Mutex
		var seen []any
		var together sync.WaitGroup
		want := min(n, entries)
		if n == 0 {
			want = min(runtime.GOMAXPROCS(0), entries)
		}
		together.Add(want)
		require.NoError(t, g.DispatchParallel("news", n, func(part []registry.Entry[string]) error {
			together.Done()
			together.Wait() // until all are called: they run at once
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, values(part)...)
			return nil
		}))
		slices.SortFunc(seen, func(a, b any) int { return a.(int) - b.(int) })
		require.Equal(t, []any{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, seen, "%d", n)
	}
}

func TestSupervision_173_DispatchInParallelReturnsHowAllCallsEnded(t *testing.T) {
	var g groups
	for i := range 4 {
		require.NoError(t, g.Join("news", newRef("app"), i))
	}
	errMine := errors.New("mine")
	done := false
	err := g.DispatchParallel("news", 4, func(part []registry.Entry[string]) error {
		switch part[0].Value {
		case 0:
			return errMine
		case 1:
			panic("oh no")
		case 2:
			runtime.Goexit()
		}
		done = true
		return nil
	})
	require.True(t, done)
	require.ErrorIs(t, err, errMine)
	require.ErrorIs(t, err, policy.ErrGoexit)
	var p *policy.PanicError
	require.ErrorAs(t, err, &p)
	require.Equal(t, "oh no", p.Value)
	require.NoError(t, g.DispatchParallel("sport", 4, func([]registry.Entry[string]) error { return errMine }))
}
