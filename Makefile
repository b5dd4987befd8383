# The targets that CI calls; `make help` lists them.
# Tools are pinned by version; the checksum database verifies what is downloaded.
LINT_VERSION := v2.15.0
VULN_VERSION := v1.9.0
EXP_VERSION  := v0.0.0-20261113113407-e3970619a1a4
LINT         := .bin/golangci-lint-$(LINT_VERSION)
NESTED       := $(patsubst ./%/go.mod,%,$(shell find . -mindepth 2 -name go.mod -not -path './.*' | sort))
FUZZTIME     ?= 30s
TARGETS      ?= linux/amd64 linux/arm64 windows/amd64 windows/arm64
# Unique, since the go command remembers what is in a version.
VERSION      ?= v0.0.0-check.$(shell date +%s)
VULN_DB      ?= https://vuln.go.dev

.PHONY: help all test vet cross test386 windows race lint tidy tour nested fuzz bench cover apidiff model kills picture vuln dist upgrade newcomer release-check

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' Makefile | sed 's/:.*##/\t/' | expand -t 10

all: test vet cross test386 lint race tidy nested tour ## everything CI does

test: ## the tests, as a newcomer runs them
	go test ./...

vet: ## go vet, also for the systems this one is not
	go vet ./...
	GOOS=darwin go vet ./...
	GOOS=windows go vet ./...
	GOOS=freebsd go vet ./storage/...

# The library packages: the demo needs a terminal, signals and a browser.
LIBRARY := ./auth/... ./chain/... ./interceptor/... ./storage/...
cross: ## builds of the library for other systems and architectures, and vet for 32 bits
	GOARCH=386 go vet ./...
	set -e; for t in linux/arm64 linux/s390x darwin/arm64 windows/arm64 freebsd/amd64 plan9/amd64 js/wasm wasip1/wasm; do \
	  echo $$t; GOOS=$${t%/*} GOARCH=$${t#*/} go build $(LIBRARY); done

test386: ## the tests of the library on 32 bits
	GOARCH=386 CHATELAINE_MODEL_CASES=50 go test $(LIBRARY)

windows: ## the tests of the library as Windows programs, where wine is installed
	.ci/windows

race: ## the tests again, with the race detector, in any order
	go test -race -shuffle=on -timeout 15m ./...

# A nested module replaces the root by the one beside it, which the linter takes for a mistake.
lint: $(LINT) ## golangci-lint, here and in the nested modules
	$(LINT) run ./...
	set -e; for m in $(NESTED); do (cd $$m && $(CURDIR)/$(LINT) run -c $(CURDIR)/.golangci.yml --disable gomoddirectives ./...); done

# The official way to pin it without its 900 lines of checksums in ours.
$(LINT):
	GOBIN=$(CURDIR)/.bin go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	mv .bin/golangci-lint $@

tidy: ## go.mod and go.sum say what is used
	go mod tidy -diff
	set -e; for m in $(NESTED); do (cd $$m && go mod tidy -diff); done

tour: ## the demo's tour, which checks itself
	go run ./cmd/demo tour

# Fleets of processes, against real databases and providers, are tested without the race detector: it
# would slow them down past the leases and lifetimes that they are about.
nested: ## the tests of the nested modules
	set -e; for m in $(NESTED); do echo "-- $$m"; (cd $$m && go vet ./... && \
	  go test -timeout 20m $$(case $$m in interop/idp|cmd/demo/fleet) ;; *) echo -race;; esac) ./...); done

kills: ## a thousand SIGKILLs of processes that save
	CHATELAINE_KILLS=1000 CHATELAINE_SOAK=10s go test -count=1 ./storage/keyring

model: ## thousands of random histories of the session
	go test ./auth -run TestModel -model.cases=10000

fuzz: ## every fuzz target for FUZZTIME
	set -e; for f in $$(grep -rl '^func Fuzz' --include='*_test.go' . | sort); do \
	  for t in $$(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' $$f); do \
	    (cd $$(dirname $$f) && go test -run '^$$' -fuzz "^$$t\$$" -fuzztime $(FUZZTIME) .); done; done

picture: ## docs/tour.svg, of what the tour prints
	CLICOLOR_FORCE=1 go run ./cmd/demo tour | go run ./cmd/demo/internal/svg -scenes 2,3,5 > docs/tour.svg

bench: ## all measurements, into docs/benchmarks.md
	cd internal/bench && go run ./report

cover: ## statement coverage
	go test -coverprofile=coverage.txt -coverpkg=./auth/...,./chain/...,./interceptor/...,./storage/... ./...
	go tool cover -func=coverage.txt | tail -1

apidiff: ## fail on an incompatible change since the last tag
	set -e; last=$$(git describe --tags --abbrev=0 2>/dev/null) || { echo 'no tag yet'; exit 0; }; \
	tool=$$(go env GOPATH)/bin/apidiff; go install golang.org/x/exp/cmd/apidiff@$(EXP_VERSION); \
	old=$$(mktemp -d); git worktree add -q $$old $$last; (cd $$old && $$tool -m -w $$old/api .); \
	out=$$($$tool -m -incompatible $$old/api .); git worktree remove --force $$old; \
	if [ -n "$$out" ]; then echo "$$out"; exit 1; fi

# Without the network there is nothing to compare with: the target says so, and CI on a hosted runner
# sets CHATELAINE_REQUIRE_ALL, which makes that a failure.
vuln: ## known vulnerabilities in what the code calls, from the public database
	@if curl -fsS -m 20 -o /dev/null $(VULN_DB)/index/db.json; then \
	  set -e; go run golang.org/x/vuln/cmd/govulncheck@$(VULN_VERSION) ./...; \
	  for m in $(NESTED); do (cd $$m && go run golang.org/x/vuln/cmd/govulncheck@$(VULN_VERSION) ./...); done; \
	else echo 'vuln: the database is out of reach; nothing was checked'; test -z "$(CHATELAINE_REQUIRE_ALL)"; fi

dist: ## the demo's archives for TARGETS, with notices and checksums
	.ci/dist $(TARGETS)

upgrade: ## the first commit's program and today's library, on one store
	CHATELAINE_UPGRADE=1 go test -count=1 -run TestUpgrade .

newcomer: ## the README from top to bottom, in a fresh clone with empty caches
	CHATELAINE_NEWCOMER=1 go test -count=1 -v -timeout 30m -run TestNewcomer ./cmd/demo

release-check: ## a release of all modules, tried without publishing anything
	go run -C internal/release . -repo $(CURDIR) -version $(VERSION)
