package tree_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// A text of many lines is one line on the page, whose ever it is.
func TestAPageHasOneLineForTheReasonAndOneForEachChild(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.TaskScope)
		launch(t.Context(), t, s, "child", func(ctx context.Context) error {
			<-tree.Draining(ctx)
			return &linesError{}
		})
		s.Drain(&linesError{})
		report, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.Len(t, strings.Split(strings.TrimSpace(report.String()), "\n"), 3, report.String())
		require.Equal(t, "one\ntwo", report.Children[0].Text, "which has it all")
	})
}

// linesError is an error of two lines.
type linesError struct{}

func (*linesError) Error() string { return "one\ntwo" }
