package mailbox

import "testing"

// FuzzMailbox reads its input as a program: the first byte chooses the
// mailbox, the second its capacity, each other byte is one step, its low three
// bits the kind and the rest how often or which.
func FuzzMailbox(f *testing.F) {
	f.Fuzz(func(t *testing.T, program []byte) {
		if len(program) < 2 {
			return
		}
		m := newModel(t, kindOf(program[0], program[1]))
		for at, b := range program[2:] {
			times := int(b>>3) + 1
			switch b & 7 {
			case 0, 1:
				m.repeat(times, func(i int) { m.tryPut(at*i + i) })
			case 2, 3:
				m.repeat(times, func(int) { m.take() })
			case 4:
				m.putEnded(times)
			case 5:
				m.wait(times)
			case 6:
				m.leave(times)
			case 7:
				switch {
				case times > 30: // rarely: little happens after it
					m.close()
				case times > 20:
					m.open()
				}
			}
			m.check()
		}
	})
}

func (m *model) repeat(times int, step func(i int)) {
	for i := range times {
		step(i)
		m.check()
	}
}

// kindOf chooses among all kinds, with capacities up to three chunks.
func kindOf(kindByte, capacityByte byte) kind {
	capacity := int(capacityByte)%(3*chunkSlots) + 1
	switch i := kindByte % 6; i {
	case 0:
		return kind{Spec: Unbounded()}
	case 5:
		return kind{Spec: Bounded(capacity, Block), latest: true}
	default:
		return kind{Spec: Bounded(capacity, Overflow(i-1))}
	}
}
