module github.com/understudy-go/understudy/bench

go 1.26.0

require (
	github.com/understudy-go/understudy v0.0.0
	go.uber.org/goleak v1.3.0
	golang.org/x/sync v0.24.0
	golang.org/x/time v0.16.0
)

require github.com/google/uuid v1.6.0 // indirect

replace github.com/understudy-go/understudy => ../
