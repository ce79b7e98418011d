module github.com/understudy-go/understudy

go 1.26

require (
	github.com/anthdm/hollywood v1.0.5 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/stretchr/testify v1.12.1 // indirect
	go.uber.org/goleak v1.3.0 // indirect
)
