package hollywood

import (
	"strings"
	"testing"
	"testing/synctest"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// observed writes down the kinds of the events of e that are about a kind of actors.
func observed(t *testing.T, e *hactor.Engine, about string) *trail[string] {
	t.Helper()
	got := &trail[string]{}
	stop, err := Observe(e, func(ev Event) {
		if ev.PID == nil || strings.HasPrefix(ev.PID.ID, about) {
			got.add(ev.Kind.String())
		}
	})
	require.NoError(t, err)
	t.Cleanup(stop)
	return got
}

func TestWhatHappensInAnEngineIsToldToWhoObservesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, got := newEngine(t), &trail[Event]{}
		stop, err := Observe(e, func(ev Event) {
			if ev.PID == nil || !strings.HasPrefix(ev.PID.ID, "eventstream/") {
				got.add(ev)
			}
		})
		require.NoError(t, err)
		kinds := func() (all []string) {
			for _, ev := range got.told() {
				require.False(t, ev.Time.IsZero())
				all = append(all, ev.Kind.String())
			}
			return all
		}
		kinds() // the event stream has told of itself
		pid := e.Spawn(players(&trail[string]{}, nil), "star", hactor.WithID("one"), hactor.WithRestartDelay(0), hactor.WithInboxSize(4))
		e.Spawn(players(&trail[string]{}, nil), "star", hactor.WithID("one"), hactor.WithInboxSize(4))
		require.Equal(t, []string{"actor_initialized", "actor_started", "id_taken"}, kinds())

		e.Send(pid, crashNow{})
		all := got.told()
		require.Equal(t, ActorRestarted, all[0].Kind)
		require.Equal(t, errCrash, all[0].Err)
		require.Equal(t, 1, all[0].Restarts)
		require.Contains(t, all[0].Stack, "Receive")

		<-e.Stop(pid).Done()
		who := hactor.NewPID("local", "who/knows")
		e.SendWithSender(pid, "late", who)
		all = got.told()
		require.Equal(t, ActorStopped, all[0].Kind)
		require.Equal(t, Event{Kind: MessageLost, Time: all[1].Time, PID: pid, From: who, Message: "late"}, all[1])

		far := hactor.NewPID("10.0.0.1:4000", "a/b")
		e.SendWithSender(far, "hello", who)
		all = got.told()
		require.Equal(t, Event{Kind: RemoteMissing, Time: all[0].Time, PID: far, From: who, Message: "hello"}, all[0])
		e.BroadcastEvent(hactor.RemoteUnreachableEvent{ListenAddr: "10.0.0.1:4000"})
		all = got.told()
		require.Equal(t, Event{Kind: RemoteUnreachable, Time: all[0].Time, Address: "10.0.0.1:4000"}, all[0])
		e.BroadcastEvent(hactor.ActorMaxRestartsExceededEvent{PID: pid})
		e.BroadcastEvent("an event of the user's")
		all = got.told()
		require.Len(t, all, 1)
		require.Equal(t, ActorGaveUp, all[0].Kind)

		stop()
		stop()
		e.Send(pid, "later")
		require.Empty(t, got.told())
	})
}

func TestAnObserverThatPanicsStopsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := logged(t)
		e := newEngine(t)
		stop, err := Observe(e, func(Event) { panic(errCrash) })
		require.NoError(t, err)
		defer stop()
		got := observed(t, e, "star")
		e.SpawnFunc(func(*hactor.Context) {}, "star", hactor.WithInboxSize(4))
		require.Equal(t, []string{"actor_initialized", "actor_started"}, got.told())
		require.Contains(t, log(), "observer failed")
	})
}

func TestWhatHollywoodSaysNothingOfIsLoggedWhileNobodyObserves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := logged(t)
		e := newEngine(t)
		RefTo[int](e, hactor.NewPID("local", "no/body")) // this package has to do with it from here on
		for range 100 {
			e.Send(hactor.NewPID("local", "no/body"), "lost")
		}
		for range 3 {
			e.BroadcastEvent(hactor.RemoteUnreachableEvent{ListenAddr: "10.0.0.1:4000"})
		}
		<-e.Poison(nil).Done() // a dead letter for nobody
		settled()              // all is logged
		require.Equal(t, 7, strings.Count(log(), "message lost"), log())
		require.Contains(t, log(), "to=local/no/body message=string count=64")
		require.Equal(t, 2, strings.Count(log(), "node cannot be reached"))

		stop, err := Observe(e, func(Event) {})
		require.NoError(t, err)
		for range 100 {
			e.Send(hactor.NewPID("local", "no/body"), "lost")
		}
		settled() // all is told
		require.Equal(t, 7, strings.Count(log(), "message lost"))
		stop()
	})
}

func TestHollywoodCodeSeesAnAdoptedActorComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		got := observed(t, e, "star")
		s := scope(t, tree.WithObserver(Broadcaster{Engine: e, Next: tree.ObserverFunc(func(ev tree.Event) {
			if ev.Kind == tree.GaveUp {
				got.add("next: " + ev.Path)
			}
		})}))
		pid, err := Spawn(t.Context(), s, e, players(&trail[string]{}, nil), Adoption{Kind: "star", ID: "one"},
			func(s *actor.Spec[hactor.Envelope]) {
				s.Name, s.Intensity = "star", policy.Intensity{Restarts: 1, Within: policy.Forever}
			})
		require.NoError(t, err)
		require.Equal(t, []string{"actor_initialized", "actor_started"}, got.told())
		e.Send(pid, crashNow{})
		require.ElementsMatch(t, []string{"actor_restarted", "actor_initialized", "actor_started", "message_lost"}, got.told())
		e.Send(pid, crashNow{})
		require.ElementsMatch(t, []string{"actor_gave_up", "actor_stopped", "message_lost", "next: app/star"}, got.told())
		require.ErrorIs(t, s.Wait(t.Context()), tree.ErrGaveUp)
	})
}

func TestHollywoodCodeSeesAnExposedActorComeRestartAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEngine(t)
		got, events := observed(t, e, "ours"), &trail[Event]{}
		stop, err := Observe(e, events.add)
		require.NoError(t, err)
		defer stop()
		s := scope(t, tree.WithObserver(Broadcaster{Engine: e}))
		ref, err := tree.Spawn(t.Context(), s, actor.Spec[string]{Name: "ours", New: failing})
		require.NoError(t, err)
		pid, _, err := Expose(e, ref, Options[string]{Kind: "ours", ID: "one"})
		require.NoError(t, err)
		require.Equal(t, []string{"actor_initialized", "actor_started"}, got.told())
		events.told()
		for _, m := range []string{"fail", "panic"} {
			e.Send(pid, m)
			require.ElementsMatch(t, []string{"actor_restarted", "actor_initialized", "actor_started", "message_lost"}, got.told())
		}
		var crashes []Event
		for _, ev := range events.told() {
			if ev.Kind == ActorRestarted {
				crashes = append(crashes, ev)
			}
		}
		require.Len(t, crashes, 2)
		require.EqualError(t, crashes[0].Err, "panic: crash", "in words")
		require.Equal(t, 1, crashes[0].Restarts)
		require.Equal(t, errCrash, crashes[1].Err)
		require.Contains(t, crashes[1].Stack, "failing")

		child, err := s.Child("ours")
		require.NoError(t, err)
		require.NoError(t, child.Shutdown(t.Context()))
		require.Equal(t, []string{"actor_stopped"}, got.told())
	})
}

func TestWhatIsWrongWithAnObserverIsNamed(t *testing.T) {
	_, err := Observe(nil, nil)
	require.ErrorContains(t, err, "hollywood.Observe: engine = nil")
	_, err = Observe(&hactor.Engine{}, nil)
	require.ErrorContains(t, err, "hollywood.Observe: f = nil")
	require.Equal(t, "event(9)", EventKind(9).String())
}
