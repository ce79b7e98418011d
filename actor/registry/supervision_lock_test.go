package registry_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

var errMine = errors.New("mine")

// within returns a function that writes down when it has a lock, for a second.
func within(log *trail, name string) func(context.Context) error {
	begun := time.Now()
	return func(ctx context.Context) error {
		log.add(fmt.Sprint(name, " in after ", time.Since(begun)))
		return pause(ctx, time.Second)
	}
}

func TestSupervision_176_OnlyOneAtATimeHasALockAndTheFirstToComeIsTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n names
		var log trail
		for i := range 4 {
			go func() { require.NoError(t, n.Lock(t.Context(), "db", within(&log, fmt.Sprint(i)))) }()
			synctest.Wait() // it has the lock or waits
		}
		require.NoError(t, n.Lock(t.Context(), "cache", within(&log, "another key")))
		synctest.Wait() // the next one has begun
		require.Equal(t, []string{"0 in after 0s", "another key in after 0s", "1 in after 1s"}, log.list())
		require.NoError(t, n.Lock(t.Context(), "db", within(&log, "last")))
		require.Equal(t, []string{"2 in after 2s", "3 in after 3s", "last in after 3s"}, log.list()[3:])
	})
}

func TestSupervision_176_ALockIsGivenBackHoweverItsHolderEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n names
		var log trail
		var all sync.WaitGroup
		for name, end := range map[string]func() error{
			"returns": func() error { return nil }, "fails": func() error { return errMine },
			"panics": func() error { panic(errMine) }, "exits": func() error { runtime.Goexit(); return nil },
		} {
			all.Go(func() {
				defer func() {
					if name == "panics" {
						require.Equal(t, errMine, recover())
					}
				}()
				err := n.Lock(t.Context(), "db", func(ctx context.Context) error {
					if err := within(&log, name)(ctx); err != nil {
						return err
					}
					return end()
				})
				require.Equal(t, name == "fails", errors.Is(err, errMine))
			})
		}
		begun := time.Now()
		all.Wait()
		require.Equal(t, 4*time.Second, time.Since(begun))
		require.Len(t, log.list(), 4)
	})
}

func TestSupervision_176_OneWhoGivesUpWaitingIsInNobodysWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var n names
		var log trail
		go func() { require.NoError(t, n.Lock(t.Context(), "db", within(&log, "holder"))) }()
		synctest.Wait() // it has the lock
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second/2, errMine)
		defer cancel()
		go func() {
			require.Equal(t, errMine, n.Lock(ctx, "db", within(&log, "impatient")))
			log.add("gave up")
		}()
		synctest.Wait() // it waits
		require.NoError(t, n.Lock(t.Context(), "db", within(&log, "patient")))
		require.Equal(t, []string{"holder in after 0s", "gave up", "patient in after 1s"}, log.list())
		require.Equal(t, errMine, n.Lock(ctx, "db", within(&log, "too late")))
	})
}

// The lock comes and the waiter's context ends at the same moment: it has one or the
// other, and the next in line has the lock all the same.
func TestSupervision_176_ALockThatIsGivenToOneWhoGivesUpGoesOn(t *testing.T) {
	for range 100 {
		synctest.Test(t, func(t *testing.T) {
			var n names
			var log trail
			ctx, cancel := context.WithCancel(t.Context())
			go func() {
				require.NoError(t, n.Lock(t.Context(), "db", func(ctx context.Context) error {
					defer cancel() // and then the lock goes to the waiter
					return pause(ctx, time.Second)
				}))
			}()
			synctest.Wait() // it has the lock
			go func() { _ = n.Lock(ctx, "db", nothing) }()
			synctest.Wait() // it waits
			require.NoError(t, n.Lock(t.Context(), "db", within(&log, "next")))
			require.Equal(t, []string{"next in after 1s"}, log.list())
		})
	}
}
