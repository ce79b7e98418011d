package main

import (
	"context"
	"fmt"
	"time"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// poolPolicy is a supervisor to whom a crash is nothing special.
//
// An Intensity says how many restarts are normal. The default, 3 in 5 seconds,
// is for services, which crash because something is wrong with them. Parsers
// crash because something is wrong with a file, and there may be thousands of
// such files; with -crash-rate there are many crashes for each. The work itself
// bounds them, at maxTries for each file, so the limit is one that is not reached.
//
// Its kill wait is shorter than the root's 30 seconds, so that a parser that
// never comes back is given up by its own supervisor, who names it, and not as
// part of a pool that never comes back.
func poolPolicy() policy.Scope {
	p := policy.SupervisorScope
	p.Intensity = policy.Intensity{Restarts: 1_000_000, Within: time.Second}
	p.Stop.Kill = 10 * time.Second
	return p
}

// startPool starts a supervisor of n parsers and returns their
// addresses, which stay the same however often the parsers are restarted.
func startPool(ctx context.Context, s *tree.Scope, under policy.Scope, n int, p *parser) ([]actor.Ref[parseMessage], error) {
	refs := make([]actor.Ref[parseMessage], n) // written before the child is ready
	_, err := s.Start(ctx, tree.ChildSpec{
		Name:      "parsers",
		WaitReady: true,
		Restart:   policy.Temporary, // a second pool would have other addresses
		Run: func(ctx context.Context) error {
			err := tree.Run(ctx, under, func(inner context.Context, pool *tree.Scope) (err error) {
				for i := range refs {
					if refs[i], err = tree.Spawn(inner, pool, p.spec(i+1)); err != nil {
						return err
					}
				}
				if err := tree.Ready(ctx); err != nil {
					return err
				}
				<-tree.Draining(inner)
				return nil
			})
			if err != nil {
				return policy.Fatal(fmt.Errorf("no parsers: %w", err)) // ends the tree: there is nothing left to do
			}
			return nil
		},
	})
	return refs, err
}
