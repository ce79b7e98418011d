package policy

import "errors"

// Validate reports everything that is wrong with s, each fault a [*FieldError],
// all joined; nil when s can be used. Zero fields are never wrong.
func (s Scope) Validate() error {
	return errors.Join()
}
