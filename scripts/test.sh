#!/usr/bin/env bash
# Runs all tests of the workspace. Arguments are handed to the test runner.
set -euo pipefail

# Tests use embedded servers; a developer's own database is none of their business.
unset DATABASE_URL

# First what has no summary that one would want to see last.
echo '== code in documents'
cargo test --workspace --doc
echo '== tests'
if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --workspace --no-fail-fast "$@"
else
    cargo test --workspace --all-targets --no-fail-fast -- "$@"
fi
