package hollywood

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	hactor "github.com/anthdm/hollywood/actor"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/tree"
)

// StartChild has a scope, on whatever node, start a child of a registered factory.
type StartChild struct {
	Factory string        // its name in the scope's Factories
	Name    string        // of the child; empty: what the factory says, or else a UUID
	Args    []byte        // for the factory
	Within  time.Duration // how long the start may take; zero: as long as it does
}

// Answer is what a scope answers to an order.
type Answer struct {
	Path string      // of the child that it was about; of the scope if about none
	PID  *hactor.PID // of an actor that was started and is a process there; else nil
	Err  error       // why it was not done, from another node a *RemoteError; nil if it was

	actor actor.ID // that was started
}

// Order has the scope that is exposed as pid, on this node or another, do what message
// says, and waits for the answer. The message is a [StartChild] of this package, whose
// Within is then what ctx leaves, if that is less; or one of tree.StopChild,
// tree.RestartChild, tree.ShutdownScope and tree.CancelScope, without a Reply. The last
// two are answered when the scope has taken them, the first when the child is up.
//
// The error is the answer's, or one of [Request]: after an [*actor.NoReplyError] the
// child may have been started. That it has a name makes it safe to ask again: the answer
// is then tree.ErrDuplicate.
func Order(ctx context.Context, e *hactor.Engine, pid *hactor.PID, message any) (Answer, error) {
	if e == nil || pid == nil || ctx == nil {
		return Request[Answer](ctx, e, pid, message) // which says so
	}
	if m, ok := message.(StartChild); ok {
		if end, ok := ctx.Deadline(); ok && (m.Within == 0 || time.Until(end) < m.Within) {
			m.Within = max(time.Until(end), 1)
			message = m
		}
	}
	order, err := Encode(message)
	if err != nil {
		return Answer{}, err
	}
	if pid.Address == e.Address() {
		return Request[Answer](ctx, e, pid, message)
	}
	return Request[Answer](ctx, e, pid, order)
}

// Encode returns an order as it goes over the wire, for those who use Hollywood's own
// Request and [AnswerOf]. What is no order is an error.
func Encode(message any) (*structpb.Struct, error) {
	fields := map[string]any{wireKey: wireOrder}
	switch m := message.(type) {
	case StartChild:
		fields[wireDo], fields[wireFactory], fields[wireName] = "start", valid(m.Factory), valid(m.Name)
		fields[wireArgs], fields[wireWithin] = base64.StdEncoding.EncodeToString(m.Args), float64(m.Within)
	case tree.StopChild:
		fields[wireDo], fields[wireName] = "stop", valid(m.Name)
	case tree.RestartChild:
		fields[wireDo], fields[wireName] = "restart", valid(m.Name)
	case tree.ShutdownScope:
		fields[wireDo] = "shutdown"
	case tree.CancelScope:
		fields[wireDo] = "cancel"
		if m.Cause != nil {
			fields[wireCause] = valid(m.Cause.Error())
		}
	default:
		return nil, fmt.Errorf("hollywood.Encode: message = %T: must be a StartChild of this package, "+
			"or a StopChild, RestartChild, ShutdownScope or CancelScope of package tree", message)
	}
	return structpb.NewStruct(fields)
}

// orderOf reports whether a message is an order on the wire, and which; nil if it is none
// that this version knows.
func orderOf(message any) (order any, ok bool) {
	s, ok := message.(*structpb.Struct)
	if !ok || s.GetFields()[wireKey].GetStringValue() != wireOrder {
		return nil, false
	}
	text := func(key string) string { return s.GetFields()[key].GetStringValue() }
	switch text(wireDo) {
	case "start":
		args, err := base64.StdEncoding.DecodeString(text(wireArgs))
		if err != nil {
			return nil, true
		}
		within := time.Duration(s.GetFields()[wireWithin].GetNumberValue())
		return StartChild{Factory: text(wireFactory), Name: text(wireName), Args: args, Within: within}, true
	case "stop":
		return tree.StopChild{Name: text(wireName)}, true
	case "restart":
		return tree.RestartChild{Name: text(wireName)}, true
	case "shutdown":
		return tree.ShutdownScope{}, true
	case "cancel":
		m := tree.CancelScope{}
		if cause := text(wireCause); cause != "" {
			m.Cause = errors.New(cause)
		}
		return m, true
	}
	return nil, true
}
