package policy

// Exhausted says what happens when a restart would exceed the [Intensity].
type Exhausted uint8

const (
	// ExhaustedEscalate gives up: every child is stopped and the supervisor ends
	// with an error, so that its own supervisor decides. This is OTP's answer.
	ExhaustedEscalate Exhausted = iota

	// ExhaustedStopChild leaves the child stopped and touches nobody else. Only
	// an operator brings it back.
	ExhaustedStopChild

	// ExhaustedCoolDown waits Intensity.Within before the restart. The budget is
	// then whole again, less this restart and those of others since.
	ExhaustedCoolDown
)

var exhaustedWords = []string{"escalate", "stop_child", "cool_down"}

// String returns "escalate", "stop_child" or "cool_down".
func (e Exhausted) String() string { return nameOf("exhausted", exhaustedWords, uint8(e)) }

// Panic says what a child's panic does to the process.
type Panic uint8

const (
	// PanicRecover makes it a [*PanicError], reported at once and answered like a
	// failure. Fatal errors of the runtime, such as concurrent map writes, crash
	// the process all the same.
	PanicRecover Panic = iota

	// PanicCrash lets the panic crash the process from where it was raised.
	PanicCrash
)

var panicWords = []string{"recover", "crash"}

// String returns "recover" or "crash".
func (p Panic) String() string { return nameOf("panic", panicWords, uint8(p)) }
