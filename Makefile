# Targets do their own set-up and say what they did. `make help` lists them.

GOFUMPT     := mvdan.cc/gofumpt@v0.12.0
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
BENCHSTAT   := golang.org/x/perf/cmd/benchstat@v0.0.0-20260908200009-22c9c6c9d4da

# Real series for tests that use them; those tests skip where the folder is absent.
ifneq ($(wildcard ../shared/data),)
test race ci slow bench: export TRIGRID_DATA ?= $(abspath ../shared/data)
endif

# The race detector needs a C compiler.
CC_FOUND := $(shell command -v $${CC:-cc} 2>/dev/null)
export CGO_ENABLED := $(if $(CC_FOUND),1,0)

# Tests run without cgo, as the library is documented, and so do the tools: with an empty cache, each
# value of CGO_ENABLED costs minutes of compiling. The race detector brings the build with cgo.
test race lint ci slow planted: export CGO_ENABLED := 0

# Packages with goroutines in code or tests whose tests take seconds: the race detector runs them all.
RACED := ./cmd/trigrid-node ./der/dertest ./internal/command ./internal/parallel \
	./internal/store ./ledger/client ./ledger/engine ./ledger/ledgertest ./ledger/node \
	./market/markettest ./milp ./milp/highs ./milp/milptest ./pbft/replica ./report/live ./scenario \
	./sweep/sweeptest

# Packages with goroutines whose tests take minutes, most of it in programs on one goroutine: the race
# detector runs the tests that share data between goroutines.
SPACE       := $(subst ,, )
RACED_PARTS := . ./cmd/trigrid ./der ./docs ./evogame ./examples/fleets ./fleet ./market ./milp/decompose ./milp/ipm \
	./operate ./report ./sweep ./vpp
RACED_TESTS := $(subst $(SPACE),|,AnyNumberOfCores OnWorkers SameBytes ManyAtOnce OnceForAll ToOthers \
	Cancelled Progress LivePage ShareOneStore Conforms KeepTheContract SweepByHand FleetVerify \
	EqualsPrograms DifferInOneLine ProgramsAgainstHiGHS GrowthMeasures)

SERIES ?=
OUT    ?= demo

.DEFAULT_GOAL := help
.PHONY: help solver demo browser test ci lint fmt fuzz differential bench bench-peers bench-growth bench-against slow native crash engine planted race systems roots findings

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

solver: ## put HiGHS on this machine, natively or as WebAssembly
	@sh scripts/solver.sh

demo: solver ## run the main job on the calibrated case and write its report (SERIES=file.csv: measured series; OUT=folder)
	@mkdir -p $(OUT)
	go run ./cmd/trigrid -case examples/threelevel/case.json $(if $(SERIES),-series $(SERIES),) -json $(OUT)/result.json -report $(OUT)/report

test: $(if $(TRIGRID_NO_SOLVER),,solver) ## all tests, then those with goroutines under the race detector where a C compiler is found
	@echo "test: real series $${TRIGRID_DATA:-absent: their tests skip}"
	go vet ./...
	go run ./internal/cmd/gotest -vet=off -timeout 30m ./...
	$(if $(CC_FOUND),$(MAKE) race,@echo "test: no C compiler, so no race detector")

race: ## tests with goroutines under the race detector
	CGO_ENABLED=1 go test -race -vet=off -timeout 30m $(RACED)
	CGO_ENABLED=1 go test -race -vet=off -timeout 30m -run '$(RACED_TESTS)' $(RACED_PARTS)

lint: ## formatter and linter
	@out=$$(go run $(GOFUMPT) -l .); test -z "$$out" || { echo "gofumpt would change:"; echo "$$out"; exit 1; }
	go run $(STATICCHECK) ./...

fmt: ## format the code
	go run $(GOFUMPT) -w .

INPUTS ?= 40000
fuzz: ## fuzz every decoder with INPUTS inputs each, readers of published instances with twice as many
	@sh scripts/fuzz.sh $(INPUTS)

N ?= 10000
differential: solver ## state N random instances twice and compare the optima with CBC and GLPK; some minutes
	@sh scripts/second-solvers.sh
	go run ./internal/cmd/differential -n $(N)

native: ## the tests of the native backend, in a Debian 13 tree where this machine has no libhighs
	@sh scripts/native-root.sh milp/highs

browser: solver ## open reports in Chromium, which apt brings, and keep pictures of the pages in out/screenshots
	@sh scripts/browser.sh
	TRIGRID_SCREENSHOTS=$(abspath out/screenshots) go test -count=1 -v -run Browser ./report

slow: solver ## published optima that take minutes, and more seeds of the simulator
	TRIGRID_SLOW=1 go test -count=1 -run Anchor -timeout 30m -v ./der/unitcommitment
	TRIGRID_SLOW=1 go test -count=1 -run 'SearchAndEnumeration|AnswersWithinABudget' -timeout 30m .
	TRIGRID_REGIONS=$${TRIGRID_REGIONS:-100} go test -count=1 -run EveryRandomRegion -timeout 120m -v .
	PBFT_SEEDS=$${PBFT_SEEDS:-300} go test -run Sim -timeout 30m -v ./pbft/sim

crash: ## ten minutes of kills and pauses of four processes under load, which make test does for ten seconds
	TRIGRID_SLOW=1 go test -count=1 -run '^TestCrash$$' -timeout 30m -v ./cmd/trigrid-node

engine: ## vet and test the modules ledger/cometbft and sweep/nats, which make test leaves out
	cd ledger/cometbft && go vet ./... && go test ./... && cd ../../sweep/nats && go vet ./... && go test ./...

SYSTEMS := windows/amd64 darwin/arm64 freebsd/amd64 linux/386 js/wasm
systems: ## type-check code and tests for other systems, 32-bit ones included
	@go run ./internal/cmd/systems $(SYSTEMS)

roots: ## both commands in clean Debian 12 and 13 trees; root and debootstrap only, some minutes
	@sh scripts/clean-roots.sh

planted: ## vet and test pbft with its planted mistakes, and print how many the tests notice
	@sh scripts/planted.sh

ci: solver ## what takes longer: linters, second solvers, DuckDB, the page in a browser, slow optima, fuzzing, other systems, engines and backends
	@sh scripts/second-solvers.sh
	@sh scripts/duckdb.sh
	$(MAKE) lint
	$(MAKE) systems
	PBFT_SEEDS=$${PBFT_SEEDS:-100} $(MAKE) slow
	$(MAKE) planted
	$(MAKE) fuzz INPUTS=4000 # a first look; make fuzz searches ten times as long
	go test -vet=off -count=1 -v ./internal/cmd/differential
	go test -vet=off -count=1 -v -run 'DuckDB|Pandas|Filter|Types|Merge' ./results ./docs/guides
	$(MAKE) browser
	$(MAKE) native
	$(MAKE) engine

bench: solver ## benchmarks, solver time excluded where modelling is measured
	go test -run '^$$' -bench . -benchmem ./...

ROUNDS ?= 5
bench-peers: solver ## time beside scikit-learn, scipy, linopy and other solvers, which pip, apt and npm bring, into docs/performance.md
	go run ./internal/cmd/bench peers -rounds $(ROUNDS)

bench-growth: solver ## time against DERs, scenarios, steps and VPPs, into docs/performance.md and docs/growth.svg; minutes
	go run ./internal/cmd/bench growth

COMMIT ?= HEAD~1
BENCH  ?= .
bench-against: solver ## benchmarks of COMMIT and of this tree in turn, compared by benchstat (BENCH: some; PACKAGES: their folders)
	go run ./internal/cmd/bench against -commit $(COMMIT) -bench '$(BENCH)' -benchstat $(BENCHSTAT) $(PACKAGES)

findings: ## surprises of outside libraries and tools, each run again (ONLY="NAME...": some; needs npm and apt)
	@sh findings/lib/table.sh
	@sh findings/lib/run.sh $(ONLY)
