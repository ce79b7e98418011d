package hollywood

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/anthdm/hollywood/remote"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// addressKey names, in the environment of the other process, where it listens.
const addressKey = "UNDERSTUDY_ADDRESS"

// The other process: a supervisor whose children are started from here, by the names of
// their factories. It ends with its standard input.
func init() {
	programs["node"] = func() {
		e, err := hactor.NewEngine(hactor.NewEngineConfig().WithRemote(GuardRemote(remote.New(os.Getenv(addressKey), remote.NewConfig()))))
		if err != nil {
			panic(err)
		}
		p := policy.SupervisorScope
		p.Intensity = policy.Intensity{Restarts: 100, Within: time.Second}
		s, err := tree.Open(context.Background(), p, tree.WithName("app"), unheard)
		must(err)
		_, _, err = ExposeScope(e, s, ScopeOptions{Kind: "scope", ID: "app", Factories: Factories{
			"idle": ChildFactory(func([]byte) (tree.ChildSpec, error) { return tree.ChildSpec{Run: untilAsked}, nil }),
			"counter": ActorFactory(func(args []byte) (actor.Spec[hactor.Envelope], error) {
				spec, _, err := Adopt(e, newCounter, Adoption{Kind: "counter", ID: string(args)})
				return spec, err
			}),
		}})
		must(err)
		fmt.Println("ready")
		io.Copy(io.Discard, os.Stdin)
		must(s.Close())
	}
}

// newCounter produces a Hollywood actor that counts, crashes, and asks back.
func newCounter() hactor.Receiver {
	total := int64(0)
	return receiver(func(c *hactor.Context) {
		switch m := c.Message().(type) {
		case *wrapperspb.Int64Value:
			total += m.Value
			c.Respond(wrapperspb.Int64(total))
		case *wrapperspb.StringValue:
			switch m.Value {
			case "crash":
				panic("bug")
			case "no protobuf message, please":
				c.Respond("what the remote could not send")
			case "call me":
				v, err := c.Request(c.Sender(), wrapperspb.String("your name?"), patience).Result()
				c.Send(c.Sender(), wrapperspb.String(fmt.Sprint(v.(*wrapperspb.StringValue).Value, ", ", err)))
			default:
				total += 1000
			}
		}
	})
}

// other is the other process, seen from here.
type other struct {
	t       *testing.T
	here    *hactor.Engine
	address string
	cmd     *exec.Cmd
	app     *hactor.PID // the scope there
}

// connect makes an engine that listens, and starts the other process.
func connect(t *testing.T) *other {
	t.Helper()
	r := remote.New(freeAddress(), remote.NewConfig())
	here, err := hactor.NewEngine(hactor.NewEngineConfig().WithRemote(GuardRemote(r)))
	require.NoError(t, err)
	o := &other{t: t, here: here, address: freeAddress()}
	o.app = hactor.NewPID(o.address, "scope/app")
	t.Cleanup(func() { r.Stop().Wait() })
	o.start()
	return o
}

// start starts the other process and waits until it listens.
func (o *other) start() {
	o.t.Helper()
	o.cmd = program(context.Background(), "node", addressKey+"="+o.address)
	_, err := o.cmd.StdinPipe()
	require.NoError(o.t, err)
	out, err := o.cmd.StdoutPipe()
	require.NoError(o.t, err)
	require.NoError(o.t, o.cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(o.t, err)
	require.Equal(o.t, "ready\n", line)
	cmd := o.cmd
	o.t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
}

// kill kills it with SIGKILL.
func (o *other) kill() {
	o.t.Helper()
	require.NoError(o.t, o.cmd.Process.Kill())
	o.cmd.Wait()
}

// ctx is the patience for one thing that processes do.
func (o *other) ctx() context.Context {
	ctx, cancel := context.WithTimeout(o.t.Context(), patience)
	o.t.Cleanup(cancel)
	return ctx
}

// counter starts a counter there.
func (o *other) counter(name string) *hactor.PID {
	o.t.Helper()
	a, err := Order(o.ctx(), o.here, o.app, StartChild{Factory: "counter", Name: name, Args: []byte(name)})
	require.NoError(o.t, err)
	require.Equal(o.t, "app/"+name, a.Path)
	return a.PID
}

// add adds to a counter and returns its total.
func (o *other) add(counter *hactor.PID, n int64) int64 {
	o.t.Helper()
	total, err := Request[*wrapperspb.Int64Value](o.ctx(), o.here, counter, wrapperspb.Int64(n))
	require.NoError(o.t, err)
	return total.Value
}

func TestASupervisorInAnotherProcessIsDrivenFromHere(t *testing.T) {
	o := connect(t)
	counter := o.counter("one")
	require.Equal(t, o.address+"/counter/one", counter.String())
	require.NoError(t, RefTo[*wrapperspb.Int64Value](o.here, counter).Send(t.Context(), wrapperspb.Int64(40)))
	require.EqualValues(t, 42, o.add(counter, 2))

	require.NoError(t, RefTo[*wrapperspb.StringValue](o.here, counter).Send(t.Context(), wrapperspb.String("crash")))
	require.EqualValues(t, 1, o.add(counter, 1), "it was restarted there, from nothing")

	_, err := Order(o.ctx(), o.here, o.app, StartChild{Factory: "counter", Name: "one", Args: []byte("two")})
	require.ErrorIs(t, err, tree.ErrDuplicate)
	var far *RemoteError
	require.ErrorAs(t, err, &far)
	require.Contains(t, far.Text, `"one"`)
	_, err = Order(o.ctx(), o.here, o.app, StartChild{Factory: "what"})
	require.ErrorIs(t, err, ErrFactory)
	_, err = Order(o.ctx(), o.here, o.app, tree.StopChild{Name: "two"})
	require.ErrorIs(t, err, tree.ErrNotFound)

	_, err = Order(o.ctx(), o.here, o.app, StartChild{Factory: "idle", Name: "idle"})
	require.NoError(t, err)
	_, err = Order(o.ctx(), o.here, o.app, tree.StopChild{Name: "one"})
	require.NoError(t, err)
	for err == nil { // it has been asked to stop, and takes its time
		_, err = Request[*wrapperspb.Int64Value](o.ctx(), o.here, counter, wrapperspb.Int64(1))
	}
	require.ErrorIs(t, err, actor.ErrStopped, "its node knows that it is gone")
}

func TestAnActorHereIsSentToAndRequestedFromAnotherProcess(t *testing.T) {
	o := connect(t)
	heard := make(chan string, 1)
	ref, stop := listener(t, heard)
	defer stop()
	me, unexpose, err := Expose(o.here, ref, Options[puzzle]{Kind: "here", ID: "me", Accept: func(m any, from *Sender) (puzzle, bool) {
		s, ok := m.(*wrapperspb.StringValue)
		return puzzle{s.GetValue(), ReplyAs(from, func(n int) any { return wrapperspb.String(fmt.Sprint("number ", n)) })}, ok
	}})
	require.NoError(t, err)
	defer unexpose()
	o.here.SendWithSender(o.counter("one"), wrapperspb.String("call me"), me)
	require.Equal(t, "your name?", <-heard)
	require.Equal(t, "number 10, <nil>", <-heard, "what it was answered, and sends back")
}

// listener runs an actor that answers with the length of a text, and says what it heard.
func listener(t *testing.T, heard chan<- string) (ref actor.Ref[puzzle], stop func()) {
	t.Helper()
	run, ref, err := actor.Func(actor.Spec[puzzle]{Name: "me", New: func(context.Context, actor.Ref[puzzle]) (actor.Receiver[puzzle], error) {
		return actor.ReceiverFunc[puzzle](func(_ context.Context, p puzzle) error {
			p.reply.Send(len(p.text))
			heard <- p.text
			return nil
		}), nil
	}})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error)
	go func() { over <- run(ctx) }()
	return ref, func() { cancel(); require.NoError(t, <-over) }
}
