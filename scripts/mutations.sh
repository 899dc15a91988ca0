#!/usr/bin/env bash
# Breaks the engine on purpose, one way after the other, and runs the seeds of `tests/tests/boundaries` until one fails.
# A way that no seed notices fails the script: the test is too weak. Arguments name the ways; none means all.
set -euo pipefail

# Tests use embedded servers; a developer's own database is none of their business.
unset DATABASE_URL

seeds=${PGFLOW_SEEDS:-500}
source=tests/tests/boundaries/mutations.rs
[ $# -gt 0 ] || readarray -t all < <(sed -n 's/.*name: "\([a-z-]*\)".*/\1/p' "$source")
[ $# -eq 0 ] || all=("$@")

cargo test --quiet --release --package pgflow-tests --test boundaries --no-run
missed=()
for name in "${all[@]}"; do
    log=$(mktemp)
    if PGFLOW_MUTATION=$name PGFLOW_SEEDS=$seeds \
        cargo test --quiet --release --package pgflow-tests --test boundaries -- --nocapture >"$log" 2>&1; then
        printf '%-20s %s\n' "$name" "$(grep -a '^caught' "$log") ($(grep -a -m 1 '^PGFLOW_SEED=' "$log"))"
        rm "$log"
    else
        missed+=("$name")
        printf '%-20s not caught by %s seeds; %s has the log\n' "$name" "$seeds" "$log"
    fi
done
[ ${#missed[@]} -eq 0 ]
