package policy_test

import (
	"fmt"
	"time"

	"github.com/understudy-go/understudy/policy"
)

// Each wait is twice as long as the one before, up to Max; chance shortens it.
func ExampleBackoff_Delay() {
	b := policy.Backoff{Min: 100 * time.Millisecond, Max: time.Second}
	half := func() float64 { return 0.5 } // mostly rand.Float64
	for attempt := 1; attempt <= 6; attempt++ {
		fmt.Print(b.Delay(attempt, half), " ")
	}
	// Output: 50ms 100ms 200ms 400ms 500ms 500ms
}
