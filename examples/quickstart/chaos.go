package main

import (
	"errors"
	"hash/fnv"
	"math/rand/v2"
)

// maxTries bounds how often a file is tried. Chaos spares the last try, so every
// good file is parsed in the end, at any rate.
const maxTries = 100

// errInjected is what chaos panics with. Being an error, it is found again by
// errors.Is in what the asker of the lost parser is told.
var errInjected = errors.New("quickstart: injected crash")

// chaos panics at random. What it does depends on nothing but its seed, the file
// and the try: not on which parser has the file, nor on when.
type chaos struct {
	rate float64 // of tries, in [0, 1)
	seed uint64
}

func (c *config) chaos() chaos { return chaos{rate: c.crashRate, seed: c.seed} }

// strike panics if chance wants this try to crash.
func (c chaos) strike(path string, try int) {
	if c.strikes(path, try) {
		panic(errInjected)
	}
}

func (c chaos) strikes(path string, try int) bool {
	if c.rate == 0 || try >= maxTries {
		return false
	}
	h := fnv.New64a()
	h.Write([]byte(path))
	return rand.New(rand.NewPCG(c.seed, h.Sum64()+uint64(try))).Float64() < c.rate
}
