package tree_test

import (
	"context"
	"runtime"
	"time"

	"github.com/understudy-go/understudy/policy"
	"github.com/understudy-go/understudy/tree"
)

// worker returns what a worker runs.
func (st *otpStage) worker(name string) func(context.Context) error {
	depth, boss := st.depth(name), st.bosses[name]
	return func(ctx context.Context) error {
		n, how := st.begin(name)
		<-time.After(paceAt(depth))
		st.hook("onstart", name)
		switch how {
		case "!":
			return failing(n)
		case "~":
			return policy.ErrIgnored
		}
		told := st.enter(name)
		if err := tree.Ready(ctx); err != nil {
			return err
		}
		select {
		case kind := <-told:
			return leaves(kind, n)
		case <-tree.Draining(ctx):
		}
		<-time.After(1) // until all that was decided with this stop is written down
		st.away(name)
		st.tell(boss, "-"+name)
		st.hook("onstop", name)
		st.tell(boss, "."+name)
		st.mu.Lock()
		defer st.mu.Unlock()
		return leaves(st.dying[name], n)
	}
}

// begin counts a start and returns its number and how it is to end.
func (st *otpStage) begin(name string) (n int, how string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.begun[name]++
	return st.begun[name], st.plans[name][st.begun[name]]
}

// enter makes a worker one that runs.
func (st *otpStage) enter(name string) <-chan string {
	st.mu.Lock()
	defer st.mu.Unlock()
	told := make(chan string, 1)
	st.live[name] = told
	return told
}

// away makes it one that does not.
func (st *otpStage) away(name string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	delete(st.live, name)
}

// hook makes those crash, one after another, whom a start or stop of the named
// worker is to make crash, and waits until all that follows has happened.
func (st *otpStage) hook(point, name string) {
	st.mu.Lock()
	targets := st.hooks[point+" "+name]
	delete(st.hooks, point+" "+name)
	if len(targets) == 0 {
		st.mu.Unlock()
		return
	}
	st.hooked++
	mine := st.hooked
	st.mu.Unlock()
	for _, target := range targets {
		if st.crash(st.bosses[name], target) {
			st.rest(st.depth(name), mine)
		}
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	st.hooked--
	st.told++ // something has happened, though there is no word for it
}

// leaves returns, or unwinds, as a worker that ends like that. In Go all of OTP's
// clean exits are nil. What has been killed panics or exits its goroutine, by turns.
func leaves(kind string, n int) error {
	switch {
	case kind == "crash":
		return errCrash
	case kind == "kill" && n%2 == 0:
		panic("killed")
	case kind == "kill":
		runtime.Goexit()
	}
	return nil
}

// failing is a start that fails, in one of the ways there are.
func failing(n int) error {
	switch n % 4 {
	case 0:
		return errCrash
	case 1:
		panic("no start")
	case 2:
		runtime.Goexit()
	}
	return nil // without having been up
}
