.DEFAULT_GOAL := help

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## Build bin/pgbench-provider: static, and from a commit the same bytes in any folder (RELEASE=v1.2.3 where the tag cannot be seen)
	CGO_ENABLED=0 go build -trimpath -buildvcs=auto -ldflags '-s -w $(if $(RELEASE),-X pgbench-provider/internal/bench.Version=$(RELEASE))' -o bin/pgbench-provider ./cmd/pgbench-provider

CERTIFICATES ?= /etc/ssl/certs/ca-certificates.crt

image: build ## Build the Docker image pgbench-provider: nothing but the program and CERTIFICATES
	rm -rf bin/image && mkdir -p bin/image/etc/ssl/certs
	cp bin/pgbench-provider bin/image/
	cp $(CERTIFICATES) bin/image/etc/ssl/certs/ca-certificates.crt
	echo 'pgbench-provider:x:65532:65532::/data:' > bin/image/etc/passwd
	mkdir -m 1777 bin/image/tmp bin/image/data
	docker build -t $(or $(IMAGE),pgbench-provider) .

test-build: ## Build the last commit in two folders and compare the bytes
	.ci/reproducible

test: ## Run the whole suite, as the README does
	go test ./...

race: ## Run the concurrent packages under the race detector
	go test -race ./internal/latency ./internal/netdelay ./internal/runtime ./provider/...

test-container: ## Run a comparison in a container of an image made from Debian's packages, with an engine started where there is none (root)
	.ci/container

test-browser: ## Show every page to Chromium at three widths, light, dark and as printed, with pictures of them in bin/pages
	go vet -tags browser ./reports
	go test -tags browser ./reports -run InABrowser -count=1 -shots $(CURDIR)/bin/pages -pages '$(PAGES)'

test-kill: ## Kill KILLS (50) runs at random moments, on a database and with private servers: the next sweeps, a run beside goes on
	go test ./internal/cli -run '^TestKilled(Private)?Runs$$' -count=1 -timeout 2h -v -kills $(or $(KILLS),50)

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

fuzz: ## Run each fuzz target for FUZZTIME (default 2m; FUZZ="./internal/gate FuzzParseBudget" for some)
	@grep -r --include='*_test.go' -oE '^func Fuzz[A-Za-z]+' . | sed 's|/[^/]*:func | |' | sort | grep -- '$(FUZZ)' | while read -r folder target; do \
		echo "$$folder $$target"; \
		go test $$folder -run '^$$' -fuzz "^$$target\$$" -fuzztime $(or $(FUZZTIME),2m) -parallel 1 || exit 1; \
	done

golden: ## Rewrite the golden reports; review the difference like code
	go test ./reports -update

.PHONY: help build image man test test-build test-container test-browser test-kill test-matrix race lint verify soak bench bench-harness bench-peers soak-load chaos fuzz golden
