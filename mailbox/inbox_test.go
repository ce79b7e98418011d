package mailbox

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// handlerFunc is a Handler as a function.
type handlerFunc func(m int)

func (f handlerFunc) Handle(m int) { f(m) }

func nodes(n int) []*Node[int] {
	list := make([]*Node[int], n)
	for i := range list {
		list[i] = &Node[int]{Msg: i}
	}
	return list
}

// nowhere is for turns that must not move.
func nowhere(t *testing.T) func(func()) {
	return func(func()) { t.Error("the turn moved") }
}

func TestAPosterFindsTheInboxIdleAgain(t *testing.T) {
	var b Inbox[int]
	var handled []int
	b.Init(handlerFunc(func(m int) {
		require.Same(t, &b.busy, b.word.Load())
		handled = append(handled, m)
	}), nowhere(t))
	for i, n := range nodes(3 * turnLength) {
		require.Nil(t, b.word.Load())
		b.Post(n)
		require.Len(t, handled, i+1, "handled before Post returned")
	}
}

func TestAHandlerThatPostsToItsOwnInboxIsNotCalledInsideItself(t *testing.T) {
	var b Inbox[int]
	depth, handled := 0, []int(nil)
	list := nodes(10)
	b.Init(handlerFunc(func(m int) {
		depth++
		require.Equal(t, 1, depth)
		if m == 0 {
			for _, n := range list[1:] {
				b.Post(n)
			}
		}
		handled = append(handled, m)
		depth--
	}), nowhere(t))
	b.Post(list[0])
	require.Equal(t, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, handled)
}

func TestMessagesAreHandledInTheOrderInWhichTheyWerePosted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b Inbox[int]
		var handled []int
		hold, done := make(chan struct{}), make(chan struct{})
		b.Init(handlerFunc(func(m int) {
			handled = append(handled, m)
			if m%5 == 0 {
				<-hold
			}
		}), nowhere(t))
		list := nodes(30)
		go func() { defer close(done); b.Post(list[0]) }()
		for i, n := range list[1:] {
			synctest.Wait() // the turn is held at 0, 5, 10 ...
			b.Post(n)       // leaves its node, from this goroutine, and returns
			if i >= 10 && i%5 == 0 {
				hold <- struct{}{} // five more are handled, up to the middle of a list
			}
		}
		close(hold)
		<-done
		for i, m := range handled {
			require.Equal(t, i, m)
		}
		require.Len(t, handled, 30)
	})
}

func TestATurnMovesAfterSixtyFourMessagesOfOthers(t *testing.T) {
	for _, others := range []int{0, 1, turnLength - 1, turnLength, turnLength + 1, 3 * turnLength} {
		var b Inbox[int]
		var handled []int
		var moved []func()
		list := nodes(others + 3)
		b.Init(handlerFunc(func(m int) {
			handled = append(handled, m)
			if m == 0 { // as if others had posted meanwhile
				for _, n := range list[1 : 1+others] {
					b.Post(n)
				}
			}
		}), func(f func()) { moved = append(moved, f) })
		b.Post(list[0])
		require.Len(t, handled, 1+min(others, turnLength), "%d others", others)
		if others <= turnLength {
			require.Empty(t, moved, "%d others", others)
			continue
		}
		require.Len(t, moved, 1)
		b.Post(list[others+1]) // while the turn is on its way: left to it
		require.Len(t, handled, 1+turnLength)
		moved[0]()
		require.Len(t, moved, 1, "where it has moved to the turn may last")
		b.Post(list[others+2])
		require.Len(t, handled, others+3)
		for i, m := range handled {
			require.Equal(t, i, m)
		}
	}
}

func TestANodeMayBePostedAgainByItsOwnHandler(t *testing.T) {
	var b Inbox[int]
	n := &Node[int]{}
	handled := 0
	b.Init(handlerFunc(func(m int) {
		require.Equal(t, handled, m, "the message is the one that was posted")
		handled++
		if n.Msg++; n.Msg < turnLength {
			b.Post(n)
			require.Panics(t, func() { b.Post(n) })
		}
	}), nowhere(t))
	b.Post(n)
	require.Equal(t, turnLength, handled)
}

func TestANodePostedTwiceIsABug(t *testing.T) {
	var b Inbox[int]
	list := nodes(4)
	b.Init(handlerFunc(func(m int) {
		if m > 0 {
			return
		}
		for _, n := range list[1:] {
			b.Post(n)
		}
		for _, n := range list[1:] { // the oldest, the newest and one between
			require.Panics(t, func() { b.Post(n) })
		}
	}), nowhere(t))
	b.Post(list[0])
	for _, n := range list {
		require.Nil(t, n.next, "a handled node holds no other")
		b.Post(n)
	}
}

func TestPostingAllocatesNothing(t *testing.T) {
	var b Inbox[int]
	list := nodes(turnLength + 1)
	b.Init(handlerFunc(func(m int) {
		if m == 0 {
			for _, n := range list[1:] {
				b.Post(n)
			}
		}
	}), nowhere(t))
	require.Zero(t, testing.AllocsPerRun(100, func() { b.Post(list[0]) }))
}
