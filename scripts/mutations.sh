#!/usr/bin/env bash
# Breaks the engine on purpose, one way after the other, and runs the seeds of `tests/tests/boundaries`, or the cases of
# `tests/tests/model`, until one fails. A way that none notices fails the script: the test is too weak. Arguments name the ways; none
# means all.
set -euo pipefail

# Tests use embedded servers; a developer's own database is none of their business.
unset DATABASE_URL

export PGFLOW_SEEDS=${PGFLOW_SEEDS:-500} PGFLOW_CASES=${PGFLOW_CASES:-500}
missed=()
for test in boundaries model; do
    readarray -t all < <(sed -n 's/.*name: "\([a-z-]*\)".*/\1/p' "tests/tests/$test/mutations.rs")
    chosen=()
    for name in "${all[@]}"; do
        [ $# -gt 0 ] && [[ " $* " != *" $name "* ]] || chosen+=("$name")
    done
    [ ${#chosen[@]} -gt 0 ] || continue
    cargo test --quiet --release --package pgflow-tests --test "$test" --no-run
    for name in "${chosen[@]}"; do
        log=$(mktemp)
        if PGFLOW_MUTATION=$name cargo test --quiet --release --package pgflow-tests --test "$test" -- --nocapture >"$log" 2>&1; then
            printf '%-10s %-18s %s\n' "$test" "$name" "$(grep -a '^caught' "$log") ($(grep -a -m 1 -o '^PGFLOW_SEED=[0-9]*' "$log"))"
            rm "$log"
        else
            missed+=("$name")
            printf '%-10s %-18s not caught; %s has the log\n' "$test" "$name" "$log"
        fi
    done
done
[ ${#missed[@]} -eq 0 ]
