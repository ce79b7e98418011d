package hollywood

import (
	"testing"
	"testing/synctest"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/stretchr/testify/require"
)

func TestAContainedProcessRestartsAsOftenAsItMayAndIsThenStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got := newEngine(t), &trail[string]{}
		events := observed(t, e, "star")
		dead := deadLetters(e)
		pid := e.Spawn(players(got, nil), "star", hactor.WithID("one"), hactor.WithMaxRestarts(1), hactor.WithRestartDelay(0),
			hactor.WithInboxSize(4), Contain)
		for _, m := range []any{"a", crashNow{}, "b", crashNow{}, "c", "d"} {
			e.Send(pid, m)
		}
		require.Equal(t, []string{
			"1: actor.Initialized", "1: actor.Started", "1: a", "1: crash", "1: actor.Stopped",
			"2: actor.Initialized", "2: actor.Started", "2: b", "2: crash", "2: actor.Stopped",
		}, got.told())
		require.Equal(t, []any{"c", "d"}, dead.told())
		require.Equal(t, []string{
			"actor_initialized", "actor_started", "actor_restarted", "actor_initialized", "actor_started",
			"actor_gave_up", "message_lost", "message_lost", "actor_stopped",
		}, events.told())
		require.Nil(t, e.Registry.GetPID("star", "one"))
	})
}

func TestAContainedProcessThatFailsToStartIsStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got := newEngine(t), &trail[string]{}
		pid := e.Spawn(players(got, on(func(*hactor.Context, hactor.Started) { panic(errCrash) })), "star", hactor.WithMaxRestarts(0),
			hactor.WithInboxSize(4), Contain)
		require.Equal(t, []string{"1: actor.Initialized", "1: actor.Started", "1: actor.Stopped"}, got.told())
		<-e.Stop(pid).Done()
	})
}

func TestTheChildrenOfAnAdoptedActorCanBeContained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got := newEngine(t), &trail[string]{}
		star, _ := adopted(t, e, players(&trail[string]{}, func(c *hactor.Context) {
			switch c.Message().(type) {
			case hactor.Started:
				c.SpawnChild(players(got, nil), "child", hactor.WithID("one"), hactor.WithMaxRestarts(0), hactor.WithInboxSize(4), Contain)
			case string:
				c.Send(c.Child("understudy/star/child/one"), crashNow{})
			}
		}), Adoption{ID: "star"})
		e.Send(star, "crash")
		require.Equal(t, []string{"1: actor.Initialized", "1: actor.Started", "1: crash", "1: actor.Stopped"}, got.told())
	})
}
