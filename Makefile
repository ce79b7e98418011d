# The commands of a day. `make help` lists them. Nothing is needed but Go, make
# and, for the race detector, a C compiler; other tools are pinned in tools.mod.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := fast

GO ?= go
FUZZTIME ?= 10s
BENCHTIME ?= 1s
BENCHCOUNT ?= 1
PROGRAMS ?= 100000
SOAK ?= 3m
SOAKFLAGS ?= -race
OTP ?= 20000
MESSAGES ?= 100000000
SEED ?=

# Every module of the repository; the root comes first.
NESTED = $(patsubst ./%/go.mod,%,$(shell find . -mindepth 2 -name go.mod -not -path '*/testdata/*' | sort))
MODULES = . $(NESTED)

# tools.mod takes the place of go.mod, which a workspace does not allow.
TOOL = GOWORK=off $(GO) tool -modfile=tools.mod

# What check does, in order: the quick answers first.
CHECKS = fmt vet tidy-check staticcheck race model count nested examples bench-once fuzz

.PHONY: fast
fast: fmt vet ## the loop while editing (the default): format, vet, short tests
	$(GO) test -short ./...

.PHONY: check
check: ## all that CI checks, with the seconds of each step
	@for step in $(CHECKS); do \
		echo "=== $$step"; SECONDS=0; \
		$(MAKE) --no-print-directory $$step || exit 1; \
		echo "--- $$step: $$SECONDS s"; \
	done

.PHONY: test
test: ## the tests of the root module, house rules included
	$(GO) test ./...

.PHONY: race
race: # as a user of the root module builds it: without the workspace
	GOWORK=off $(GO) test -race -shuffle=on -timeout=5m ./...

.PHONY: fmt
fmt: # gofmt finds nothing to change
	@files=$$(gofmt -l .); if [ -n "$$files" ]; then echo "make: run gofmt -w on:"; echo "$$files"; exit 1; fi

.PHONY: vet
vet:
	$(GO) vet ./...

.PHONY: staticcheck
staticcheck: ## staticcheck, as pinned, on every module
	@tool=$$($(TOOL) -n staticcheck); \
	for m in $(MODULES); do echo "staticcheck $$m"; (cd $$m && $$tool ./...) || exit 1; done

.PHONY: nested
nested: ## the nested modules: alone as they stand, and tested in the workspace
	@for m in $(NESTED); do \
		echo "module $$m"; \
		(cd $$m && GOWORK=off $(GO) build ./... && GOWORK=off $(GO) vet ./... && $(GO) test -race ./...) || exit 1; \
	done

.PHONY: examples
examples: ## the quickstart, on this repository
	$(GO) run ./examples/quickstart .

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZTIME (10s)
	@targets=$$(grep -rEo --include='*_test.go' '^func Fuzz[[:alnum:]_]+' . | sort) || { echo "make: no fuzz target"; exit 1; }; \
	for t in $${targets//func /}; do \
		echo "fuzz $$t"; \
		$(GO) test -C "$$(dirname "$${t%:*}")" -run='^$$' -fuzz="^$${t##*:}\$$" -fuzztime=$(FUZZTIME) . || exit 1; \
	done

.PHONY: model
model: ## PROGRAMS (100000) random programs of scopes against the reference model
	$(GO) test ./tree -count=1 -timeout=10m -run='^TestAnyProgramDoesAsTheModelSays$$' -programs=$(PROGRAMS)

.PHONY: soak
soak: ## actors of all kinds together for SOAK (3m), with SOAKFLAGS (-race): nothing is lost, nothing is left
	$(GO) test ./internal/soak -count=1 -timeout=0 -v $(SOAKFLAGS) -soak=$(SOAK)

.PHONY: count
count: ## MESSAGES (100000000) to actors through restarts, stops and overflow: the sums agree
	$(GO) test ./tree -count=1 -timeout=0 -v -run='^TestEveryMessageIsAccountedFor$$' -messages=$(MESSAGES)

.PHONY: otp
otp: ## OTP (20000) random programs against Erlang's own supervisor, drawn by SEED (a random one); needs escript
	@command -v escript >/dev/null || { echo "make: otp needs escript, which comes with Erlang/OTP (Debian: erlang-base)"; exit 1; }
	@seed=$(SEED); seed=$${seed:-$$((RANDOM * 32768 + RANDOM))}; echo "make otp OTP=$(OTP) SEED=$$seed"; \
	$(GO) test ./tree -count=1 -timeout=0 -v -run='^TestProgramsDoAsOTPDoes$$' -otp=$(OTP) -otp-seed=$$seed

.PHONY: bench
bench: ## the benchmarks, BENCHTIME (1s) each, BENCHCOUNT (1) times
	@for m in $(MODULES); do \
		(cd $$m && $(GO) test -run='^$$' -bench=. -benchmem -benchtime=$(BENCHTIME) -count=$(BENCHCOUNT) ./...) || exit 1; \
	done

.PHONY: bench-once
bench-once: # every benchmark still runs and still does its work
	@$(MAKE) --no-print-directory bench BENCHTIME=1x

.PHONY: update
update: ## rewrite what tests compare with and pages are made of; read it before committing
	$(GO) test ./policy -update
	$(GO) test ./examples/quickstart -update
	$(GO) test ./docs -update

.PHONY: tidy
tidy: ## go mod tidy, on every module, and all of go.work.sum
	@for m in $(MODULES); do (cd $$m && GOWORK=off $(GO) mod tidy) || exit 1; done
	@$(GO) list -m all >/dev/null # or the next command that asks for them all adds to go.work.sum

.PHONY: tidy-check
tidy-check: # go mod tidy would change nothing
	@for m in $(MODULES); do (cd $$m && GOWORK=off $(GO) mod tidy -diff) || exit 1; done

.PHONY: help
help: ## this list
	@sed -nE 's/^([a-z-]+):.* ## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20
