#!/usr/bin/env bash
# Lists the files that are longer than a reader likes. No error: a file is cut by idea, not by size.
set -euo pipefail

limit=300
long=$(git ls-files -z -- '*.rs' '*.sql' '*.sh' | xargs -0 wc -l | awk -v limit=$limit '$2 != "total" && $1 > limit' | sort -rn)
if [ -n "$long" ]; then
    printf 'files of more than %s lines:\n%s\n' "$limit" "$long"
else
    printf 'no file has more than %s lines\n' "$limit"
fi
