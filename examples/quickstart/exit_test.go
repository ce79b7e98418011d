package main

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

func TestTheExitCodeSaysHowItEnded(t *testing.T) {
	dir := mixed(t, 30)
	for name, tc := range map[string]struct {
		presses int
		deaf    bool
		code    int
		says    string
	}{
		"nothing happened":   {0, false, exitDone, ""},
		"drained":            {1, false, exitDone, "again to cancel"},
		"canceled":           {2, false, exitCanceled, "again to cancel"},
		"abandoned":          {1, true, exitFailed, "quickstart: tree: abandoned: quickstart/parsers/parser-"},
		"canceled, yet deaf": {2, true, exitFailed, "quickstart: tree: abandoned: quickstart/parsers/parser-"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &held{free: 10, deaf: tc.deaf, gate: make(chan struct{})}
				k := &keyboard{}
				var stderr strings.Builder
				code := make(chan int, 1)
				go func() { code <- (&config{dir: dir, workers: 2, parse: h.parse}).run(k.next, io.Discard, &stderr) }()
				for range tc.presses {
					synctest.Wait() // two parsers are held up; then the walker drains
					k.press()
				}
				if tc.code == exitDone {
					close(h.gate)
				}
				require.Equal(t, tc.code, <-code)
				require.Contains(t, stderr.String(), tc.says)
				if tc.code != exitDone {
					close(h.gate)
				}
			})
		})
	}
}
