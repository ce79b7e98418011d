package hollywood

import (
	"testing"

	hactor "github.com/anthdm/hollywood/actor"

	"github.com/understudy-go/understudy/actor"
	"github.com/understudy-go/understudy/mailbox"
)

// BenchmarkSend is a message by PID to a process of Hollywood's own and to the same
// Receiver adopted, from sending to handling: windows of 256, each waited for.
func BenchmarkSend(b *testing.B) {
	const window = 256
	var message any = struct{ a, b, c int }{1, 2, 3}
	counts := func(done chan struct{}) hactor.Producer {
		n := 0
		return func() hactor.Receiver {
			return receiver(func(c *hactor.Context) {
				switch c.Message().(type) {
				case hactor.Initialized, hactor.Started, hactor.Stopped:
					return
				}
				if n++; n == window {
					n = 0
					done <- struct{}{}
				}
			})
		}
	}
	run := func(b *testing.B, e *hactor.Engine, pid *hactor.PID, done chan struct{}) {
		b.ReportAllocs()
		for b.Loop() {
			for range window {
				e.Send(pid, message)
			}
			<-done
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*window), "ns/message")
	}
	b.Run("run=plain", func(b *testing.B) {
		e, done := engine(), make(chan struct{})
		pid := e.Spawn(counts(done), "star")
		run(b, e, pid, done)
		<-e.Poison(pid).Done()
	})
	b.Run("run=adopted", func(b *testing.B) {
		e, done := engine(), make(chan struct{})
		s := open()
		pid, err := Spawn(b.Context(), s, e, counts(done), Adoption{}, func(s *actor.Spec[hactor.Envelope]) {
			s.Mailbox = mailbox.Bounded(window, mailbox.Reject)
		})
		if err != nil {
			b.Fatal(err)
		}
		run(b, e, pid, done)
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	})
}
