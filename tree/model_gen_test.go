package tree_test

import (
	"fmt"
	"time"

	"pgregory.net/rapid"

	"github.com/understudy-go/understudy/policy"
)

// plotter makes plots. Every duration it gives away has a fine part of its own,
// so that hardly ever two things fall on one instant.
type plotter struct {
	t      *rapid.T
	roles  int // so far
	fine   int // parts given away
	scopes []*role
	kids   []string
}

const (
	mostRoles = 12
	mostMoves = 5
	mostDepth = 4
)

// plots generates plots whose order of events is certain.
var plots = rapid.Custom(func(t *rapid.T) *plot {
	g := &plotter{t: t}
	p := &plot{Root: g.scope(nil, 0)}
	p.Until = g.time("until", 10, 60)
	return p
}).Filter(func(p *plot) bool {
	_, certain := predict(p)
	return certain
})

// one draws one of the words; the first is the simplest.
func (g *plotter) one(what string, words ...string) string {
	return rapid.SampledFrom(words).Draw(g.t, what)
}

// time draws whole seconds and adds a fine part.
func (g *plotter) time(what string, least, most int) time.Duration {
	return time.Duration(rapid.IntRange(least, most).Draw(g.t, what))*time.Second + g.finely()
}

// finely returns the next fine part, in milliseconds. They are 1, 2, 4, 8, 13, 21
// and so on: no two have the same sum as another two.
func (g *plotter) finely() time.Duration {
	g.fine++
	return fineParts[g.fine-1]
}

var fineParts = sumFree(120)

// sumFree returns the first n numbers of the sequence of Mian and Chowla.
func sumFree(n int) []time.Duration {
	var parts []time.Duration
	sums := map[int]bool{}
	for next := 1; len(parts) < n; next++ {
		fits := !sums[2*next]
		for _, p := range parts {
			fits = fits && !sums[next+int(p)]
		}
		if !fits {
			continue
		}
		parts = append(parts, time.Duration(next))
		for _, p := range parts {
			sums[next+int(p)] = true
		}
	}
	for i := range parts {
		parts[i] *= time.Millisecond
	}
	return parts
}

// role gives a role its name and its lag.
func (g *plotter) role(kind string) *role {
	g.roles++
	r := &role{Kind: kind, Name: fmt.Sprintf("%s%d", kind[:1], g.roles)}
	r.Lag = g.finely()
	return r
}

// scope draws a scope. Those around it, outermost first, can be spawned into.
func (g *plotter) scope(around []*role, depth int) *role {
	r := g.role("scope")
	r.Preset = g.one("preset", "TaskGroup", "TaskScope", "CancellationScope", "SupervisorScope")
	g.scopes = append(g.scopes, r)
	switch g.one("grace", "", "", "none", "some", "some") {
	case "none":
		r.Grace = policy.NoGrace
	case "some":
		r.Grace = g.time("grace", 0, 4)
	}
	if r.Preset == "SupervisorScope" || g.one("kill", "", "", "", "some") != "" {
		r.Kill = g.time("kill", 0, 4)
	}
	if g.one("timeout", "", "", "", "", "some") != "" {
		r.Timeout = g.time("timeout", 0, 6)
		r.OnTimeout = g.one("on timeout", "", "", "moves_on")
	}
	r.Order = g.one("order", "", "", "", "reverse", "together")
	if r.Preset == "TaskGroup" && g.one("keep", "", "", "", "some") != "" {
		r.Keep = rapid.IntRange(1, 3).Draw(g.t, "keep")
	}
	if g.one("limit", "", "", "", "", "some") != "" {
		r.Limit = rapid.IntRange(1, 3).Draw(g.t, "limit")
	}
	r.Leave = g.one("leave", "", "", "", "", "", "wait", "cancel", "drain")
	if r.Preset == "SupervisorScope" && g.one("intensity", "", "", "some") != "" {
		r.Restarts, r.Within = rapid.IntRange(0, 3).Draw(g.t, "restarts"), g.time("within", 1, 6)
		r.Exhausted = g.one("exhausted", "", "", "stop_child", "cool_down")
	}
	g.script(r, append(around[:len(around):len(around)], r), depth)
	return r
}

// script draws what a role does within the scopes around it, and how it ends.
func (g *plotter) script(r *role, around []*role, depth int) {
	for range rapid.IntRange(0, mostMoves).Draw(g.t, "moves") {
		r.Moves = append(r.Moves, g.move(around, depth))
	}
	r.End = g.one("end", "nil", "nil", "nil", "error", "error", "ctxerr", "ctxerr", "cause", "result", "panic", "goexit", "done", "fatal")
}

func (g *plotter) move(around []*role, depth int) move {
	if g.roles < mostRoles && depth < mostDepth {
		switch g.one("start", "", "", "task", "task", "child", "child", "scope", "shield") {
		case "task":
			r := g.spawn("task", around, depth+1)
			r.Try = g.one("try", "", "", "", "", "try") != ""
			return move{Do: "start", Role: r}
		case "child":
			return move{Do: "start", Role: g.child(around, depth+1)}
		case "shield":
			return move{Do: "start", Role: g.spawn("shield", around, depth+1)}
		case "scope":
			return move{Do: "start", Role: g.scope(around, depth+1)}
		}
	}
	switch g.one("do", "wait", "wait", "wait", "wait", "wait", "cancel", "drain", "shutdown", "child", "child", "deadline") {
	case "cancel":
		return move{Do: "cancel", Target: g.anyScope()}
	case "drain":
		return move{Do: "drain", Target: g.anyScope()}
	case "shutdown":
		return move{Do: "shutdown", Target: g.anyScope()}
	case "child":
		if len(g.kids) > 0 {
			return move{Do: g.one("to a child", "cancel", "shutdown"), Target: rapid.SampledFrom(g.kids).Draw(g.t, "whom")}
		}
	case "deadline":
		if g.one("away", "", "", "away") != "" {
			return move{Do: "deadline", Target: g.anyScope()}
		}
		return move{Do: "deadline", Target: g.anyScope(), For: g.time("deadline", 0, 6)}
	}
	return move{Do: "wait", For: g.time("wait", 0, 6), Heeds: g.one("heeds", "ctx", "ctx", "ctx", "draining", "nothing")}
}

func (g *plotter) anyScope() string { return rapid.SampledFrom(g.scopes).Draw(g.t, "scope").Name }

// spawn draws a role that is spawned, mostly into the scope it stands in.
func (g *plotter) spawn(kind string, around []*role, depth int) *role {
	r := g.role(kind)
	g.script(r, append(around[:len(around):len(around)], g.into(r, around)), depth)
	return r
}

// into draws another scope for a role to be spawned into, now and then.
func (g *plotter) into(r *role, around []*role) *role {
	own := around[len(around)-1]
	if g.one("into another", "", "", "", "", "yes") == "" {
		return own
	}
	into := rapid.SampledFrom(g.scopes).Draw(g.t, "into")
	if into != own {
		r.In = into.Name
	}
	return into
}

func (g *plotter) child(around []*role, depth int) *role {
	r := g.role("child")
	into := g.into(r, around)
	g.kids = append(g.kids, r.Name)
	if g.one("own grace", "", "", "", "some") != "" {
		r.Grace = g.time("own grace", 0, 2)
	}
	if into.Kill != 0 && g.one("own kill", "", "", "", "some") != "" {
		r.Kill = g.time("own kill", 0, 2)
	}
	r.Background = g.one("background", "", "", "", "", "", "background") != ""
	r.OnFailure = g.one("on failure", "", "", "", "", "", "report", "cancel_together")
	if into.Preset == "SupervisorScope" && r.OnFailure == "" {
		r.Restart = g.one("restart", "temporary", "transient", "")
		if r.Restart != "temporary" && g.one("backoff", "", "some") != "" {
			r.Backoff = g.time("backoff", 0, 2)
		}
	}
	g.script(r, append(around[:len(around):len(around)], into), depth)
	return r
}
