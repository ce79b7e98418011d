package hollywood

import (
	"errors"
	"fmt"
	"reflect"

	hactor "github.com/anthdm/hollywood/actor"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// ErrMarshal means that a message cannot go to another node: it is no protobuf message,
// or none that can be marshaled, or of a type that is not registered. It was not sent.
// Hollywood's remote would end the process, or send something else in its place.
var ErrMarshal = errors.New("hollywood: message cannot go to another node")

// marshalable returns nil if Hollywood's remote can send message, and what it sends
// can be read.
func marshalable(message any) error {
	m, ok := message.(proto.Message)
	if !ok {
		return fmt.Errorf("%w: %T is no protobuf message", ErrMarshal, message)
	}
	if v := reflect.ValueOf(m); v.Kind() == reflect.Pointer && v.IsNil() {
		return fmt.Errorf("%w: %T is nil", ErrMarshal, message)
	}
	name := proto.MessageName(m)
	if _, err := protoregistry.GlobalTypes.FindMessageByName(name); err != nil {
		return fmt.Errorf("%w: %T, %s, is not registered: %w", ErrMarshal, message, name, err)
	}
	if _, err := proto.Marshal(m); err != nil {
		return fmt.Errorf("%w: %T: %w", ErrMarshal, message, err)
	}
	return nil
}

// nobodyID is the id of the sender of messages that have none and go to another node.
// Without one Hollywood would take the sender of whatever is on its way beside them.
const nobodyID = "understudy/nobody"

func (h *hub) nobody() *hactor.PID { return hactor.NewPID(h.engine.Address(), nobodyID) }

// send sends a message, or returns why it was not sent: ErrMarshal or ErrUnreachable,
// both for other nodes only. from may be nil.
func (h *hub) send(to *hactor.PID, message any, from *hactor.PID) error {
	if !h.local(to.Address) {
		if err := h.reach(to.Address); err != nil {
			return err
		}
		if err := marshalable(message); err != nil {
			return err
		}
		if from == nil {
			from = h.nobody()
		}
	}
	h.engine.SendWithSender(to, message, from)
	return nil
}

// lose tells of a message that could not be sent, as a dead letter of the engine.
func (h *hub) lose(to *hactor.PID, message any, from *hactor.PID) {
	h.engine.BroadcastEvent(hactor.DeadLetterEvent{Target: to, Message: message, Sender: from})
}
