.DEFAULT_GOAL := help

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

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

bench: ## Run the benchmarks, once each, benchstat-ready
	go test -run '^$$' -bench . -benchmem ./...

golden: ## Rewrite the golden reports; review the difference like code
	go test ./reports -update

.PHONY: help build test test-matrix race lint verify soak bench golden
