package actor

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"github.com/understudy-go/understudy/mailbox"
	"github.com/understudy-go/understudy/policy"
)

func newNothing(context.Context, Ref[int]) (Receiver[int], error) { return nil, nil }

func newIgnored(context.Context, Ref[int]) (Receiver[int], error) { return nil, policy.ErrIgnored }

func TestASpecWithOnlyANameAndANewIsGood(t *testing.T) {
	require.NoError(t, Spec[int]{Name: "a", New: newNothing}.Validate())
}

func TestEveryFaultOfASpecIsNamedWithItsFieldAndValue(t *testing.T) {
	err := Spec[int]{
		Mailbox:     mailbox.Bounded(0, mailbox.Block),
		Restart:     policy.Temporary + 1,
		Backoff:     policy.Backoff{Min: -time.Second},
		Stop:        policy.Stop{Kill: -time.Second},
		Significant: false,
		IdleAfter:   -time.Second,
		StopWithin:  -time.Minute,
		Stash:       -1,
		Wrap:        []func(Receiver[int]) Receiver[int]{nil},
	}.Validate()
	for _, want := range []string{
		`actor.Spec.Name = "": must not be empty`,
		`actor.Spec.New = nil: must be a function`,
		`actor.Spec.Restart = restart(3): unknown`,
		`actor.Spec.Mailbox: mailbox.Spec.Capacity = 0: must be at least 1`,
		`actor.Spec.Backoff: policy.Backoff.Min = -1s`,
		`Stop.Kill = -1s`,
		`actor.Spec.IdleAfter = -1s: must not be negative`,
		`actor.Spec.StopWithin = -1m0s: must not be negative`,
		`actor.Spec.Stash = -1: must not be negative`,
		`actor.Spec.Wrap[0] = nil: must be a function`,
	} {
		require.ErrorContains(t, err, want)
	}
	var fault *policy.FieldError
	require.ErrorAs(t, err, &fault)
	require.Equal(t, "actor.Spec.Name", fault.Field)

	err = Spec[int]{Name: "a/b", New: newNothing, Significant: true}.Validate()
	require.ErrorContains(t, err, `actor.Spec.Name = "a/b": must not contain "/"`)
	require.ErrorContains(t, err, `actor.Spec.Significant = true: a permanent actor never ends by itself`)
}

func TestABadSpecMakesNoActor(t *testing.T) {
	a, err := New(Spec[int]{Name: "a"}, nil)
	require.Nil(t, a)
	require.ErrorContains(t, err, "actor.Spec.New = nil")
	f, ref, err := Func(Spec[int]{Name: "a"})
	require.Nil(t, f)
	require.True(t, ref.IsZero())
	require.ErrorContains(t, err, "actor.Spec.New = nil")
}

func TestARefIsItsTargetAndHasItsIdentity(t *testing.T) {
	a, err := New(Spec[int]{Name: "a", New: newNothing}, &foreign{name: "a"})
	require.NoError(t, err)
	b, err := New(Spec[int]{Name: "b", New: newNothing}, &foreign{name: "b"})
	require.NoError(t, err)
	require.Equal(t, a.Ref(), NewRef[int](a))
	require.True(t, a.Ref() != b.Ref())
	require.Equal(t, ID{Path: "a"}, a.Ref().ID())
	require.Equal(t, "a", a.Ref().Path())
	require.Equal(t, "a", a.Ref().String())
	require.Equal(t, "a", a.Ref().ID().String())
	require.False(t, a.Ref().IsZero())

	require.True(t, Ref[int]{}.IsZero())
	require.True(t, NewRef[int](nil).IsZero())
	require.Equal(t, "(no actor)", Ref[int]{}.String())
	require.Equal(t, "", Ref[int]{}.Path())
	id := ID{Tree: uuid.MustParse("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), Path: "app/a"}
	require.Equal(t, "6ba7b810-9dad-11d1-80b4-00c04fd430c8/app/a", id.String())
}

func TestDeadLettersOfAnActorThatStandsNowhereAreLoggedEachTimeTheirNumberDoubles(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)

	f, ref, err := Func(Spec[int]{Name: "a", New: newIgnored, Mailbox: mailbox.Unbounded()})
	require.NoError(t, err)
	for i := range 1000 {
		require.NoError(t, ref.TrySend(i))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, f(ctx), policy.ErrIgnored)
	require.Equal(t, 10, strings.Count(log.String(), "dead letter"), log.String())
	require.Contains(t, log.String(), `msg="actor: dead letter" actor=a message=int why="actor: stopped" count=512`)
}

func TestAFloodOfDeadLettersOfActorsThatStandNowhereIsLoggedInFewLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		before := slog.Default()
		slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
		defer slog.SetDefault(before)
		after(time.Hour) // whatever was said before is not of this second

		for i := range 1000 {
			f, ref, err := Func(Spec[int]{Name: fmt.Sprint("a", i), New: newIgnored})
			require.NoError(t, err)
			require.NoError(t, ref.TrySend(i))
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			require.ErrorIs(t, f(ctx), policy.ErrIgnored)
		}
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		require.Len(t, lines, 16+5)
		require.Contains(t, lines[0], `actor=a0 message=int why="actor: stopped" count=1`)
		require.Contains(t, lines[20], `count=1 in_this_second=512`)
	})
}

// A target elsewhere: it holds envelopes, and settles them by hand.
type elsewhere struct{ got []Envelope[play] }

func (e *elsewhere) ID() ID { return ID{Path: "elsewhere"} }
func (e *elsewhere) Put(_ context.Context, m Envelope[play]) error {
	e.got = append(e.got, m)
	return nil
}
func (e *elsewhere) TryPut(m Envelope[play]) error    { return e.Put(context.Background(), m) }
func (e *elsewhere) AfterEnd(func(error)) func() bool { return func() bool { return true } }

func TestATargetElsewhereTakesAndFailsAsks(t *testing.T) {
	e := &elsewhere{}
	ref := NewRef[play](e)
	require.NoError(t, ref.TrySend(say("1")))
	require.False(t, e.got[0].IsAsk())
	require.True(t, e.got[0].Take())
	require.False(t, e.got[0].Fail(ErrStopped))

	ctx, cancel := context.WithCancel(t.Context())
	_, err := Ask(ctx, ref, func(r Reply[string]) play { cancel(); return say("2") })
	require.Equal(t, context.Canceled, err)
	require.True(t, e.got[1].IsAsk())
	require.False(t, e.got[1].Take(), "its asker took it back")
	require.False(t, e.got[1].Fail(ErrStopped))

	_, err = Ask(t.Context(), NewRef[play](refuser{e}), askFor(say("3")))
	require.EqualError(t, err, "actor: no reply: broken")
}

// refuser takes each ask and fails it.
type refuser struct{ *elsewhere }

func (r refuser) Put(_ context.Context, m Envelope[play]) error {
	if m.Take() {
		m.Fail(&NoReplyError{Cause: errBroken})
	}
	return nil
}
