package policy_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/understudy-go/understudy/policy"
)

func TestEveryConstantHasAWordOfItsOwn(t *testing.T) {
	for kind, c := range map[string]struct {
		values int
		at     func(uint8) fmt.Stringer
	}{
		"restart":    {3, func(v uint8) fmt.Stringer { return policy.Restart(v) }},
		"exit":       {4, func(v uint8) fmt.Stringer { return policy.Exit(v) }},
		"decision":   {4, func(v uint8) fmt.Stringer { return policy.Decision(v) }},
		"strategy":   {len(policy.Strategies()), func(v uint8) fmt.Stringer { return policy.Strategy(v) }},
		"on_failure": {3, func(v uint8) fmt.Stringer { return policy.OnFailure(v) }},
		"on_timeout": {2, func(v uint8) fmt.Stringer { return policy.OnTimeout(v) }},
		"exhausted":  {3, func(v uint8) fmt.Stringer { return policy.Exhausted(v) }},
		"end":        {2, func(v uint8) fmt.Stringer { return policy.End(v) }},
		"leave":      {3, func(v uint8) fmt.Stringer { return policy.Leave(v) }},
		"auto":       {3, func(v uint8) fmt.Stringer { return policy.AutoShutdown(v) }},
		"order":      {3, func(v uint8) fmt.Stringer { return policy.Order(v) }},
		"stuck":      {3, func(v uint8) fmt.Stringer { return policy.Stuck(v) }},
		"panic":      {2, func(v uint8) fmt.Stringer { return policy.Panic(v) }},
		"jitter":     {2, func(v uint8) fmt.Stringer { return policy.Jitter(v) }},
		"slot":       {int(policy.SlotForgotten) + 1, func(v uint8) fmt.Stringer { return policy.SlotState(v) }},
		"do":         {int(policy.DoEnd) + 1, func(v uint8) fmt.Stringer { return policy.Do(v) }},
	} {
		words := map[string]bool{}
		for v := range uint8(c.values) {
			word := c.at(v).String()
			require.NotContains(t, word, "(", "%s %d has no word", kind, v)
			words[word] = true
		}
		require.Len(t, words, c.values, kind)
		require.Equal(t, fmt.Sprintf("%s(%d)", kind, c.values), c.at(uint8(c.values)).String())
	}
}

// TestAWordStaysWhatItWas is for those who have written one into a log or a file.
func TestAWordStaysWhatItWas(t *testing.T) {
	require.Equal(t, "fails", policy.TimeoutFails.String())
	require.Equal(t, "moves_on", policy.TimeoutMovesOn.String())
	require.Zero(t, policy.TimeoutFails, "a scope that says nothing fails")
}

func TestAnActionSaysWhomItIsAbout(t *testing.T) {
	reader := &policy.Slot{Child: "reader"}
	require.Equal(t, "start reader", policy.Action{Do: policy.DoStart, Slot: reader}.String())
	require.Equal(t, "wait reader 1s", policy.Action{Do: policy.DoWait, Slot: reader, After: time.Second}.String())
	require.Equal(t, "end", policy.Action{Do: policy.DoEnd}.String())
}
