SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.ONESHELL:
MAKEFLAGS += --warn-undefined-variables --no-builtin-rules

# Tools are built from their Go modules into a folder under the user's cache directory, named after their versions.
CACHE := $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/dittoguard
GOLANGCI_VERSION := v2.15.0
GOLANGCI := $(CACHE)/golangci-lint-$(GOLANGCI_VERSION)/golangci-lint

GORELEASER_VERSION := v2.16.0
GORELEASER := $(CACHE)/goreleaser-$(GORELEASER_VERSION)/goreleaser

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
PACKAGES ?= ./...
FUZZTIME ?= 60s

.PHONY: help
help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: build
build: ## Build bin/dittoguard
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/dittoguard ./cmd/dittoguard

# Without paths in what is compiled, every checkout shares one build cache. Without DWARF, a symbol table and a C linker,
# the hundred programs of tests are linked in less than half the time. `make lint` vets.
GO_TEST := go test -trimpath -vet=off -ldflags='-s -w -linkmode=internal' -shuffle=on

# Provides what tests need, and says at the end what was missing. The timeouts are for tests that hang.
define test_setup
assets=$$(test/controlplane/build)
missing=$$(mktemp)
export KUBEBUILDER_ASSETS=$$assets DITTOGUARD_TEST_MISSING=$$missing
trap 'sort -u "$$missing" | sed "s/^/not tested: /" >&2; rm -f "$$missing"' EXIT
export GORACE=atexit_sleep_ms=10
# The slowest packages come first, so that they start first: one that starts last has the machine to itself.
packages=$$(go list $(PACKAGES) | awk '/internal\/check$$|charts$$|test\/e2e$$/ {print; next} {rest = rest $$0 "\n"} END {printf "%s", rest}')
unit=$$(grep -v '$(END_TO_END)' <<<"$$packages" || true)
whole=$$(grep '$(END_TO_END)' <<<"$$packages" || true)
failed=
# run WHAT COMMAND...: what fails is remembered, and what comes after it runs all the same.
run() {
  local what=$$1
  shift
  "$$@" || failed="$$failed $$what,"
}
within() { (cd "$$1" && shift && "$$@"); }
# beside WHAT COMMAND...: as run, at the same time as what comes next. What it says comes at the end, in one piece.
besides=()
beside() {
  local log
  log=$$(mktemp)
  echo "beside what follows run $$1; what they say comes at the end" >&2
  "$${@:2}" >"$$log" 2>&1 &
  besides+=("$$! $$log $$1")
}
# The race detector needs cgo. All else is built as the image is, so that nothing is compiled for tests alone.
export CGO_ENABLED=0
race() { [ -z "$$*" ] || CGO_ENABLED=1 run 'the unit tests with the race detector' $(GO_TEST) -race -short -timeout 80m "$$@"; }
[ '$(PACKAGES)' != ./... ] || for module in $(MODULES); do beside "the tests of $$module" within "$$module" $(GO_TEST) -timeout 30m ./...; done
endef

# Ends as what was run did.
define test_end
for each in "$${besides[@]}"; do
  read -r pid log what <<<"$$each"
  wait "$$pid" || failed="$$failed $$what,"
  cat "$$log"
  rm -f "$$log"
done
[ -z "$$failed" ] || { echo "failed:$${failed%,}" >&2; exit 1; }
endef

# Modules of their own with tests, so that dittoguard does not depend on what they need.
MODULES := release/image test/promql

# The tests of the whole: real manifests, the chart as helm renders it, and a control plane with all of dittoguard in it.
END_TO_END := /\(charts\|test/corpus\|test/e2e\|test/faults\|test/demo\)$$

# Unit tests run with the race detector where anything is concurrent (test/concurrent chooses), and everywhere in `make test-all`. Of what
# is of one goroutine and much, even there only a sample runs with it (package test/sample), since it takes five to ten times as
# long and there is nothing to find; packages with such a sample then run in full without it. So do the tests of
# the whole: their concurrency is that of the webhook and its cache, whose own tests send requests side by side.
# (GORACE: a program with the race detector would sleep for a second before it ends, and tests start hundreds.)
.PHONY: test
test: nginx ## Run the unit tests (with the race detector where anything is concurrent) and a short end-to-end test
	@$(test_setup)
	# They wait more than they work, so that they fill what the others leave of the machine.
	[ -z "$$whole" ] || beside 'the tests of the whole' $(GO_TEST) -short -timeout 80m $$whole
	concurrent=$$([ -z "$$unit" ] || go list -f '{{.ImportPath}} {{.Dir}}' $$unit | go run ./test/concurrent)
	sampled=$$([ -z "$$concurrent" ] || go list -f '{{.ImportPath}} {{.TestImports}} {{.XTestImports}}' $$concurrent | grep test/sample | cut -d ' ' -f 1 || true)
	others=$$(grep -vxF "$$concurrent" <<<"$$unit" || true)
	race $$concurrent
	[ -z "$$sampled$$others" ] || run 'the unit tests without the race detector' $(GO_TEST) -short -timeout 80m $$sampled $$others
	$(test_end)

.PHONY: test-all
test-all: nginx ## Run all tests: every order of arrival, every fixture, lagging watches
	@$(test_setup)
	race $$unit
	# What breaks under load is broken with nothing else to do for the machine.
	faults=$$(grep 'test/faults$$' <<<"$$packages" || true)
	others=$$(grep -v 'test/faults$$' <<<"$$packages" || true)
	[ -z "$$others" ] || run 'all tests' $(GO_TEST) -timeout 4h $$others
	[ -z "$$faults" ] || run 'the faults' $(GO_TEST) -timeout 1h $$faults
	$(test_end)

.PHONY: faults
faults: ## Break what dittoguard runs on, under load, and print a table of what that does
	assets=$$(test/controlplane/build)
	KUBEBUILDER_ASSETS=$$assets go test -trimpath -vet=off -count=1 -timeout 1h -v ./test/faults

.PHONY: compat
compat: ## Run the short end-to-end test against another API server: VERSION=v1.34.4 (docs/releases.md)
	@assets=$$(test/controlplane/build '$(VERSION)')
	KUBEBUILDER_ASSETS=$$assets $(GO_TEST) -short -timeout 80m ./test/e2e

.PHONY: demo
demo: ## Show what dittoguard does, on a real API server on this machine
	assets=$$(test/controlplane/build)
	KUBEBUILDER_ASSETS=$$assets go run ./test/demo

# The real software whose behaviour dittoguard reads, a folder of test/prove each. What of it cannot be had is named.
PROVED := gateway

.PHONY: prove
prove: ## Run the real software that dittoguard reads, and record what it does anew
	failed=
	for what in $(PROVED); do
	  (cd test/prove/$$what && go run .) || failed="$$failed $$what"
	done
	$(MAKE) prove-edges || failed="$$failed edges"
	$(MAKE) generate
	[ -z "$$failed" ] || { echo "not proved:$$failed" >&2; exit 1; }

# The name of the only edge to run, such as oauth2-proxy; all of them otherwise.
EDGE ?= all

.PHONY: prove-edges
prove-edges: ## Run real edges, compare our reading with what they do, and record that anew
	assets=$$(test/controlplane/build)
	KUBEBUILDER_ASSETS=$$assets DITTOGUARD_PROVE=$(EDGE) go test -trimpath -vet=off -count=1 -timeout 8h -v -run TestProve ./test/prove/edges
	go test ./test/prove/evidence -update

.PHONY: lint
lint: $(GOLANGCI) ## Check the formatting and run the linters
	$(GOLANGCI) run ./...

.PHONY: bench
bench: ## Run the benchmarks, package by package (about 10 minutes)
	assets=$$(test/controlplane/build)
	KUBEBUILDER_ASSETS=$$assets go test -p 1 -run '^$$' -bench . -benchmem -timeout 30m $(PACKAGES)

.PHONY: bench-peers
bench-peers: ## Compare with Gatekeeper and Kyverno, which are built from their modules first
	assets=$$(test/controlplane/build)
	peers=$$(test/bench/peers/build)
	KUBEBUILDER_ASSETS=$$assets DITTOGUARD_BENCH_PEERS=$$peers CGO_ENABLED=0 \
	  go test -trimpath -vet=off -run '^$$' -bench Peers -benchtime 5x -timeout 2h ./test/bench

.PHONY: fuzz
fuzz: ## Run each fuzz target for FUZZTIME
	for package in $$(go list ./...); do
	  for target in $$(go test -list '^Fuzz' "$$package" | grep '^Fuzz' || true); do
	    echo "fuzz: $$package $$target"
	    go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 100x "$$package"
	  done
	done

.PHONY: generate
generate: ## Rewrite generated pages and golden files
	DITTOGUARD_GENERATE=1 go test -run TestCheckedExpressions ./internal/check
	go test ./internal/report ./internal/ruledocs ./charts ./cmd/... ./test/schemas ./test/prove/evidence -update

.PHONY: verify
verify: generate ## Fail if generated files are out of date
	git diff --exit-code

# Binaries of the same source are the same, in a checkout and out of an archive: nothing of git is in them but the version.
PLATFORMS ?= linux/amd64 linux/arm64
SOURCE_DATE_EPOCH ?= $(shell git log -1 --format=%ct 2>/dev/null || echo 0)
REPOSITORY ?=
DIST ?= dist

.PHONY: image
image: ## Build the image into dist/ without Docker; REPOSITORY=REGISTRY/NAME pushes it, too
	@binaries=()
	for platform in $(PLATFORMS); do
	  binary=$(abspath $(DIST))/$${platform/\//-}/dittoguard
	  CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/} go build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o "$$binary" ./cmd/dittoguard
	  binaries+=("$$platform=$$binary")
	done
	export SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH)
	(cd release/image && go run -trimpath . --version '$(VERSION)' --revision "$$(git rev-parse HEAD 2>/dev/null || true)" \
	  --output "$(abspath $(DIST))" --push '$(REPOSITORY)' "$${binaries[@]}")

.PHONY: chart
chart: ## Package the Helm chart into dist/
	assets=$$(test/controlplane/build)
	$$assets/helm lint charts/dittoguard
	$$assets/helm package charts/dittoguard --destination dist

.PHONY: release-check
release-check: $(GORELEASER) ## Check .goreleaser.yaml
	$(GORELEASER) check

NOTES ?= release/notes.md
.PHONY: release
release: $(GORELEASER) ## Make a release of the tag that is checked out, as a draft with the notes in NOTES
	$(GORELEASER) release --clean --release-notes '$(NOTES)'

.PHONY: clean
clean: ## Remove what was built here
	rm -rf bin dist

.PHONY: nginx
nginx: # The real nginx, with which our reading of nginx.conf is compared.
	@if ! command -v nginx >/dev/null && command -v apt-get >/dev/null && [ "$$(id -u)" = 0 ]; then
	  echo 'installing nginx, which tests compare with' >&2
	  (apt-get update -qq && apt-get install -y -qq --no-install-recommends nginx-light) >&2
	fi

$(GOLANGCI):
	echo 'building golangci-lint $(GOLANGCI_VERSION) (2 to 4 minutes with a cold cache)' >&2
	GOBIN=$(@D) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_VERSION)

$(GORELEASER):
	echo 'building goreleaser $(GORELEASER_VERSION) (takes a while with a cold cache)' >&2
	GOBIN=$(@D) go install -trimpath github.com/goreleaser/goreleaser/v2@$(GORELEASER_VERSION)
