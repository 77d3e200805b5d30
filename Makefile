.DEFAULT_GOAL := help

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Build bin/pgbench-provider
	go build -trimpath -o bin/pgbench-provider ./cmd/pgbench-provider

test: ## Run the whole suite, as the README does
	go test ./...

race: ## Run the concurrent packages under the race detector
	go test -race ./internal/latency ./internal/netdelay ./internal/runtime ./provider/...

test-matrix: ## Run the suite on PostgreSQL 15 to 18, of which npm brings all but 15 (PACKAGES=./x for fewer)
	.ci/matrix $(PACKAGES)

lint: ## Run go vet and staticcheck
	go vet ./...
	go tool staticcheck ./...

verify: ## Check that the strategies mean the same, by the conformance suite
	go test ./strategies -run Conformance

soak: ## Run a million random operations on each strategy (hours; SOAK=n for another number)
	go test ./internal/equivalence -run StrategiesAgree -timeout 24h -v -operations $(or $(SOAK),1000000)

bench: ## Run the benchmarks, benchstat-ready (COUNT=10 for benchstat; BENCH=strategy=sp/ for some)
	go test -run '^$$' -bench 'Operation/$(BENCH)' -benchmem -benchtime 200x -count $(or $(COUNT),1) -timeout 4h ./strategies
	go test -run '^$$' -bench . -benchmem -count $(or $(COUNT),1) ./internal/...

bench-harness: ## Compare the closed loop with pgbench on an empty routine (10 minutes; ARGS=... for other rounds)
	go run ./cmd/pgbench-provider bench-harness $(ARGS)

bench-peers: ## Put orchestrations a second beside pgbench -N (4 minutes; ARGS="--strategies sp,inline" for others)
	go run ./cmd/pgbench-provider bench-peers $(ARGS)

soak-load: ## Run hello-world and fan-out at full load for SOAK_MINUTES (30): throughput lasts, tables stay bounded, nothing is lost
	go run ./cmd/pgbench-provider soak-load --duration $(or $(SOAK_MINUTES),30)m $(ARGS)

chaos: ## Break servers, networks and dispatchers: CHAOS_SEEDS=1..200, CHAOS_SECONDS=20, ARGS="--strategies sp-eager"
	go run ./cmd/pgbench-provider chaos --from $(firstword $(subst .., ,$(or $(CHAOS_SEEDS),1..200))) \
		--to $(lastword $(subst .., ,$(or $(CHAOS_SEEDS),1..200))) --duration $(or $(CHAOS_SECONDS),20)s $(ARGS)

man: ## Write the manual pages to man/
	go run ./cmd/pgbench-provider man man

fuzz: ## Run each fuzz target for FUZZTIME (default 2m)
	@grep -r --include='*_test.go' -oE '^func Fuzz[A-Za-z]+' . | sed 's|/[^/]*:func | |' | sort | while read -r folder target; do \
		echo "$$folder $$target"; \
		go test $$folder -run '^$$' -fuzz "^$$target\$$" -fuzztime $(or $(FUZZTIME),2m) -parallel 1 || exit 1; \
	done

golden: ## Rewrite the golden reports; review the difference like code
	go test ./reports -update

.PHONY: help build man test test-matrix race lint verify soak bench bench-harness bench-peers soak-load chaos fuzz golden
