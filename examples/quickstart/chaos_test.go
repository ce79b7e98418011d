package main

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheSameSeedStrikesTheSameTries(t *testing.T) {
	a, b, other := chaos{0.5, 1}, chaos{0.5, 1}, chaos{0.5, 2}
	differ := 0
	for i := range 1000 {
		path := fmt.Sprint(i)
		require.Equal(t, a.strikes(path, 1), b.strikes(path, 1))
		if a.strikes(path, 1) != other.strikes(path, 1) {
			differ++
		}
	}
	require.InDelta(t, 500, differ, 100)
}

func TestTheShareOfTriesThatIsStruckIsTheRate(t *testing.T) {
	for _, rate := range []float64{0, 0.1, 0.5, 0.9} {
		struck := 0
		for i := range 1000 {
			for try := range 10 {
				if (chaos{rate, 1}).strikes(fmt.Sprint(i), try+1) {
					struck++
				}
			}
		}
		require.InDelta(t, rate*10_000, struck, 200, "rate %v", rate)
	}
}

func TestTheLastTryIsSparedAtAnyRate(t *testing.T) {
	almost := chaos{rate: 0.999999, seed: 1}
	require.True(t, almost.strikes("a.go", maxTries-1))
	require.False(t, almost.strikes("a.go", maxTries))
}
