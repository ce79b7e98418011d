package tree

import (
	"time"

	"github.com/understudy-go/understudy/policy"
)

// A request is the soft signal: it asks a scope or a child to end.
type request struct {
	reason error
	until  time.Time // when the cancel follows; zero: never, or nobody knows
}

// requestBy is the soft signal that comes with a cancel. Most lives are canceled
// only because they have ended, and then nobody heeds it.
func requestBy(cause error) *request {
	if cause == errEnded {
		return &requestEnded
	}
	return &request{reason: cause}
}

var requestEnded = request{reason: errEnded}

// below is the request to the scopes below, which end along.
func (r *request) below() *request {
	if _, ok := r.reason.(*aroundError); ok {
		return r
	}
	return &request{reason: &aroundError{r.reason}, until: r.until}
}

// grace returns how long a scope with such a grace waits until it cancels by
// itself, and when it will be canceled by whomever. One whose grace is not over
// before that of the scope around leaves the cancel to that one, so that what is
// cut short is cut from outside, and waits a little longer only for those whom that
// cancel does not reach.
func (r *request) grace(own time.Duration) (wait time.Duration, end time.Time) {
	const after = 10 * time.Millisecond
	end = until(own)
	switch {
	case own == policy.NoGrace || r.until.IsZero() || !end.IsZero() && end.Before(r.until):
		return own, end
	case own == policy.Forever:
		return own, r.until
	}
	return max(time.Until(r.until), 0) + after, r.until
}

// until returns when a grace that begins now is over, and the zero time for one
// that never is.
func until(grace time.Duration) time.Time {
	switch grace {
	case policy.NoGrace:
		return time.Now()
	case policy.Forever:
		return time.Time{}
	}
	return time.Now().Add(grace)
}
