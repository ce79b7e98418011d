package tree

import (
	"context"
	"errors"

	"github.com/understudy-go/understudy/policy"
)

// Option sets what has no place in a policy: see the functions that return one.
type Option func(*options)

type options struct {
	name     string
	named    bool
	observer Observer
	random   func() float64
	decide   policy.Decider
	site     uintptr
	body     bool // of Run
	grace    bool // the policy has one of its own
}

// WithName names the scope: one element of its path, with no "/". Without it a
// root is called after the function that made it, and a nested scope adds
// nothing to the path it stands at.
func WithName(name string) Option {
	return func(o *options) { o.name, o.named = name, true }
}

// WithObserver has obs told of all that happens in the scope and in scopes
// nested in it that name no other. Without one, on any scope around, failures,
// give-ups and stragglers go to [slog.Default].
func WithObserver(obs Observer) Option {
	return func(o *options) { o.observer = obs }
}

// WithRandom has the waits of every Backoff in the scope, and in those nested in it
// that were given no other, drawn with f, which returns numbers in [0, 1): for tests
// that are to be the same each time. It is called from many goroutines at once, on
// that of what is restarted, and a panic in it counts as one of that. Without it
// chance is math/rand's.
func WithRandom(f func() float64) Option {
	return func(o *options) { o.random = f }
}

// WithDecider has decide asked what the error of a child or plain task of the scope,
// or of one nested in it, means for its restart. The innermost is asked first:
// [policy.Done] and [policy.Fatal] in the error itself, then the child's own
// [ChildSpec].Decide, that of the supervisor it stands in, and so on outward. The
// first that does not say [policy.ByRestart] decides.
//
// The error of a supervisor wraps that of the child it ended for. So a Decider that
// looks into errors, as errors.Is does, and says [policy.Escalate], is asked again a
// level up and says so again, up to its own scope.
//
// It is called on the goroutine of what failed, from many at once, and should
// return soon. A panic in it counts as one of the child.
func WithDecider(decide policy.Decider) Option {
	return func(o *options) { o.decide = decide }
}

// newOptions checks what Run and Open were given and fills p's defaults.
func newOptions(ctx context.Context, caller string, p *policy.Scope, opts []Option) (options, error) {
	if ctx == nil {
		return options{}, fault(caller+".ctx", nil, "must not be nil")
	}
	o := apply(opts)
	var nameless error
	if o.named {
		nameless = checkName("tree", "WithName", o.name)
	}
	if err := errors.Join(nameless, p.Validate()); err != nil {
		return o, err
	}
	o.grace = p.Stop.Grace != 0
	*p = p.WithDefaults()
	return o, nil
}

// apply is apart so that the common call, without options, allocates nothing.
func apply(opts []Option) options {
	if len(opts) == 0 {
		return options{}
	}
	o := new(options)
	for _, opt := range opts {
		if opt != nil {
			opt(o)
		}
	}
	return *o
}

// inherit takes from the scope around what this one was not given.
func (c *core) inherit(o options) {
	if c.under != nil {
		c.root, c.journal, c.given = c.under.scope.root, c.under.scope.journal, c.under.scope.given
	} else {
		c.root = &root{}
		c.journal = &c.root.journal
		c.journal.observer = &c.root.logger
	}
	if o.observer != nil {
		c.journal = &journal{observer: o.observer, all: true}
	}
	if o.random != nil || o.decide != nil {
		c.given = &given{outer: c.given, chance: o.random, decide: o.decide}
	}
}
