package policy_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/understudy-go/understudy/policy"
)

// A child can say in its error that a restart would not help.
func ExampleDone() {
	err := policy.Done(errors.New("feed was closed for good"))
	fmt.Println(err)
	fmt.Println(policy.DecisionOf(err))
	fmt.Println(policy.Permanent.Wants(policy.Failed, policy.DecisionOf(err)))
	// Output:
	// feed was closed for good
	// no_restart
	// false
}

// Or that nothing around it can work either.
func ExampleFatal() {
	err := fmt.Errorf("start: %w", policy.Fatal(errors.New("wrong database version")))
	fmt.Println(policy.DecisionOf(err))
	// Output: escalate
}

// A clean-up that fails after a cancellation is a failure, and not lost.
func ExampleClassify() {
	isCancel := func(err error) bool { return errors.Is(err, context.Canceled) }
	wrapped := fmt.Errorf("read: %w", context.Canceled)
	joined := errors.Join(wrapped, errors.New("close: disk full"))

	fmt.Println(policy.Classify(wrapped, true, isCancel))
	fmt.Println(policy.Classify(joined, true, isCancel))
	fmt.Println(policy.Classify(wrapped, false, isCancel), "when another context was canceled")
	// Output:
	// canceled
	// failed
	// failed when another context was canceled
}
