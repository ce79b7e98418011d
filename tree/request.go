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

// grace returns how long the scope waits until it cancels by itself, and when it
// will be canceled by whomever. Asked to end along with the scope around it, a scope
// without a grace of its own has that one's; and where its own is not over before,
// it leaves the cancel to that one, so that what is cut short is cut from outside. A
// scope that is shielded from that cancel is ended by the last call at the latest.
func (c *core) grace(r *request) (wait time.Duration, end time.Time) {
	own := c.policy.Stop.Grace
	end = until(own)
	_, along := r.reason.(*aroundError)
	switch {
	case !along || own == policy.NoGrace:
		return own, end
	case c.shielded && !c.ownGrace:
		return policy.Forever, time.Time{}
	case c.shielded || c.ownGrace && sooner(end, r.until):
		return own, end
	}
	return policy.Forever, r.until
}

// sooner reports whether a comes before b, of which the zero time never comes.
func sooner(a, b time.Time) bool { return !a.IsZero() && (b.IsZero() || a.Before(b)) }

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
