#!/usr/bin/env bash
# Installs what building and testing needs and this machine does not have: Postgres 15 or newer, cargo-nextest, and the
# components of the pinned Rust toolchain. Asks nothing, changes nothing that is there, starts no server.
#
# install-tools.sh           all of it
# install-tools.sh postgres  only Postgres
set -euo pipefail

say() { printf 'install-tools: %s\n' "$*"; }

# Runs a command as root, or says what to run and gives up.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        say "this needs root; please run: sudo $*"
        exit 1
    fi
}

# Whether the folder has a server that will do. The library (pgflow::embedded) looks in the same places.
has_postgres() {
    local folder=$1 major
    [ -x "$folder/initdb" ] && [ -x "$folder/pg_ctl" ] && [ -x "$folder/postgres" ] || return 1
    major=$("$folder/postgres" --version | sed -E 's/[^0-9]*([0-9]+).*/\1/')
    [ "$major" -ge 15 ]
}

find_postgres() {
    local folder program
    if [ -n "${PGFLOW_PG_BIN:-}" ]; then
        has_postgres "$PGFLOW_PG_BIN" || {
            say "PGFLOW_PG_BIN=$PGFLOW_PG_BIN has no PostgreSQL 15 or newer; correct it or unset it"
            exit 1
        }
        return 0
    fi
    program=$(command -v postgres || true)
    [ -n "$program" ] && has_postgres "$(dirname "$(realpath "$program")")" && return 0
    program=$(command -v pg_config || true)
    [ -n "$program" ] && has_postgres "$("$program" --bindir)" && return 0
    for folder in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /opt/homebrew/opt/postgresql*/bin \
        /usr/local/opt/postgresql*/bin /home/linuxbrew/.linuxbrew/opt/postgresql*/bin \
        /Applications/Postgres.app/Contents/Versions/*/bin /usr/libexec/postgresql* /usr/local/pgsql/bin; do
        has_postgres "$folder" && return 0
    done
    return 1
}

install_postgres() {
    say 'PostgreSQL 15 or newer is missing; installing it'
    if command -v apt-get >/dev/null; then
        # Debian's package would make and start a cluster `main` that nobody asked for.
        if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
            as_root mkdir -p /etc/postgresql-common
            as_root sh -c 'echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf'
        fi
        as_root apt-get update -qq
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
            -o Dpkg::Options::=--force-confold postgresql </dev/null
    elif command -v dnf >/dev/null; then
        as_root dnf install -y -q postgresql-server
    elif command -v brew >/dev/null; then
        brew install --quiet postgresql@17
    else
        say 'no apt-get, dnf or brew here: install PostgreSQL yourself, or set PGFLOW_PG_BIN'
        exit 1
    fi
    find_postgres || {
        say 'the PostgreSQL that was installed is older than 15: install a newer one, from https://www.postgresql.org/download'
        exit 1
    }
}

find_postgres || install_postgres
[ "${1:-all}" = all ] || exit 0

command -v cargo >/dev/null || {
    say 'cargo is missing: install Rust from https://rustup.rs'
    exit 1
}
if command -v rustup >/dev/null; then
    # The expected compiler messages in ui-tests quote the standard library's source.
    rustup component add rust-src rustfmt clippy
fi
if ! cargo nextest --version >/dev/null 2>&1; then
    say 'cargo-nextest is missing; building it takes some minutes'
    cargo install --locked cargo-nextest ||
        say 'cargo-nextest could not be installed: make test goes on with cargo test, which is slower'
fi
say 'done'
