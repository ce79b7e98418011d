module github.com/understudy-go/understudy

go 1.26

require (
	github.com/google/uuid v1.6.0
	github.com/stretchr/testify v1.12.1
	go.uber.org/goleak v1.3.0
	pgregory.net/rapid v1.3.0
)

require (
	github.com/anthdm/hollywood v1.0.5 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)
