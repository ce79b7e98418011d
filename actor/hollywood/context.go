package hollywood

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"unsafe"

	hactor "github.com/anthdm/hollywood/actor"
	"github.com/anthdm/hollywood/safemap"
)

// A Hollywood Receiver is handed a *[hactor.Context], which has private fields and no
// constructor. Here is the one place where they are written, and ADR 0022 says why.

// children is what a context knows its children by.
type children = safemap.SafeMap[string, *hactor.PID]

// fields are the fields of a [hactor.Context], in the order of v1.0.5.
type fields struct {
	pid       *hactor.PID
	sender    *hactor.PID
	engine    *hactor.Engine
	receiver  hactor.Receiver
	message   any
	parentCtx *hactor.Context
	children  *children
	context   context.Context
}

// errLayout says whether this package knows the contexts of the Hollywood that it was
// built with.
var errLayout = sameLayout(reflect.TypeFor[hactor.Context](), reflect.TypeFor[fields]())

// newContext returns a context whose fields can be written, or an error that says
// what is other than in v1.0.5.
func newContext(f fields) (*hactor.Context, *fields, error) {
	if errLayout != nil {
		return nil, nil, errLayout
	}
	c := new(hactor.Context)
	open := (*fields)(unsafe.Pointer(c))
	*open = f
	return c, open, nil
}

// sameLayout returns nil if a value of type theirs may be written as one of type ours:
// the same fields, by name, type and place, and no others.
func sameLayout(theirs, ours reflect.Type) error {
	var faults []error
	for i := range ours.NumField() {
		want := ours.Field(i)
		switch got, ok := theirs.FieldByName(want.Name); {
		case !ok:
			faults = append(faults, fmt.Errorf("has no field %s", want.Name))
		case got.Type != want.Type:
			faults = append(faults, fmt.Errorf("its field %s is a %v, not a %v", want.Name, got.Type, want.Type))
		case got.Offset != want.Offset:
			faults = append(faults, fmt.Errorf("its field %s is at %d, not at %d", want.Name, got.Offset, want.Offset))
		}
	}
	if theirs.Size() != ours.Size() {
		faults = append(faults, fmt.Errorf("it has %d bytes, not %d", theirs.Size(), ours.Size()))
	}
	if len(faults) == 0 {
		return nil
	}
	return fmt.Errorf("hollywood: %v is not that of Hollywood v1.0.5: %w", theirs, errors.Join(faults...))
}
