package tree

import (
	"fmt"
	"strings"

	"github.com/understudy-go/understudy/policy"
)

// String draws the tree, a line for each scope and child. A scope that stands at
// its child's own path, as a supervisor's does, shares the child's line.
func (s Snapshot) String() string {
	var b strings.Builder
	s.branch(s.Path).draw(&b, "", "")
	return b.String()
}

// branch is a line of the drawing and what hangs from it.
type branch struct {
	line  string
	below []branch
}

func (s *Snapshot) branch(name string) branch {
	return branch{fmt.Sprintf("%s  %s %v%s", name, s.Phase, rounded(s.Age), s.tallies()), s.below()}
}

func (s *Snapshot) below() []branch {
	var list []branch
	for i := range s.Children {
		list = append(list, s.Children[i].branch(s.Path))
	}
	for i := range s.Scopes {
		n := &s.Scopes[i]
		list = append(list, n.branch(n.Path[strings.LastIndexByte(n.Path, '/')+1:]))
	}
	return list
}

func (ch *ChildSnapshot) branch(scope string) branch {
	at := branch{line: ch.Name + ch.summary()}
	for i := range ch.Scopes {
		n := &ch.Scopes[i]
		if n.Path == scope+"/"+ch.Name {
			at.line += n.tallies()
			at.below = append(at.below, n.below()...)
		} else {
			at.below = append(at.below, n.branch(n.Path[strings.LastIndexByte(n.Path, '/')+1:]))
		}
	}
	return at
}

// draw writes the branch; first stands before its own line, rest before those
// of what hangs from it.
func (at branch) draw(b *strings.Builder, first, rest string) {
	b.WriteString(first)
	b.WriteString(at.line)
	b.WriteByte('\n')
	for i, sub := range at.below {
		if i == len(at.below)-1 {
			sub.draw(b, rest+"└─ ", rest+"   ")
		} else {
			sub.draw(b, rest+"├─ ", rest+"│  ")
		}
	}
}

// tallies returns the counts that are not zero.
func (s *Snapshot) tallies() string {
	var b strings.Builder
	for _, n := range []struct {
		what  string
		count int64
	}{{"tasks", int64(s.Tasks)}, {"waiting", s.Counts.Waiting}, {"returned", s.Counts.Returned}, {"canceled", s.Counts.Canceled}, {"failed", s.Counts.Failed},
		{"panicked", s.Counts.Panicked}, {"restarts", s.Counts.Restarts}, {"refused", s.Counts.Refused}, {"dead letters", s.Counts.DeadLetters}} {
		if n.count > 0 {
			fmt.Fprintf(&b, ", %s %d", n.what, n.count)
		}
	}
	return b.String()
}

func (ch *ChildSnapshot) summary() string {
	var b strings.Builder
	fmt.Fprintf(&b, "  %s %v #%d %s", ch.State, rounded(ch.Age), ch.Incarnation, ch.Restart)
	if ch.Due > 0 {
		fmt.Fprintf(&b, ", due in %v", rounded(ch.Due))
	}
	if ch.RunsOn > 0 {
		fmt.Fprintf(&b, ", %d earlier run on", ch.RunsOn)
	}
	if ch.Messages >= 0 {
		fmt.Fprintf(&b, ", %d queued", ch.Messages)
	}
	if ch.LastError != "" {
		exit := policy.Failed // also when it has come back otherwise since
		if ch.LastExit == policy.Panicked {
			exit = policy.Panicked
		}
		fmt.Fprintf(&b, ", last %s: %s", exit, line(ch.LastError))
	}
	return b.String()
}
