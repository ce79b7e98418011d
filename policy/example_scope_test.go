package policy_test

import (
	"fmt"
	"time"

	"github.com/understudy-go/understudy/policy"
)

// To vary a preset, copy it, then change the copy.
func ExampleScope_copyThenChange() {
	ingest := policy.SupervisorScope
	ingest.Strategy = policy.RestForOne
	ingest.Intensity = policy.Intensity{Restarts: 10, Within: time.Minute}
	fmt.Println(ingest.Validate())
	fmt.Println(ingest.Strategy, ingest.Leave, policy.SupervisorScope.Strategy)
	// Output:
	// <nil>
	// rest_for_one drain one_for_one
}

// A field that could have no effect is refused, with the reason.
func ExampleScope_Validate() {
	s := policy.TaskScope
	s.Strategy = policy.OneForAll
	fmt.Println(s.Validate())
	// Output: policy.Scope.Strategy = one_for_all: has no meaning unless OnFailure is Supervise
}
