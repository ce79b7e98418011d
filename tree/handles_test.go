package tree_test

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// A handle is alive while a method of it waits, also when that is its last use.
func TestAGoThatWaitsForAPlaceKeepsItsHandle(t *testing.T) {
	gate := make(chan struct{})
	s, err := tree.Open(t.Context(), limited(policy.TaskScope, 1), tree.WithName("kept"), nobody())
	require.NoError(t, err)
	require.NoError(t, s.Go(t.Context(), stubborn(gate)))
	answer := make(chan error, 1)
	go func(s *tree.Scope) {
		answer <- s.Go(t.Context(), func(context.Context) error { return nil })
	}(s)
	root := rootNamed("kept")
	require.NotNil(t, root)
	for root.Counts().Waiting == 0 {
		runtime.Gosched()
	}
	for range 10 {
		runtime.GC()
	}
	close(gate)
	require.NoError(t, <-answer)
	for rootNamed("kept") != nil { // it is forgotten now, and ends
		runtime.GC()
	}
}

// rootNamed returns a root by its name, or nil.
func rootNamed(name string) *tree.Scope {
	for s := range tree.Roots() {
		if s.Path() == name {
			return s
		}
	}
	return nil
}

func TestACopiedHandleClosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err := tree.Run(t.Context(), policy.TaskScope, func(ctx context.Context, s *tree.Scope) error {
			copied := reflect.New(reflect.TypeOf(s).Elem())
			copied.Elem().Set(reflect.ValueOf(s).Elem()) // vet sees to others
			require.ErrorIs(t, copied.Interface().(*tree.Scope).Close(), tree.ErrSelfWait)
			require.NoError(t, s.Go(ctx, func(context.Context) error { return nil }))
			return errBody
		})
		require.Equal(t, errBody, err)
	})
}

// A scope that is opened while its child is canceled may be reached by the cancel
// before Open has returned.
func TestAScopeThatIsOpenedDuringACancelIsWaitedForAndLetGo(t *testing.T) {
	s, err := tree.Open(t.Context(), policy.TaskScope, nobody())
	require.NoError(t, err)
	var all sync.WaitGroup
	for i := range 2000 {
		running := make(chan struct{})
		child, err := s.Start(t.Context(), tree.ChildSpec{Name: fmt.Sprint(i), Run: func(ctx context.Context) error {
			close(running)
			inner, err := tree.Open(ctx, policy.TaskScope)
			if err != nil {
				return err
			}
			return inner.Close()
		}})
		require.NoError(t, err)
		<-running
		all.Go(func() {
			child.Cancel(errReason)
			_ = child.Wait(t.Context())
		})
	}
	all.Wait()
	require.Empty(t, slices.Collect(s.Scopes()))
	require.NoError(t, s.Close())
}

// What is called by a go statement has no caller to name; its function has a place.
func TestTheSiteOfAShieldThatAGoStatementCalledIsThatOfItsFunction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openSupervisor(t, policy.TaskScope)
		go s.Shield(t.Context(), "save", takes(tenth))
		synctest.Wait()
		children := s.Snapshot().Children
		require.Len(t, children, 1)
		require.Regexp(t, `^scope_helpers_test\.go:\d+$`, children[0].Site)
		_, err := s.Shutdown(t.Context())
		require.NoError(t, err)
		require.NoError(t, s.Close())
	})
}
