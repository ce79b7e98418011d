package registry_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor/registry"
)

// write puts an event into words.
func write[K comparable](e registry.Event[K, string]) string {
	return fmt.Sprint(e.Kind, " ", e.Key, " ", e.Ref, " ", e.Value)
}

func TestSupervision_175_AListenerIsToldOfNamesThatComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n names
		var log trail
		first, second := newFake("first"), newFake("second")
		require.NoError(t, n.Register("before", first.ref(), 0))
		stop, err := n.Listen(func(e registry.Event[string, string]) { log.add(write(e)) })
		require.NoError(t, err)
		require.NoError(t, n.Register("db", first.ref(), 1))
		require.Error(t, n.Register("db", second.ref(), 9))
		require.NoError(t, n.Update("db", first.ref(), func(any) any { return 2 }))
		require.NoError(t, n.Keep("db", first.ref(), 3))
		require.NoError(t, n.Unregister("before", first.ref()))
		require.NoError(t, n.Register("log", second.ref(), nil))
		first.end()
		synctest.Wait() // the listener has been told
		stop()
		stop()
		second.end()
		synctest.Wait() // and would have been told of this
		require.Equal(t, []string{
			"registered before first 0", // what was there already
			"registered db first 1",
			"updated db first 2",
			"updated db first 3",
			"unregistered before first 0",
			"registered log second <nil>",
			"unregistered db first 3",
		}, log.list())
	})
}

func TestSupervision_175_AListenerIsToldOfEveryEntryOfAGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g groups
		var log, late trail
		first, second := newFake("first"), newFake("second")
		_, err := g.Listen(func(e registry.Event[string, string]) { log.add(write(e)) })
		require.NoError(t, err)
		require.NoError(t, g.Join("news", first.ref(), 1))
		require.NoError(t, g.Join("news", first.ref(), 2))
		require.NoError(t, g.Join("news", second.ref(), nil))
		require.NoError(t, g.Keep("news", second.ref(), nil)) // as it is
		require.NoError(t, g.Keep("news", first.ref(), 3))
		require.NoError(t, g.Leave("news", first.ref()))
		_, err = g.Listen(func(e registry.Event[string, string]) { late.add(write(e)) })
		require.NoError(t, err)
		first.end()
		second.end()
		synctest.Wait() // the listeners have been told
		require.Equal(t, []string{
			"registered news first 1",
			"registered news first 2",
			"registered news second <nil>",
			"updated news first 3",
			"unregistered news first 3",
			"unregistered news first 1",
			"unregistered news second <nil>",
		}, log.list())
		require.Equal(t, []string{
			"registered news first 1",
			"registered news second <nil>",
			"unregistered news first 1",
			"unregistered news second <nil>",
		}, late.list())
	})
}
