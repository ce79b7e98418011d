package hollywood

import (
	"fmt"
	"net"
	"testing"
	"time"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/anthdm/hollywood/remote"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// Hollywood's traps between two engines. Each is shown in a process of its own: some end
// it, and the connections of Hollywood's remote outlast it otherwise.

func init() {
	programs["marshal, plain"] = func() {
		here, there := networked(nil), networked(nil)
		here.Send(there.SpawnFunc(func(*hactor.Context) {}, "star"), "no protobuf message")
		select {}
	}
	programs["marshal, guarded"] = func() {
		here, there := networked(GuardRemote), networked(nil)
		lost, got := make(chan any, 10), make(chan any, 10)
		here.Subscribe(here.SpawnFunc(on(func(_ *hactor.Context, d hactor.DeadLetterEvent) { lost <- d.Message }), "undertaker"))
		pid := there.SpawnFunc(func(c *hactor.Context) { got <- c.Message() }, "star")
		here.Send(pid, "no protobuf message")
		fmt.Println("lost", <-lost)
		here.Send(pid, nil)
		fmt.Println("lost", <-lost)
		here.Send(pid, wrapperspb.String("\xff"))
		fmt.Printf("lost %T\n", <-lost)
		here.Subscribe(pid) // no event can go there
		here.BroadcastEvent("news")
		here.Send(pid, wrapperspb.String("good"))
		fmt.Printf("got %T\n", <-got)
		fmt.Printf("got %T\n", <-got)
		fmt.Println("got", (<-got).(*wrapperspb.StringValue).Value)
	}
	programs["empty, plain"] = func() {
		here, there := networked(nil), networked(nil)
		got := make(chan *wrapperspb.StringValue)
		pid := there.SpawnFunc(on(func(_ *hactor.Context, m *wrapperspb.StringValue) { got <- m }), "star")
		here.Send(pid, wrapperspb.String("not UTF-8: \xff"))
		fmt.Printf("got %q\n", (<-got).Value)
	}
	programs["sender, plain"] = func() { fmt.Println("sender", strangeSender(networked(nil), 1_000_000)) }
	programs["sender, guarded"] = func() { fmt.Println("sender", strangeSender(networked(GuardRemote), 1000)) }
	programs["unreachable, plain"] = func() {
		here, there := networked(nil), networked(nil)
		got := make(chan struct{})
		begun := time.Now()
		here.Send(hactor.NewPID(freeAddress(), "no/body"), wrapperspb.String("into the void"))
		here.Send(there.SpawnFunc(on(func(*hactor.Context, *wrapperspb.StringValue) { close(got) }), "star"), wrapperspb.String("hello"))
		<-got
		fmt.Println("late by 3 s:", time.Since(begun) >= 3*time.Second)
	}
	programs["unreachable, guarded"] = func() {
		here, there := networked(GuardRemote), networked(nil)
		void := hactor.NewPID(freeAddress(), "no/body")
		lost := make(chan Event, 10)
		_, err := Observe(here, func(e Event) { lost <- e })
		must(err)
		here.Send(void, wrapperspb.String("into the void"))
		for e := range lost {
			if e.Kind == RemoteUnreachable {
				break
			}
		}
		got := make(chan struct{})
		here.Send(void, wrapperspb.String("again"))
		here.Send(there.SpawnFunc(on(func(*hactor.Context, *wrapperspb.StringValue) { close(got) }), "star"), wrapperspb.String("hello"))
		<-got
		for e := range lost {
			if m, ok := e.Message.(*wrapperspb.StringValue); ok {
				fmt.Println("lost", m.Value)
				break
			}
		}
	}
}

// strangeSender sends messages without a sender among some that have one, until one
// arrives with a sender, or enough have. It returns the sender, or "nobody".
func strangeSender(here *hactor.Engine, enough int) string {
	there := networked(nil)
	got := make(chan string, 1)
	n := 0
	pid := there.SpawnFunc(on(func(c *hactor.Context, m *wrapperspb.BoolValue) {
		if n++; !m.Value && c.Sender() != nil && c.Sender().ID != nobodyID || n == enough {
			select {
			case got <- nameOf(c.Sender()):
			default:
			}
		}
	}), "star")
	for {
		here.SendWithSender(pid, wrapperspb.Bool(true), hactor.NewPID("some", "body/else"))
		here.Send(pid, wrapperspb.Bool(false))
		select {
		case who := <-got:
			return who
		default:
		}
	}
}

// networked returns an engine that listens, for a program.
func networked(guard func(hactor.Remoter) hactor.Remoter) *hactor.Engine {
	var r hactor.Remoter = remote.New(freeAddress(), remote.NewConfig())
	if guard != nil {
		r = guard(r)
	}
	e, err := hactor.NewEngine(hactor.NewEngineConfig().WithRemote(r))
	if err != nil {
		panic(err)
	}
	return e
}

// freeAddress returns an address on loopback at which nobody listens.
func freeAddress() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestHollywoodEndsTheProgramAtAMessageThatCannotBeMarshaledAndTheGuardDoesNot(t *testing.T) {
	t.Parallel()
	dies(t, "marshal, plain", "string is not protoreflect.ProtoMessage")
	out, ok := play(t, "marshal, guarded")
	require.True(t, ok, out)
	for _, line := range []string{"lost no protobuf message", "lost <nil>", "lost *wrapperspb.StringValue", "got good"} {
		require.Contains(t, out, line)
	}
}

func TestHollywoodSendsAnEmptyMessageInPlaceOfOneThatCannotBeMarshaled(t *testing.T) {
	t.Parallel()
	out, ok := play(t, "empty, plain")
	require.True(t, ok, out)
	require.Contains(t, out, `got ""`)
}

func TestHollywoodGivesAMessageWithoutASenderThatOfAnotherAndTheGuardDoesNot(t *testing.T) {
	t.Parallel()
	out, ok := play(t, "sender, plain")
	require.True(t, ok, out)
	require.Contains(t, out, "sender some/body/else")
	out, ok = play(t, "sender, guarded")
	require.True(t, ok, out)
	require.NotContains(t, out, "sender some/body/else")
}

func TestHollywoodSendsToNobodyWhileItDialsANodeThatIsGoneAndTheGuardDoesNotTryAgainAtOnce(t *testing.T) {
	t.Parallel()
	out, ok := play(t, "unreachable, plain")
	require.True(t, ok, out)
	require.Contains(t, out, "late by 3 s: true")
	out, ok = play(t, "unreachable, guarded")
	require.True(t, ok, out)
	require.Contains(t, out, "lost again")
}
