# Limits, usage and death for want of memory: in root's own tree, then the same under a unit of
# systemd with Delegate=yes, then in a unit of alice's.

daemon() { # its pid
    cat /run/apm/apm.pid
}

# The daemon's tree below the mount: its own group is the leaf beside the workers.
tree() {
    own=$(group "$(daemon)")
    same "the daemon's own group" supervisor "${own##*/}" >&2
    echo "/sys/fs/cgroup${own%/supervisor}"
}

worker() { # NAME: pid of its only instance
    apm list --json | sed -n "s/.*\"name\":\"$1\",[^}]*\"pid\":\([0-9]*\).*/\1/p"
}

figure() { # KEY NAME: of a worker in list
    apm list --json | sed -n "s/.*\"name\":\"$2\",[^}]*\"$1\":\([0-9]*\).*/\1/p"
}

file_of() { # NAME FILE: of the group of its only instance
    cat "/sys/fs/cgroup$(group "$(worker "$1")")/$2"
}

says() { # TEXT COMMAND…: its output holds it
    wanted=$1
    shift
    found=$("$@" 2>&1 || true)
    case $found in *"$wanted"*) ;; *) fail "'$wanted' is not in what $* says: $found" ;; esac
}

holds() { # TEXT COMMAND…: the same, to be waited for
    wanted=$1
    shift
    "$@" 2>&1 | grep -qF -- "$wanted"
}

# What the daemon's log says from now on is what daemon_log gives.
from_now() {
    wc -l </var/log/apm.log >/tmp/said_before
}

daemon_log() {
    tail -n "+$(($(cat /tmp/said_before) + 1))" /var/log/apm.log | sed 's/\x1b\[[0-9;]*m//g'
}

controllers_reach_the_workers() {
    found=$(tr ' ' '\n' <"$(tree)/workers/cgroup.subtree_control" | sort | xargs)
    same "controllers of instances" "cpu memory pids" "$found"
    same "the group of apm-logd" "$(group "$(daemon)")" "$(group "$(processes apm-logd)")"
}

neighbour_starts() {
    apm run --name neighbour --startup-grace 50 -- probe sleep
    worker neighbour >/tmp/neighbour
}

neighbour_has_not_noticed() {
    same "the pid of the other worker" "$(cat /tmp/neighbour)" "$(worker neighbour)"
    if gone "$(cat /tmp/neighbour)"; then fail "the other worker is gone"; fi
}

# ARGUMENTS of the hog: alone, or by a child.
hog_dies_alone() {
    from_now
    said=$(apm run --name hog --memory-limit 24M --restart-err --err-delay 50 \
        --max-err-restarts 2 --startup-grace 10s -- probe hog "$@" 2>&1) &&
        fail "the start of a hog succeeded: $said"
    says "over its memory limit 24M" echo "$said"
    says "killed by the kernel" echo "$said"
    eventually "its restarts are used up" holds '"restarts_used_up":true' apm list --json
    says '"normal":0,"error":2,"watch":0' apm list --json
    says '"signal":"SIGKILL","out_of_memory":true' apm info hog --json
    says '"limits_without_effect":[]' apm info hog --json
    says "out of memory" apm list
    says "over its memory limit 24M" apm info hog
    says "hog was killed by the kernel" daemon_log
    says "over its memory limit 24M; no restart: max_err_restarts 2 is used up" daemon_log
    same "hogs" 1 "$(count probe)"
    neighbour_has_not_noticed
    apm remove hog
}

hog_is_known_by_its_exit_code() {
    apm run --name hog --memory-limit 24M --restart-on-exit-codes 137 --err-delay 50 \
        --max-err-restarts 1 --startup-grace 0 -- probe hog 64
    eventually "its restart is used up" holds '"restarts_used_up":true' apm list --json
    says '"normal":0,"error":1,"watch":0' apm list --json
    apm remove hog
}

# Killed by a person, in a group that has seen no want of memory: a signal like any other.
kill_is_not_taken_for_want() {
    apm run --name victim --memory-limit 64M --startup-grace 50 -- probe sleep
    kill -KILL "$(worker victim)"
    eventually "it is told" holds '"signal":"SIGKILL","out_of_memory":false' \
        apm info victim --json
    apm remove victim
}

fork_bomb_stops_at_its_limit() {
    from_now
    apm run --name bomb --pids-limit 8 --startup-grace 50 -- probe fork-loop 50
    eventually "it says how far it came" holds "bomb 7 children" daemon_log
    same "its limit" 8 "$(file_of bomb pids.max)"
    same "its processes" 8 "$(file_of bomb pids.current)"
    apm run --name other --startup-grace 50 -- probe sleep
    neighbour_has_not_noticed
    apm stop bomb
    same "processes that are left" 2 "$(count probe)"
    apm remove bomb
    apm remove other
}

burner_keeps_to_its_share() {
    apm run --name burner --cpu-limit 20% --startup-grace 50 -- probe burn
    same "its limit" "20000 100000" "$(file_of burner cpu.max)"
    eventually "it has used half a second" used burner 500
    spent=$(figure cpu_ms burner)
    age=$(figure uptime_ms burner)
    [ "$age" -gt $((spent * 2)) ] || fail "$spent ms of $age ms are more than half a processor"
    share=$(figure cpu_percent burner)
    [ "$share" -ge 1 ] && [ "$share" -le 50 ] || fail "its share is said to be $share %"
    neighbour_has_not_noticed
    apm remove burner
}

used() { # NAME MS
    [ "$(figure cpu_ms "$1")" -ge "$2" ]
}

memory_is_told() {
    from_now
    apm run --name eater --memory-high 100M --memory-limit 200M --startup-grace 50 -- probe hog 40
    same "memory.high" $((100 << 20)) "$(file_of eater memory.high)"
    same "memory.max" $((200 << 20)) "$(file_of eater memory.max)"
    same "memory.oom.group" 1 "$(file_of eater memory.oom.group)"
    eventually "it has touched its memory" holds "eater touched 40" daemon_log
    # From 100 ms on the figures are new.
    eventually "its memory is told" between $((40 << 20)) $((60 << 20)) eater
    apm remove eater
}

between() { # LEAST MOST NAME
    bytes=$(figure memory_bytes "$3")
    [ "$bytes" -ge "$1" ] && [ "$bytes" -le "$2" ]
}

nested_groups_are_removed() {
    from_now
    cat >/tmp/nest.sh <<'END'
own=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
mkdir -p "$own/inner/most"
echo nested
exec sleep 1000
END
    apm run --name nest --startup-grace 50 -- sh /tmp/nest.sh
    eventually "it has made groups" holds "nest nested" daemon_log
    apm remove nest
    same "groups of the others" 1 \
        "$(find "$(tree)/workers" -mindepth 2 -maxdepth 2 -type d | wc -l)"
}

all_hold() { # WHERE
    check "controllers_reach_the_workers_$1" controllers_reach_the_workers
    check "a_neighbour_starts_$1" neighbour_starts
    check "a_hog_dies_alone_$1" hog_dies_alone 64
    check "a_hog_takes_its_parent_along_$1" hog_dies_alone 64 child
    check "a_hog_is_known_by_its_exit_code_$1" hog_is_known_by_its_exit_code
    check "a_kill_is_not_taken_for_want_of_memory_$1" kill_is_not_taken_for_want
    check "a_fork_bomb_stops_at_its_limit_$1" fork_bomb_stops_at_its_limit
    check "a_burner_keeps_to_its_share_$1" burner_keeps_to_its_share
    check "memory_is_told_$1" memory_is_told
    check "nested_groups_are_removed_$1" nested_groups_are_removed
}

# Root's own tree -----------------------------------------------------------------------------

check a_daemon_starts_for_limits starts_at_its_place
all_hold in_roots_own_tree
check end_leaves_nothing_after_limits end_leaves_nothing

# A unit with Delegate=yes --------------------------------------------------------------------

unit=/sys/fs/cgroup/system.slice/lab-apm.service

main_pid() {
    systemctl show --value --property MainPID lab-apm.service
}

unit_starts() {
    cat >/run/systemd/system/lab-apm.service <<END
[Service]
ExecStart=$installed/apm-master
Delegate=yes
KillMode=mixed
Restart=on-failure
RestartSec=100ms
END
    systemctl daemon-reload
    systemctl start lab-apm.service
    eventually "it can be asked" apm list
    same "its main process" "$(main_pid)" "$(daemon)"
    same "the tree" "$unit" "$(tree)"
}

# systemd ends what the dead one left, and starts another in the same group.
unit_is_started_again() {
    old=$(daemon)
    kill -KILL "$old"
    eventually "another one runs" runs_instead_of "$old"
    eventually "the neighbour runs again" counts 1 probe
    same "the tree" "$unit" "$(tree)"
    controllers_reach_the_workers
    same "running, as it says" 1 "$(apm list --json | running_in)"
}

runs_instead_of() { # OLD
    new=$(main_pid)
    [ "$new" != 0 ] && [ "$new" != "$1" ] && [ "$(daemon)" = "$new" ]
}

unit_stop_leaves_nothing() {
    systemctl stop lab-apm.service
    same "processes" "" "$(processes apm-master)$(processes apm-logd)$(processes probe)"
    [ ! -e "$unit" ] || fail "its group is left: $(find "$unit" -type d | xargs)"
    same "groups elsewhere" "" "$(groups)"
    same "its result" success \
        "$(systemctl show --value --property Result lab-apm.service)"
}

check a_unit_with_delegation_starts unit_starts
all_hold under_a_unit
check a_unit_is_started_again_whole unit_is_started_again
check a_stopped_unit_leaves_nothing unit_stop_leaves_nothing

# Alice's unit --------------------------------------------------------------------------------

alices_limits_hold() {
    chmod 755 /home/alice
    cat >/run/systemd/system/lab-alice.service <<END
[Service]
User=alice
ExecStart=$installed/apm-master
Delegate=yes
KillMode=mixed
END
    systemctl daemon-reload
    systemctl start lab-alice.service
    eventually "it can be asked" as alice apm status
    said=$(as alice apm run --name hog --memory-limit 24M --startup-grace 10s -- \
        probe hog 64 2>&1) && fail "the start of a hog succeeded: $said"
    says "over its memory limit 24M" echo "$said"
    systemctl stop lab-alice.service
    same "her group" "" "$(ls -d /sys/fs/cgroup/system.slice/lab-alice.service 2>/dev/null || true)"
    same "her processes" "" "$(processes apm-master 1001)$(processes probe 1001)"
}

check alices_limits_hold_in_a_unit_of_hers alices_limits_hold
