package main

import (
	"errors"
	"fmt"
	"go/scanner"
	"go/token"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
)

func TestCausesGroupWhatDiffersOnlyInDetail(t *testing.T) {
	syntax := func(text string) error {
		return scanner.ErrorList{{Pos: token.Position{Filename: "a.go", Line: 3}, Msg: text}, {Msg: "more of the same"}}
	}
	_, missing := os.ReadFile("testdata/no such file")
	for _, tc := range []struct {
		err  error
		want cause
	}{
		{syntax("expected type, found ')'"), cause{"syntax error", "expected type"}},
		{syntax("expected type, found newline"), cause{"syntax error", "expected type"}},
		{syntax("illegal character U+2639 '☹'"), cause{"syntax error", "illegal character"}},
		{syntax("expected boolean expression, found assignment (missing parentheses?)"), cause{"syntax error", "expected boolean expression"}},
		{fmt.Errorf("wrapped: %w", syntax("missing import path")), cause{"syntax error", "missing import path"}},
		{missing, cause{"unreadable", "no such file or directory"}},
		{policy.NewPanicError(errInjected, nil), cause{"injected crash", ""}},
		{policy.NewPanicError("index 3\nof 2", nil), cause{"panic", "index 3"}},
		{policy.NewPanicError(missing, nil), cause{"panic", "open testdata/no such file: no such file or directory"}},
		{errors.New("never seen"), cause{"other", "never seen"}},
		{errors.New(strings.Repeat("ö", 61)), cause{"other", strings.Repeat("ö", 59) + "…"}},
	} {
		require.Equal(t, tc.want, causeOf(tc.err), "%v", tc.err)
	}
}
