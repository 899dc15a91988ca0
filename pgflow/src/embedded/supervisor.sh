# Runs one Postgres server for as long as any process uses it, and cleans up after the last one.
#
# Every user holds the write end of the FIFO that is our standard input: the kernel counts them, and end of file comes
# when the last one is gone, however it ended. Our standard output is a locked file: whoever gets that lock knows that
# we have finished. Neither may be passed on to a child, which could outlive us.
#
# Arguments: CLUSTER SOCKETS BIN TEMPLATE KIND LINGER [-c NAME=VALUE]...
cluster=$1 sockets=$2 bin=$3 template=$4 kind=$5 linger=$6
shift 6
data=$cluster/data

umask 077
exec 2>>"$cluster/log" 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-

# The data folder appears whole or not at all. What was copied is made durable where the data is to be kept.
prepare() {
    [ -d "$data" ] && return
    rm -rf "$data.new"
    cp -a "$template" "$data.new" </dev/null >&2 || return
    if [ "$kind" = persistent ]; then
        "$bin/initdb" --sync-only -D "$data.new" </dev/null >&2 || return
    fi
    mv "$data.new" "$data" </dev/null >&2
}

start() {
    rm -f "$cluster/exited"
    halted=
    (
        prepare && "$bin/postgres" -D "$data" "$@"
        echo "$?" >"$cluster/exited"
    ) </dev/null >&2 &
    server=$!
}

# The server may not have written its pid file yet, so one pg_ctl is not enough.
stop() {
    while kill -0 "$server" 2>/dev/null && [ ! -f "$cluster/exited" ]; do
        if "$bin/pg_ctl" stop -s -D "$data" -m "$1" -t 20 </dev/null >&2 ||
            "$bin/pg_ctl" stop -s -D "$data" -m immediate -t 20 </dev/null >&2; then
            break
        fi
        sleep 0.1 </dev/null >&2 || sleep 1 </dev/null >&2
    done
    wait "$server"
}

remove() {
    rm -rf "$@" </dev/null >&2 || {
        sleep 1 </dev/null >&2
        rm -rf "$@" </dev/null >&2
    }
}

# Nobody can reach us any more once the FIFO is closed: a process that comes now waits for our lock and starts anew.
finish() {
    trap '' TERM
    exec </dev/null
    rm -f "$cluster/control"
    if [ "$kind" = persistent ]; then stop fast; else stop immediate; fi
    case $kind in
    shared) remove "$data" "$data.new" ;;
    temporary) remove "$cluster" ;;
    esac
    [ "$sockets" = "$cluster" ] || rm -rf "$sockets"
}

# Signals meant for a user's terminal or session are not for the server, which others may use.
trap '' HUP INT QUIT
trap 'exit 0' TERM
trap finish EXIT

start "$@"
lingered=
while :; do
    if read -r verb token argument; then
        lingered=
        case $verb in
        attach) [ -f "$cluster/exited" ] && [ -z "$halted" ] && start "$@" ;;
        halt)
            stop "$argument"
            halted=yes
            ;;
        resume) start "$@" ;;
        esac
        : >"$cluster/ack.$token"
    elif [ "$linger" -gt 0 ] && [ -z "$lingered" ]; then
        # A user of the last resort, which goes by itself.
        lingered=yes
        exec 4>"$cluster/control"
        sleep "$linger" </dev/null >&4 &
        exec 4>&-
    else
        break
    fi
done
