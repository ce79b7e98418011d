package mailboxtest

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/mailbox"
)

// recorder is a tb whose failure ends the check and not the test.
type recorder struct{ failure string }

func (*recorder) Helper() {}

func (r *recorder) Fatalf(format string, args ...any) {
	r.failure = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// failures runs every check that applies to m and returns the names of those
// that fail, with what they say.
func failures(t *testing.T, m Makers) map[string]string {
	t.Helper()
	failed := make(map[string]string)
	for _, c := range checksFor(m) {
		run := func() {
			var r recorder
			done := make(chan struct{})
			go func() {
				defer close(done)
				c.run(&r)
			}()
			<-done
			if r.failure != "" {
				failed[c.name] = r.failure
			}
		}
		if c.outside {
			run()
			continue
		}
		synctest.Test(t, func(*testing.T) { run() })
	}
	return failed
}

func TestTheSuiteFindsNothingWrongWithSoundMailboxes(t *testing.T) {
	require.Empty(t, failures(t, Makers{
		Unbounded: func() box { return sound(mailbox.Unbounded()) },
		Block:     block,
		Reject:    func(n int) box { return sound(mailbox.Bounded(n, mailbox.Reject)) },
	}))
}

func TestTheSuiteFindsEachBrokenMailbox(t *testing.T) {
	for _, tt := range []struct {
		broken string
		make   func(capacity int) box
		by     string // a check that must fail
	}{
		{"lossy", func(n int) box { return &lossy{box: block(n)} }, "each sender's messages stay in order"},
		{"lossy", func(n int) box { return &lossy{box: block(n)} }, "no wake-up is lost"},
		{"doubling", func(n int) box { return &doubling{box: block(n)} }, "each sender's messages stay in order"},
		{"reordering", func(n int) box { return &reordering{box: block(n)} }, "messages come out in the order"},
		{"reordering", func(n int) box { return &reordering{box: block(n)} }, "each sender's messages stay in order"},
		{"deaf", func(n int) box { return deaf{block(n)} }, "a sender waits no longer than its context"},
		{"deaf", func(n int) box { return deaf{block(n)} }, "an ended context does not wait at all"},
		{"deaf", func(n int) box { return deaf{block(n)} }, "a canceled sender leaves no trace"},
		{"causeless", func(n int) box { return causeless{block(n)} }, "a sender waits no longer than its context"},
		{"strict", func(n int) box { return strict{block(n)} }, "a context that has ended does not refuse"},
		{"open", func(n int) box { return open{block(n), block(n)} }, "a closed mailbox refuses"},
		{"forgetful", func(n int) box { return &forgetful{box: block(n)} }, "a closed mailbox refuses"},
		{"forgetful", func(n int) box { return &forgetful{box: block(n)} }, "close ends a sender's wait"},
		{"miscounting", func(n int) box { return miscounting{block(n)} }, "messages come out in the order"},
		{"hoarding", func(n int) box { return &hoarding{box: block(n)} }, "memory goes back"},
		{"swallowing", newSwallowing, "a sender that does not wait overtakes nobody"},
		{"one too large", func(n int) box { return block(n + 1) }, "the capacity is exact"},
		{"never full", func(int) box { return sound(mailbox.Unbounded()) }, "a sender waits exactly"},
		{"never waits", func(n int) box { return sound(mailbox.Bounded(n, mailbox.Reject)) }, "close ends a sender's wait"},
	} {
		t.Run(tt.broken+" by "+tt.by, func(t *testing.T) {
			failed := failures(t, Makers{Block: tt.make})
			for name, failure := range failed {
				if strings.Contains(name, tt.by) {
					t.Logf("%s: %s", name, failure)
					return
				}
			}
			require.Failf(t, "not found", "failed instead: %v", failed)
		})
	}
}

func TestTheSuiteFindsAMailboxThatHesitatesToReject(t *testing.T) {
	failed := failures(t, Makers{Reject: func(n int) box { return hesitant{sound(mailbox.Bounded(n, mailbox.Reject))} }})
	require.Contains(t, failed, "reject/a full mailbox rejects at once")
}
