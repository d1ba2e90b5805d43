# For all checks: what they say, wait for and look at.

share=/lab/share
installed=/usr/libexec/apm
passed=0 failed=0

check() { # NAME FUNCTION [ARGUMENT…]
    name=$1
    shift
    begin=$(cut -d . -f 1 /proc/uptime)
    # Not as a condition: there, set -e would be without effect.
    why=$(set -e; "$@" 2>&1)
    if [ $? = 0 ]; then
        passed=$((passed + 1))
        echo "ok $name ($(($(cut -d . -f 1 /proc/uptime) - begin)) s)"
    else
        failed=$((failed + 1))
        echo "FAILED $name: $(echo "$why" | tr '\n' ' ')"
    fi
}

fail() {
    echo "$1"
    exit 1
}

same() { # WHAT EXPECTED FOUND
    [ "$2" = "$3" ] || fail "$1: expected '$2', found '$3'"
}

status_of() { # COMMAND…: its exit status; what it prints goes to the check
    code=0
    "$@" >&2 || code=$?
    echo "$code"
}

eventually() { # WHAT COMMAND…: it holds within 10 s
    what=$1
    shift
    for turn in $(seq 100); do
        if "$@"; then return 0; fi
        sleep 0.1
    done
    fail "within 10 s never: $what"
}

as() { # USER COMMAND…: as after a login, without a way back
    user=$1
    shift
    (cd / && exec setpriv --reuid "$user" --regid "$user" --init-groups --reset-env -- "$@")
}

# Live processes with this name; of one uid, if it is given.
processes() { # NAME [UID]
    for file in $(grep -lxs "$1" /proc/[0-9]*/comm || true); do
        pid=${file#/proc/}
        pid=${pid%/comm}
        if gone "$pid"; then continue; fi
        [ -z "${2:-}" ] || [ "$(field Uid "$pid")" = "$2 $2 $2 $2" ] || continue
        echo "$pid"
    done
}

count() { # NAME [UID]
    processes "$@" | wc -l
}

counts() { # NUMBER NAME [UID]
    wanted=$1
    shift
    [ "$(count "$@")" = "$wanted" ]
}

field() { # FIELD PID: of its status, with single blanks
    sed -n "s/^$1:[[:blank:]]*//p" "/proc/$2/status" 2>/dev/null | tr -s '\t ' ' ' | sed 's/ $//'
}

group() { # PID
    sed -n 's/^0:://p' "/proc/$1/cgroup"
}

gone() { # PID…
    for pid in "$@"; do
        case $(field State "$pid") in Z* | X* | '') ;; *) return 1 ;; esac
    done
}

# Folders of control groups that daemons have made for themselves.
groups() {
    find /sys/fs/cgroup -type d \( -name 'apm-*' -o -path '*/apm-*/*' \)
}

running_in() { # JSON of list: the first worker's running instances
    sed -n 's/^[^}]*"running":\([0-9]*\).*/\1/p'
}

ps_of() { # PID…
    for pid in "$@"; do echo "$pid $(field Name "$pid") $(field State "$pid")"; done
}

capabilities() { # PID: in the words of the document
    found=$(field CapEff "$1")
    case $found in
    0000000000000000) echo none ;;
    0000000000000020) echo kill ;;
    "$(field CapBnd self)") echo all ;;
    *) echo "$found" ;;
    esac
}

network() { # PID: in the words of the document
    if [ "$(readlink "/proc/$1/ns/net")" = "$(readlink /proc/self/ns/net)" ]; then
        echo "the host's"
    else
        names=$(sed -n 's/^ *\([^ |]*\):.*/\1/p' "/proc/$1/net/dev")
        case $names in lo | '') echo empty ;; *) echo "$names" ;; esac
    fi
}

nothing_runs() {
    for name in apm-master apm-logd apm-guid apm-proxyd probe; do
        [ -z "$(processes "$name")" ] || return 1
    done
}
