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

// failures runs every check that applies to m and whose name contains only. It
// returns the names of those that fail, with what they say.
func failures(t *testing.T, m Makers, only string) map[string]string {
	t.Helper()
	failed := make(map[string]string)
	for _, c := range checksFor(m) {
		if !strings.Contains(c.name, only) {
			continue
		}
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
		Unbounded:  func() box { return sound(mailbox.Unbounded()) },
		Block:      block,
		Reject:     func(n int) box { return sound(mailbox.Bounded(n, mailbox.Reject)) },
		DropNewest: dropNewest,
		DropOldest: dropOldest,
		Latest:     latest,
	}, ""))
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
		{"born with a past", saying(born), "a new mailbox has no past"},
		{"without memory", saying(present), "the peak is the most"},
		{"rounding", saying(rounding), "the peak is the most"},
		{"racing", func(n int) box { return &racing{box: block(n)} }, "the peak is exact when many"},
		{"shut", func(n int) box { return shut{block(n)} }, "opened again accepts again"},
		{"emptying", func(n int) box { return emptying{block(n)} }, "opened again accepts again"},
		{"slamming", func(n int) box { return slamming{block(n)} }, "opening what is open"},
		{"hopeful", func(n int) box { return hopeful{block(n)} }, "a wait that close has ended"},
		{"lossy", func(n int) box { return &lossy{box: block(n)} }, "each message is taken once"},
		{"doubling", func(n int) box { return &doubling{box: block(n)} }, "each message is taken once"},
		{"never full", func(int) box { return sound(mailbox.Unbounded()) }, "a sender waits exactly"},
		{"never waits", func(n int) box { return sound(mailbox.Bounded(n, mailbox.Reject)) }, "close ends a sender's wait"},
	} {
		t.Run(tt.broken+" by "+tt.by, func(t *testing.T) {
			found(t, Makers{Block: tt.make}, tt.by)
		})
	}
}

// found ends the test unless a check of that name fails.
func found(t *testing.T, m Makers, by string) {
	t.Helper()
	failed := failures(t, m, by)
	require.NotEmpty(t, failed)
	for name, failure := range failed {
		t.Logf("%s: %s", name, failure)
	}
}

func TestTheSuiteFindsEachMailboxThatDropsWrongly(t *testing.T) {
	for _, tt := range []struct {
		broken string
		makers Makers
		by     string
	}{
		{"never tells", Makers{DropNewest: telling(dropNewest, never)}, "each message is taken once"},
		{"tells twice", Makers{DropOldest: telling(dropOldest, twice)}, "each message is taken once"},
		{"tells of another", Makers{DropOldest: telling(dropOldest, others)}, "the capacity is exact"},
		{"tells late", Makers{DropNewest: late(dropNewest)}, "drops the newest at once"},
		{"drops the other end", Makers{DropNewest: dropOldest}, "drops the newest at once"},
		{"drops the other end", Makers{DropOldest: dropNewest}, "drops the oldest at once"},
		{"waits", Makers{DropOldest: func(n int, _ func(int)) box { return block(n) }}, "drops the oldest at once"},
		{"one too large", Makers{DropOldest: func(n int, drop func(int)) box { return dropOldest(n+1, drop) }}, "the capacity is exact"},
		{"locked", Makers{DropOldest: lockedWhileDropping(dropOldest)}, "drop may use the mailbox"},
		{"uncounted", Makers{DropNewest: func(n int, drop func(int)) box { return stated{dropNewest(n, drop), uncounted} }}, "what is dropped is counted"},
		{"tidy", Makers{DropNewest: func(n int, drop func(int)) box { return tidy{dropNewest(n, drop), drop} }}, "a closed mailbox drops nothing"},
		{"keeping", Makers{DropOldest: keepingAll(dropOldest)}, "what is dropped is not kept"},
		{"polite", Makers{Reject: func(n int) box { return polite{sound(mailbox.Bounded(n, mailbox.Reject))} }}, "while the mailbox closes and opens"},
	} {
		t.Run(tt.broken+" by "+tt.by, func(t *testing.T) { found(t, tt.makers, tt.by) })
	}
}

func TestTheSuiteFindsEachMailboxThatHoldsTheLatestWrongly(t *testing.T) {
	for _, tt := range []struct {
		broken string
		make   latestMaker
		by     string
	}{
		{"never replaces", fixed, "takes the place of the one of its key"},
		{"keeps the first", listedWith(keepFirst), "takes the place of the one of its key"},
		{"moves to the end", listedWith(moveToEnd), "takes the place of the one of its key"},
		{"sorting", newSorting, "a key that was taken starts at the end"},
		{"crowded", newCrowded, "needs no room"},
		{"single", newSingle, "once its key is there"},
		{"telling more", newTellingMore, "a message that gives up"},
		{"asking twice", askingTwice, "the key is asked for once"},
		{"asking twice, under a lock", newLockedForKey, "the key is asked for once"},
		{"locked for keys", newLockedForKey, "a key that is not told"},
	} {
		t.Run(tt.broken+" by "+tt.by, func(t *testing.T) { found(t, Makers{Latest: tt.make}, tt.by) })
	}
}

func TestTheSuiteFindsAMailboxThatHesitatesToReject(t *testing.T) {
	failed := failures(t, Makers{Reject: func(n int) box { return hesitant{sound(mailbox.Bounded(n, mailbox.Reject))} }}, "rejects at once")
	require.Contains(t, failed, "reject/a full mailbox rejects at once")
}
