package tree

import "sync"

// A latch is something that happens once. The zero value has not happened. Its
// channel is made only for those who wait, in the goroutine that waits.
type latch struct {
	mu   sync.Mutex
	isOn bool
	ch   chan struct{}
}

// set makes it happen; later calls change nothing.
func (l *latch) set() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isOn {
		return
	}
	l.isOn = true
	if l.ch != nil {
		close(l.ch)
	}
}

// on reports whether it has happened.
func (l *latch) on() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.isOn
}

// c returns a channel that is closed once it has happened.
func (l *latch) c() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ch == nil {
		l.ch = make(chan struct{})
		if l.isOn {
			close(l.ch)
		}
	}
	return l.ch
}
