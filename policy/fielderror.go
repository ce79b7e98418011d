package policy

import "fmt"

// FieldError says what is wrong with one field of a policy.
type FieldError struct {
	Field  string // its path, such as "policy.Scope.Intensity.Restarts"
	Value  any    // what it was
	Reason string // why that is wrong, to follow a colon
}

// Error returns, for example,
// "policy.Scope.Intensity.Restarts = -1: must not be negative".
func (e *FieldError) Error() string {
	return fmt.Sprintf("%s = %v: %s", e.Field, e.Value, e.Reason)
}
