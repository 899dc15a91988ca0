# One command a task, the same here and in CI. `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

# What `make quickstart` hands to the example, such as ARGS=some/folder.
ARGS ?=

.PHONY: help
help: ## This list
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: quickstart
quickstart: postgres ## A first workflow, on an embedded Postgres (or DATABASE_URL); ARGS="folder" for the example
	cargo run -p pgflow-examples --example quickstart -- $(ARGS)

.PHONY: examples
examples: postgres ## The other examples, each of which checks its result
	cargo run --quiet -p pgflow-examples --example order
	cargo run --quiet -p pgflow-examples --example approval
	cargo run --quiet -p pgflow-examples --example children
	cargo run --quiet -p pgflow-examples --example poller
	cargo run --quiet -p pgflow-examples --example records
	cargo run --quiet -p pgflow-examples --example schemas
	cargo run --quiet -p pgflow-examples --example nightly_report
	cargo run --quiet -p pgflow-examples --example dynamic

.PHONY: test
test: tools ## All tests: units, real processes and servers, compiler messages, code in documents
	./scripts/test.sh

.PHONY: bench
bench: postgres ## Figures of speed against plain inserts, on an embedded Postgres; ARGS="--quick" for a smoke test
	cargo run --release --quiet -p pgflow-bench -- $(ARGS)

.PHONY: bench-growth
bench-growth: postgres ## The same with long queues, much history, old snapshots, big maps: some minutes
	cargo run --release --quiet -p pgflow-bench -- growth $(ARGS)

.PHONY: bench-build
bench-build: ## What workflows cost to compile, against plain functions and against registering by hand: some minutes; ARGS="--rounds 1"
	./scripts/build-cost.py $(ARGS)

.PHONY: mutations
mutations: tools ## Breaks the engine on purpose in several ways, each of which a seeded test must notice
	./scripts/mutations.sh

.PHONY: editor
editor: ## What an editor makes of a workflow: drives rust-analyzer, and prints a table; ARGS="rename" for the cases of a word
	rustup component add rust-analyzer
	python3 scripts/editor.py $(ARGS)

# The workspace as a whole has every feature but TLS, which only hands sqlx's own on and would need OpenSSL here.
.PHONY: check
check: ## Formatting, lints, documentation, sizes of files
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo clippy -p pgflow --no-default-features -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps
	./scripts/file-sizes.sh

.PHONY: fmt
fmt: ## Formats the code
	cargo fmt --all

.PHONY: tools
tools: ## Installs what is missing to build and test: Postgres, cargo-nextest, parts of the Rust toolchain
	@./scripts/install-tools.sh

.PHONY: postgres
postgres:
	@[ -n "$${DATABASE_URL+set}" ] || ./scripts/install-tools.sh postgres
