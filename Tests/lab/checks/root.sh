# Root's daemon, as `apm start` makes it.

starts_at_its_place() {
    apm start
    same "/run/apm" "700 root directory" "$(stat -c '%a %U %F' /run/apm)"
    same "its socket" "600 root socket" "$(stat -c '%a %U %F' /run/apm/control)"
    same "the process of its pid file" "$(cat /run/apm/apm.pid)" "$(processes apm-master)"
    eventually "its apm-logd runs" counts 1 apm-logd
    eventually "its log has lines" test -s /var/log/apm.log
    same "its log" "root regular file" "$(stat -c '%U %F' /var/log/apm.log)"
    [ ! -e ~root/.apm ] || fail "it has made a daemon of its own"
}

runs_probes_in_groups() {
    apm run --name three --instances 3 --startup-grace 50 -- probe sleep
    same "running instances" 3 "$(apm list --json | running_in)"
    own=$(group "$(cat /run/apm/apm.pid)")
    same "its own group" supervisor "${own##*/}"
    same "the group of apm-logd" "$own" "$(group "$(processes apm-logd)")"
    all=$(for pid in $(processes probe); do group "$pid"; done)
    same "processes" 3 "$(echo "$all" | wc -l)"
    same "groups of their own" 3 "$(echo "$all" | sort -u | wc -l)"
    for one in $all; do
        case $one in
        "${own%/supervisor}"/workers/*) ;;
        *) fail "$one is not beside the daemon's group $own" ;;
        esac
    done
}

# Rows of the table in docs/PRIVILEGES.md under the header that begins so, without the bars.
documented() { # HEADER
    awk -F ' *[|] *' -v header="$1" '
        $2 == header { inside = 1; next }
        inside && !/^[|]/ { exit }
        inside && !/---/ { print $2 "|" $3 "|" $4 "|" $5 "|" $6 "|" $7 }' "$share/PRIVILEGES.md"
}

processes_are_as_documented() {
    as bob apm status >/dev/null
    apm run --no-wait --name connected --connector -- probe sleep
    eventually "apm-proxyd runs" counts 1 apm-proxyd
    documented process >/tmp/rows
    same "documented processes" "apm-master apm-logd apm-guid apm-proxyd worker" \
        "$(cut -d '|' -f 1 /tmp/rows | xargs)"
    while IFS='|' read -r process uid capabilities privileges seccomp network; do
        pid=$(processes "$process")
        [ "$process" != worker ] || pid=$(processes probe | head -n 1)
        same "$process, uid" "$uid $uid $uid $uid" "$(field Uid "$pid")"
        same "$process, capabilities" "$capabilities" "$(capabilities "$pid")"
        same "$process, no_new_privs" "$privileges" "$(field NoNewPrivs "$pid")"
        same "$process, seccomp" "$seccomp" "$(field Seccomp "$pid")"
        same "$process, network" "$network" "$(network "$pid")"
    done </tmp/rows
    same "groups of apm-logd" "" "$(field Groups "$(processes apm-logd)")"
    same "groups of apm-proxyd" "" "$(field Groups "$(processes apm-proxyd)")"
    apm remove connected
}

logd_limits_itself_as_documented() {
    pid=$(processes apm-logd)
    documented limit >/tmp/rows
    [ "$(wc -l </tmp/rows)" -ge 3 ] || fail "the table of limits was not found"
    while IFS='|' read -r limit value _; do
        found=$(sed -n "s/^$limit  *\([^ ]*\)  *\([^ ]*\).*/\1 \2/p" "/proc/$pid/limits")
        same "$limit" "$value $value" "$found"
    done </tmp/rows
}

double_fork_ends_whole() {
    apm run --name deep --kill-timeout 200 --startup-grace 50 -- probe double-fork
    eventually "the grandchild runs" counts 5 probe
    main=$(apm list --json | sed 's/.*"name":"deep"//; s/^[^}]*"pid":\([0-9]*\).*/\1/')
    folder=/sys/fs/cgroup$(group "$main")
    all=$(cat "$folder/cgroup.procs")
    same "processes in its group" 2 "$(echo "$all" | wc -l)"
    apm stop deep
    gone $all || fail "left after stop: $(ps_of $all)"
    [ ! -e "$folder" ] || fail "its group is left: $folder"
    same "processes of the other worker" 3 "$(count probe)"
}

dead_main_takes_its_tree_along() {
    apm start deep
    eventually "the grandchild runs" counts 5 probe
    main=$(apm list --json | sed 's/.*"name":"deep"//; s/^[^}]*"pid":\([0-9]*\).*/\1/')
    all=$(cat "/sys/fs/cgroup$(group "$main")/cgroup.procs")
    same "processes in its group" 2 "$(echo "$all" | wc -l)"
    kill -KILL "$main"
    eventually "all of it has ended" gone $all
    apm remove deep
}

stop_leaves_nothing() {
    apm stop three
    same "processes" 0 "$(count probe)"
    same "groups of instances" "" "$(groups | grep /workers/ || true)"
}

killed_daemon_is_replaced() {
    apm start three
    same "processes before" 3 "$(count probe)"
    old=$(cat /run/apm/apm.pid)
    before=$(processes probe)
    kill -KILL "$old"
    eventually "the killed daemon is gone" gone "$old"
    apm list
    new=$(cat /run/apm/apm.pid)
    [ "$new" != "$old" ] || fail "the pid file still says $old"
    same "running daemons" "$new" "$(processes apm-master)"
    eventually "the old workers have ended" gone $before
    eventually "there is one apm-logd" counts 1 apm-logd
    eventually "three run again, none twice" three_run
}

three_run() {
    [ "$(apm list --json | running_in)" = 3 ] && [ "$(count probe)" = 3 ]
}

end_leaves_nothing() {
    apm exit daemon
    eventually "its processes are gone" nothing_runs
    same "files in /run/apm" "" "$(ls -A /run/apm 2>/dev/null || true)"
    same "groups" "" "$(groups)"
}

check root_daemon_starts_at_its_place starts_at_its_place
check three_probes_run_in_groups_below_the_daemons runs_probes_in_groups
check processes_are_as_documented processes_are_as_documented
check logd_limits_itself_as_documented logd_limits_itself_as_documented
check double_fork_ends_whole double_fork_ends_whole
check dead_main_process_takes_its_tree_along dead_main_takes_its_tree_along
check stop_leaves_an_empty_tree stop_leaves_nothing
check killed_daemon_is_replaced killed_daemon_is_replaced
check end_leaves_nothing end_leaves_nothing
