package tree_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/understudy-go/understudy/tree"
)

// otpStage writes down what Understudy does, as a trace.
//
// OTP does one thing after another, for a supervisor is deaf while it starts or
// stops somebody, and starts a nested one only when that has nothing left to do.
// Understudy does some of it at once. So that both can be compared the stage
// brings what happens in an order that depends on no scheduler:
//
//   - A start takes a time of its depth, and what happens one level deeper takes a
//     thousandth of it. So whatever a nested supervisor has to do is done before
//     the next thing happens around it, as in OTP.
//   - Starts are written down when they are decided, which the observer is told in
//     order. Those of a supervisor's first moments stand right after its own.
type otpStage struct {
	began  time.Time
	bosses map[string]string

	mu      sync.Mutex                // guards what follows
	entries []otpEntry                // of the step that is played
	told    int                       // entries so far
	plans   map[string]map[int]string // how a start ends, by its number
	hooks   map[string][]string       // whom "onstart a" makes crash
	hooked  int                       // hooks under way
	dying   map[string]string         // how a worker ends when it is stopped
	decided map[string]int            // starts by the observer's account
	begun   map[string]int            // starts by the workers' own
	live    map[string]chan string    // those that run: told how to end
	moments map[string]otpEntry       // the latest start of each supervisor, until it is stopped
	gaveUp  map[string]bool           // the supervisors that gave up
}

// otpEntry is a word of a trace and when it was said: the moment, and before it
// that of each supervisor in whose first moments it was.
type otpEntry struct {
	at   []int64
	word string
}

var _ tree.Observer = (*otpStage)(nil)

func newOTPStage(p *otpProgram) *otpStage {
	return &otpStage{began: time.Now(), bosses: p.bosses(), plans: map[string]map[int]string{}, hooks: map[string][]string{},
		dying: map[string]string{}, decided: map[string]int{}, begun: map[string]int{}, live: map[string]chan string{},
		moments: map[string]otpEntry{}, gaveUp: map[string]bool{}}
}

// depth returns how many supervisors are above a name.
func (st *otpStage) depth(name string) (n int) {
	for ; name != "R"; name = st.bosses[name] {
		n++
	}
	return n
}

// paceAt is how long a start takes at some depth.
func paceAt(depth int) time.Duration {
	d := 1000 * time.Second
	for range depth - 1 {
		d /= 1000
	}
	return d
}

// Observe writes down what the supervisors decide.
func (st *otpStage) Observe(e tree.Event) {
	st.mu.Lock()
	defer st.mu.Unlock()
	name := e.Path[strings.LastIndexByte(e.Path, '/')+1:]
	switch e.Kind {
	case tree.ChildStarted:
		st.decided[name]++
		n := st.decided[name]
		st.gaveUp[name] = false
		st.moments[name] = st.say(st.bosses[name], e.Time, fmt.Sprint(name, n, st.plans[name][n]))
	case tree.ScopeDraining:
		// Unless a child of its own is the reason, it is the doing of the supervisor above.
		_, child, auto := strings.Cut(e.Err.Error(), "significant child ended: "+e.Path+"/")
		if !st.gaveUp[name] && (!auto || strings.Contains(child, "/")) {
			delete(st.moments, name)
		}
	case tree.GaveUp:
		boss := st.bosses[name]
		st.gaveUp[boss] = true
		st.say(boss, e.Time, boss+"^")
	}
}

// say writes a word down that was said in the scope of a supervisor.
func (st *otpStage) say(scope string, at time.Time, word string) otpEntry {
	st.told++
	since := at.Sub(st.began)
	e := otpEntry{at: []int64{int64(since), int64(st.told)}, word: word}
	for ; scope != "" && scope != "R"; scope = st.bosses[scope] {
		first, open := st.moments[scope]
		if open && since < time.Duration(first.at[len(first.at)-2])+paceAt(st.depth(scope)) {
			e.at = append(slices.Clone(first.at), e.at...)
			break
		}
	}
	st.entries = append(st.entries, e)
	return e
}

// tell is say, now, for who does not hold the lock.
func (st *otpStage) tell(scope, word string) {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.say(scope, time.Now(), word)
}

// words returns what was said since it was last asked, in order.
func (st *otpStage) words() []string {
	st.mu.Lock()
	defer st.mu.Unlock()
	slices.SortFunc(st.entries, func(a, b otpEntry) int { return slices.Compare(a.at, b.at) })
	var list []string
	for _, e := range st.entries {
		list = append(list, e.word)
	}
	st.entries = nil
	return list
}

// plan has the next starts of a worker end like that.
func (st *otpStage) plan(name, how string, count int) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.plans[name] == nil {
		st.plans[name] = map[int]string{}
	}
	last := st.begun[name]
	for n := range st.plans[name] {
		last = max(last, n)
	}
	for range count {
		last++
		st.plans[name][last] = how
	}
}

// rest waits until nothing has happened for three times as long as something at
// that depth takes, and none but so many hooks are under way.
func (st *otpStage) rest(depth, hooks int) {
	for before := -1; ; {
		st.mu.Lock()
		told, hooked := st.told, st.hooked
		st.mu.Unlock()
		if told == before && hooked == hooks {
			return
		}
		before = told
		<-time.After(3 * paceAt(depth))
	}
}

// crash makes a worker crash if it runs.
func (st *otpStage) crash(scope, name string) bool {
	return st.leave(name, "crash", func() { st.say(scope, time.Now(), "*"+name) })
}

// leave tells a worker that runs how to end, and reports whether there was one.
func (st *otpStage) leave(name, kind string, before func()) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	told := st.live[name]
	if told == nil {
		return false
	}
	before()
	delete(st.live, name)
	told <- kind
	return true
}
