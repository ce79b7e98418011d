package policy

import "fmt"

// FieldError says what is wrong with one field of a policy.
type FieldError struct {
	Field  string // its path, such as "policy.Scope.Intensity.Restarts"
	Value  any    // what it was
	Reason string // why that is wrong, to follow a colon
}

// Error returns, for example,
// "policy.Scope.Intensity.Restarts = -1: must not be negative". Texts stand in
// quotes, so that an empty one can be seen.
func (e *FieldError) Error() string {
	switch v := e.Value.(type) {
	case nil:
		return fmt.Sprintf("%s = nil: %s", e.Field, e.Reason)
	case string:
		return fmt.Sprintf("%s = %q: %s", e.Field, v, e.Reason)
	}
	return fmt.Sprintf("%s = %v: %s", e.Field, e.Value, e.Reason)
}
