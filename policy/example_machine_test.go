package policy_test

import (
	"fmt"

	"github.com/understudy-go/understudy/policy"
)

// Three children are up and the middle one fails: the last one is stopped, then
// both are started again.
func ExampleMachine_restForOne() {
	scope := policy.SupervisorScope
	scope.Strategy = policy.RestForOne
	m := policy.NewMachine(scope.WithDefaults())

	a, b, c := &policy.Slot{Child: "a"}, &policy.Slot{Child: "b"}, &policy.Slot{Child: "c"}
	m.Boot([]*policy.Slot{a, b, c})
	for _, s := range []*policy.Slot{a, b, c} {
		m.Started(s, 0)
	}
	fmt.Println(m.Exited(b, policy.Failed, policy.ByRestart, 0, 0))
	fmt.Println(m.Exited(c, policy.Canceled, policy.ByRestart, 0, 0))
	fmt.Println(m.Started(b, 0))
	// Output:
	// [stop c]
	// [start b]
	// [start c]
}
