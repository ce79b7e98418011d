package hollywood

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/tree"
)

// untilAsked runs until it is asked to end.
func untilAsked(ctx context.Context) error {
	select {
	case <-tree.Draining(ctx):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// stage is a scope that is exposed, with some factories.
func stage(t *testing.T) (*hactor.Engine, *tree.Scope, *hactor.PID) {
	t.Helper()
	e, s := newEngine(t), scope(t)
	pid, _, err := ExposeScope(e, s, ScopeOptions{Kind: "scope", ID: "app", Factories: Factories{
		"idle": ChildFactory(func(args []byte) (tree.ChildSpec, error) {
			if string(args) == "bad" {
				return tree.ChildSpec{}, errCrash
			}
			return tree.ChildSpec{Name: string(args), Run: untilAsked}, nil
		}),
		"slow":   ChildFactory(func([]byte) (tree.ChildSpec, error) { return tree.ChildSpec{Run: untilAsked, WaitReady: true}, nil }),
		"panics": ChildFactory(func([]byte) (tree.ChildSpec, error) { panic("no child") }),
		"star": ActorFactory(func(args []byte) (actor.Spec[hactor.Envelope], error) {
			spec, _, err := Adopt(e, players(&trail[string]{}, nil), Adoption{Kind: "star", ID: string(args)})
			return spec, err
		}),
	}})
	require.NoError(t, err)
	return e, s, pid
}

func TestAnOrderStartsAndStopsChildrenByTheNameOfTheirFactory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, s, pid := stage(t)
		ctx := t.Context()
		a, err := Order(ctx, e, pid, StartChild{Factory: "idle", Name: "one"})
		require.NoError(t, err)
		require.Equal(t, "app/one", a.Path)
		require.Nil(t, a.PID)
		a, err = Order(ctx, e, pid, StartChild{Factory: "idle", Args: []byte("two")})
		require.NoError(t, err)
		require.Equal(t, "app/two", a.Path, "the factory's name")
		a, err = Order(ctx, e, pid, StartChild{Factory: "idle"})
		require.NoError(t, err)
		require.Len(t, a.Path, len("app/")+36, "a UUID")
		a, err = Order(ctx, e, pid, StartChild{Factory: "star", Name: "star", Args: []byte("x")})
		require.NoError(t, err)
		require.Equal(t, "app/star", a.Path)
		require.Same(t, a.PID, e.Registry.GetPID("star", "x"))
		require.Equal(t, 4, s.CountChildren().Active)

		a, err = Order(ctx, e, pid, tree.StopChild{Name: "one"})
		require.NoError(t, err)
		require.Equal(t, "app/one", a.Path)
		one, err := s.Child("one")
		require.NoError(t, err)
		require.NoError(t, one.Wait(ctx))
		_, err = Order(ctx, e, pid, tree.RestartChild{Name: "one"})
		require.NoError(t, err)
		settled() // it is up again
		require.Equal(t, 2, one.Incarnation())

		a, err = Order(ctx, e, pid, tree.ShutdownScope{})
		require.NoError(t, err)
		require.Equal(t, "app", a.Path)
		require.NoError(t, s.Wait(ctx))
		_, err = Order(ctx, e, pid, tree.StopChild{Name: "one"})
		require.ErrorIs(t, err, actor.ErrStopped, "the exposure has ended with the scope")
	})
}

func TestAnOrderThatCannotBeDoneSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, s, pid := stage(t)
		ctx := t.Context()
		_, err := Order(ctx, e, pid, StartChild{Factory: "idle", Name: "one"})
		require.NoError(t, err)
		for _, c := range []struct {
			order any
			is    error
			text  string
		}{
			{StartChild{Factory: "idle", Name: "one"}, tree.ErrDuplicate, `"one"`},
			{StartChild{Factory: "star", Name: "one"}, tree.ErrDuplicate, `"one"`},
			{StartChild{Factory: "what"}, ErrFactory, `"what" in app`},
			{StartChild{Factory: "idle", Args: []byte("bad")}, errCrash, "crash"},
			{StartChild{Factory: "idle", Name: "a/b"}, nil, `Name = "a/b"`},
			{StartChild{Factory: "panics"}, nil, "panic: no child"},
			{tree.StopChild{Name: "two"}, tree.ErrNotFound, "two"},
			{tree.RestartChild{Name: "two"}, tree.ErrNotFound, "two"},
			{tree.StartChild{}, nil, "hollywood.Encode: message = tree.StartChild"},
			{"hello", nil, "hollywood.Encode: message = string"},
		} {
			_, err := Order(ctx, e, pid, c.order)
			require.ErrorContains(t, err, c.text)
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
		}
		require.Equal(t, 1, s.CountChildren().Active)
	})
}

func TestAStartThatTakesTooLongEndsWithWhoOrderedIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, s, pid := stage(t)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begun := time.Now()
		_, err := Order(ctx, e, pid, StartChild{Factory: "slow", Name: "slow"})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Minute, time.Since(begun))
		_, err = Order(t.Context(), e, pid, StartChild{Factory: "slow", Within: time.Second})
		require.ErrorIs(t, err, context.DeadlineExceeded, "the answer")
		require.NotErrorIs(t, err, actor.ErrNoReply)
		require.Equal(t, time.Minute+time.Second, time.Since(begun))
		s.Cancel(nil)
	})
}

func TestHollywoodCodeDrivesAScopeByItsPID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, s, pid := stage(t)
		request := func(m any) any {
			v, err := e.Request(pid, m, time.Second).Result()
			require.NoError(t, err)
			return v
		}
		started := request(tree.StartChild{Spec: tree.ChildSpec{Name: "one", Run: untilAsked}}).(tree.Started)
		require.NoError(t, started.Err)
		require.Equal(t, "app/one", started.Child.Path())
		require.Equal(t, Answer{Path: "app/one"}, request(tree.StopChild{Name: "one"}))
		require.ErrorIs(t, request(tree.StopChild{Name: "two"}).(Answer).Err, tree.ErrNotFound)
		require.Equal(t, "app/two", request(StartChild{Factory: "idle", Name: "two"}).(Answer).Path)

		order, err := Encode(StartChild{Factory: "idle", Name: "three", Args: []byte{0, 255}})
		require.NoError(t, err)
		a, ok := AnswerOf(request(order))
		require.True(t, ok)
		require.Equal(t, "app/three", a.Path)
		_, ok = AnswerOf("hello")
		require.False(t, ok)
		_, ok = AnswerOf(&structpb.Struct{})
		require.False(t, ok)

		e.Send(pid, tree.StopChild{Name: "two"})
		e.Send(pid, tree.CancelScope{Cause: errors.New("enough")})
		require.NoError(t, s.Wait(t.Context()))
	})
}

func TestAnAskOfAnExposedScopeIsAnsweredWithItsOwnReply(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _, pid := stage(t)
		ref := RefTo[tree.Message](e, pid)
		started, err := actor.Ask(t.Context(), ref, func(r actor.Reply[tree.Started]) tree.Message {
			return tree.StartChild{Spec: tree.ChildSpec{Name: "one", Run: untilAsked}, Reply: r}
		})
		require.NoError(t, err)
		require.NoError(t, started.Err)
		answer, err := actor.Ask(t.Context(), ref, func(r actor.Reply[error]) tree.Message {
			return tree.StopChild{Name: "two", Reply: r}
		})
		require.NoError(t, err)
		require.ErrorIs(t, answer, tree.ErrNotFound)
	})
}

func TestWhatAScopeCannotTakeIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, s, refused := newEngine(t), scope(t), &trail[Refusal]{}
		pid, unexpose, err := ExposeScope(e, s, ScopeOptions{Refused: refused.add})
		require.NoError(t, err)
		unknown, err := structpb.NewStruct(map[string]any{wireKey: wireOrder, wireDo: "dance"})
		require.NoError(t, err)
		garbled, err := structpb.NewStruct(map[string]any{wireKey: wireOrder, wireDo: "start", wireArgs: "%"})
		require.NoError(t, err)
		for _, m := range []any{"hello", unknown, garbled} {
			e.Send(pid, m)
			require.Equal(t, []Refusal{{To: pid, Message: m, Err: ErrType}}, refused.told())
		}
		e.Send(pid, StartChild{Factory: "idle"})
		r := refused.told()
		require.Len(t, r, 1, "nobody waits for the answer")
		require.ErrorIs(t, r[0].Err, ErrFactory)
		<-e.Poison(pid).Done()
		require.NoError(t, s.Go(t.Context(), func(context.Context) error { return nil }), "only the exposure has ended")
		unexpose()
	})
}

func TestWhatIsWrongWithTheOptionsOfAScopeIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, _, err := ExposeScope(newEngine(t), nil, ScopeOptions{})
		require.ErrorContains(t, err, "hollywood.ExposeScope: ref = (no actor)")
		_, _, err = ExposeScope(nil, scope(t), ScopeOptions{Kind: "a/", Factories: Factories{
			"": ChildFactory(nil), "a": nil, "b": ActorFactory[int](nil),
		}})
		for _, want := range []string{"engine = nil", `hollywood.ScopeOptions.Kind = "a/"`, `Factories[""]: must have a name`, `Factories["a"] = nil`,
			`Factories["b"] = nil`} {
			require.ErrorContains(t, err, want)
		}
	})
}
