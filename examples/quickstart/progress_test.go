package main

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/tree"
)

func TestProgressIsShownAtEachTickUntilTheDrain(t *testing.T) {
	for name, tc := range map[string]struct {
		terminal bool
		want     string
	}{
		"on a terminal": {true, "0 files parsed, 0 failed\x1b[K\r" + "1 files parsed, 1 failed\x1b[K\r" + "\x1b[K"},
		"in a log":      {false, "0 files parsed, 0 failed\n" + "1 files parsed, 1 failed\n"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, err := tree.Open(t.Context(), rootPolicy(), tree.WithName("test"))
				require.NoError(t, err)
				defer s.Close()
				index, err := tree.Spawn(t.Context(), s, indexSpec(newBook()))
				require.NoError(t, err)
				var line strings.Builder
				p := &progress{index: index, to: &line, terminal: tc.terminal}
				_, err = s.Start(t.Context(), p.spec())
				require.NoError(t, err)

				clock := time.NewTimer(tick * 3 / 2)
				<-clock.C // one tick
				require.NoError(t, counted(t.Context(), index, outcome{path: "a.go"}))
				require.NoError(t, counted(t.Context(), index, outcome{path: "b.go", failure: cause{kind: "panic"}}))
				clock.Reset(tick)
				<-clock.C // another one
				require.NoError(t, s.Close())
				require.Equal(t, tc.want, line.String())
			})
		})
	}
}

func TestProgressStopsAfterTheWalkerAndBeforeTheIndex(t *testing.T) {
	dir := mixed(t, 30)
	synctest.Test(t, func(t *testing.T) {
		k := &keyboard{}
		done := (&config{dir: dir, workers: 1, progress: true, parse: takes(time.Second)}).begin(k)
		clock := time.NewTimer(1500 * time.Millisecond)
		<-clock.C // the second file is in flight
		k.press()
		r := <-done
		require.NoError(t, r.err)
		require.Equal(t, 2*time.Second, r.sum.took)
		require.Equal(t, 2, r.sum.walk.found)
		require.Equal(t, []string{"quickstart/walker", "quickstart/progress", "quickstart/parsers", "quickstart/index"}, ended(r.sum.report))
	})
}
