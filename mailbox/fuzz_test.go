package mailbox

import "testing"

// FuzzMailbox reads its input as a program: the first byte chooses the
// mailbox, each other byte is one step, its low three bits the kind and the
// rest how often or which.
func FuzzMailbox(f *testing.F) {
	f.Fuzz(func(t *testing.T, program []byte) {
		if len(program) == 0 {
			return
		}
		m := newModel(t, specOf(program[0]))
		for _, b := range program[1:] {
			times := int(b>>3) + 1
			switch b & 7 {
			case 0, 1:
				repeat(m, times, m.tryPut)
			case 2, 3:
				repeat(m, times, m.take)
			case 4:
				m.putEnded()
			case 5:
				m.wait()
			case 6:
				m.leave(times)
			case 7:
				if times == 32 { // rarely: little happens after it
					m.close()
				}
			}
			m.check()
		}
	})
}

func repeat(m *model, times int, step func()) {
	for range times {
		step()
		m.check()
	}
}

// specOf makes a third of all mailboxes unbounded, a third blocking and a
// third rejecting, with capacities up to three chunks.
func specOf(b byte) Spec {
	switch capacity := int(b)/3 + 1; b % 3 {
	case 0:
		return Unbounded()
	case 1:
		return Bounded(capacity, Block)
	default:
		return Bounded(capacity, Reject)
	}
}
