package hollywood

import (
	"context"
	"errors"
	"strings"

	hactor "github.com/anthdm/hollywood/actor"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// RemoteError is an error of another node: what remains of one on the wire.
type RemoteError struct {
	Text  string  // of the error
	Known []error // which of the errors that this module declares it was, or wrapped
}

// Error returns the text.
func (e *RemoteError) Error() string { return e.Text }

// Unwrap returns Known, so that errors.Is finds on this node what it would there.
func (e *RemoteError) Unwrap() []error { return e.Known }

// sentinels are the errors that keep their identity on the wire, by their names there.
var sentinels = []struct {
	name string
	err  error
}{
	{"actor.ErrAskCycle", actor.ErrAskCycle},
	{"actor.ErrFull", actor.ErrFull},
	{"actor.ErrLinked", actor.ErrLinked},
	{"actor.ErrNoLink", actor.ErrNoLink},
	{"actor.ErrNoReply", actor.ErrNoReply},
	{"actor.ErrNotSelf", actor.ErrNotSelf},
	{"actor.ErrRunning", actor.ErrRunning},
	{"actor.ErrSelfAsk", actor.ErrSelfAsk},
	{"actor.ErrStashFull", actor.ErrStashFull},
	{"actor.ErrStopped", actor.ErrStopped},
	{"context.Canceled", context.Canceled},
	{"context.DeadlineExceeded", context.DeadlineExceeded},
	{"hollywood.ErrDuplicate", ErrDuplicate},
	{"hollywood.ErrFactory", ErrFactory},
	{"hollywood.ErrMarshal", ErrMarshal},
	{"hollywood.ErrRemote", ErrRemote},
	{"hollywood.ErrType", ErrType},
	{"hollywood.ErrUnreachable", ErrUnreachable},
	{"policy.ErrGoexit", policy.ErrGoexit},
	{"policy.ErrIgnored", policy.ErrIgnored},
	{"tree.ErrAbandoned", tree.ErrAbandoned},
	{"tree.ErrBoot", tree.ErrBoot},
	{"tree.ErrClosed", tree.ErrClosed},
	{"tree.ErrDraining", tree.ErrDraining},
	{"tree.ErrDuplicate", tree.ErrDuplicate},
	{"tree.ErrEscalated", tree.ErrEscalated},
	{"tree.ErrFull", tree.ErrFull},
	{"tree.ErrNoActor", tree.ErrNoActor},
	{"tree.ErrGaveUp", tree.ErrGaveUp},
	{"tree.ErrNoScope", tree.ErrNoScope},
	{"tree.ErrNoSupervisor", tree.ErrNoSupervisor},
	{"tree.ErrNotFound", tree.ErrNotFound},
	{"tree.ErrNotReady", tree.ErrNotReady},
	{"tree.ErrNothing", tree.ErrNothing},
	{"tree.ErrReady", tree.ErrReady},
	{"tree.ErrRestarting", tree.ErrRestarting},
	{"tree.ErrSelfWait", tree.ErrSelfWait},
	{"tree.ErrTimeout", tree.ErrTimeout},
}

// The wire types of this package are structs of protobuf's own, so that it registers
// none: two libraries that register one name cannot be linked together. The field
// wireKey says which of them it is.
const (
	wireKey     = "understudy"
	wireAnswer  = "answer"
	wireOrder   = "order"
	wirePath    = "path"
	wireError   = "error"
	wireKnown   = "known"
	wireDo      = "do"
	wireFactory = "factory"
	wireName    = "name"
	wireArgs    = "args"
	wireCause   = "cause"
	wireWithin  = "within" // nanoseconds
	wireAddress = "address"
	wireID      = "id"
)

// encode returns the answer as it goes over the wire.
func (a Answer) encode() *structpb.Struct {
	text := structpb.NewStringValue
	fields := map[string]*structpb.Value{wireKey: text(wireAnswer), wirePath: text(valid(a.Path))}
	if a.PID != nil {
		fields[wireAddress], fields[wireID] = text(valid(a.PID.Address)), text(valid(a.PID.ID))
	}
	if a.Err != nil {
		known := &structpb.ListValue{}
		for _, s := range sentinels {
			if errors.Is(a.Err, s.err) {
				known.Values = append(known.Values, text(s.name))
			}
		}
		fields[wireError], fields[wireKnown] = text(valid(a.Err.Error())), structpb.NewListValue(known)
	}
	return &structpb.Struct{Fields: fields}
}

// maxText bounds the text of an error on the wire, in bytes.
const maxText = 4096

// valid returns text as protobuf takes it.
func valid(text string) string {
	return strings.ToValidUTF8(text[:min(len(text), maxText)], "\uFFFD")
}

// AnswerOf reports whether what a Request came to is the [Answer] of a scope, and which.
func AnswerOf(response any) (a Answer, ok bool) {
	switch m := response.(type) {
	case Answer:
		return m, true
	case *structpb.Struct:
		f := m.GetFields()
		if f[wireKey].GetStringValue() != wireAnswer {
			return Answer{}, false
		}
		a.Path = f[wirePath].GetStringValue()
		if id := f[wireID].GetStringValue(); id != "" {
			a.PID = hactor.NewPID(f[wireAddress].GetStringValue(), id)
		}
		if text, failed := f[wireError]; failed {
			e := &RemoteError{Text: text.GetStringValue()}
			for _, v := range f[wireKnown].GetListValue().GetValues() {
				e.Known = append(e.Known, sentinel(v.GetStringValue())...)
			}
			a.Err = e
		}
		return a, true
	}
	return Answer{}, false
}

// sentinel returns the error of a name; none if this node does not know it.
func sentinel(name string) []error {
	for _, s := range sentinels {
		if s.name == name {
			return []error{s.err}
		}
	}
	return nil
}
