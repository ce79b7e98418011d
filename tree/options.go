package tree

import (
	"context"
	"errors"

	"github.com/understudy-go/understudy/policy"
)

// Option sets what has no place in a policy. See [WithName] and [WithObserver].
type Option func(*options)

type options struct {
	name     string
	named    bool
	observer Observer
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
		c.root, c.journal = c.under.scope.root, c.under.scope.journal
	} else {
		c.root = &root{}
		c.journal = &c.root.journal
		c.journal.observer = &c.root.logger
	}
	if o.observer != nil {
		c.journal = &journal{observer: o.observer, all: true}
	}
}
