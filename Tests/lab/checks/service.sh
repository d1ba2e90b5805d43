# The daemon as a service of systemd, killed and hung in every way. Whatever
# happens, there is one copy of each worker afterwards.

unit=apm.service

shown() { # PROPERTY
    systemctl show -p "$1" --value "$unit"
}

shows() { # PROPERTY VALUE
    [ "$(shown "$1")" = "$2" ]
}

service_starts() {
    cp "$share/apm.service" /etc/systemd/system/
    mkdir -p /run/systemd/system/apm.service.d
    # The watchdog of the shipped unit is given more time than a check should take.
    printf '[Service]\nWatchdogSec=3s\n' >/run/systemd/system/apm.service.d/watchdog.conf
    systemctl daemon-reload
    if ! systemctl start "$unit"; then
        fail "$(systemctl status "$unit"; cat /var/log/apm.log)"
    fi
    same "its state" "active/running" "$(shown ActiveState)/$(shown SubState)"
    same "its main process" "$(cat /run/apm/apm.pid)" "$(shown MainPID)"
    apm status
    eventually "it says that there is nothing" shows StatusText "no worker is defined"
}

service_tells_its_status() {
    apm run --name two --instances 2 --restart-err --err-delay 0 --startup-grace 50 -- probe sleep
    eventually "it says what runs" shows StatusText "2 of 2 instances are running"
    same "running daemons" "$(shown MainPID)" "$(processes apm-master)"
}

workers_are_in_the_units_group() {
    own=$(shown ControlGroup)
    for pid in $(processes probe) $(processes apm-logd); do
        case $(group "$pid") in
        "$own"/*) ;;
        *) fail "$(group "$pid") is not below the unit's group $own" ;;
        esac
    done
}

two_run() {
    [ "$(apm list --json | running_in)" = 2 ] && counts 2 probe && counts 1 apm-master
}

# Kills the daemon; waits until the service manager has started another.
kill_service() {
    old=$(shown MainPID)
    kill -KILL "$old"
    eventually "systemd has started another one" is_other "$old"
}

is_other() { # PID
    [ "$(shown ActiveState)/$(shown SubState)" = active/running ] && [ "$(shown MainPID)" != "$1" ]
}

killed_service_is_restarted() {
    before=$(processes probe)
    kill_service
    eventually "two run again, none of them twice" two_run
    gone $before || fail "an old worker still runs"
    grep -q 'a daemon died here' /var/log/apm.log
}

killed_twice_in_a_row() {
    kill_service
    kill_service
    eventually "two run again, none of them twice" two_run
}

# The state of the first daemon may not be noted yet: then nothing runs, but never two.
killed_during_a_restart() {
    for turn in 1 2 3; do
        apm restart --no-wait two
        kill_service
        eventually "two run again, none of them twice" two_run
    done
}

killed_under_load() {
    # A shell that is told from others by its name.
    cp /bin/sh /usr/local/bin/talker
    apm run --name talker --startup-grace 50 -- talker -c 'while :; do echo line; sleep 0.02; done'
    for turn in 1 2; do
        for more in 1 2 3 4; do apm list >/dev/null & done
        kill_service
        wait
    done
    eventually "two run again, none of them twice" two_run
    eventually "the talker runs once" counts 1 talker
    apm remove talker
}

killed_logger_is_replaced() {
    before=$(processes probe)
    old=$(processes apm-logd)
    kill -KILL "$old"
    eventually "another apm-logd runs" is_another_logger "$old"
    same "workers" "$before" "$(processes probe)"
    apm run --name says --startup-grace 50 -- sh -c 'echo still heard; exec sleep 1000'
    eventually "its lines arrive" says_it
    apm remove says
}

is_another_logger() { # PID
    now=$(processes apm-logd)
    [ -n "$now" ] && [ "$now" != "$1" ]
}

says_it() {
    apm log says -n 5 | grep -q 'still heard'
}

hung_service_is_restarted() {
    old=$(shown MainPID)
    kill -STOP "$old"
    eventually "systemd has ended it and started another" is_other "$old"
    eventually "two run again, none of them twice" two_run
}

ended_service_is_not_restarted() {
    apm exit daemon
    eventually "it is inactive" shows ActiveState inactive
    eventually "its processes are gone" nothing_runs
}

service_stops() {
    systemctl start "$unit"
    apm run --name deep --startup-grace 50 -- probe double-fork
    eventually "the grandchild runs" counts 2 probe
    folder=/sys/fs/cgroup$(shown ControlGroup)
    systemctl stop "$unit"
    same "result" success "$(shown Result)"
    eventually "its processes are gone" nothing_runs
    [ ! -e "$folder" ] || fail "its group is left: $(find "$folder" -type d)"
    same "files in /run/apm" "" "$(ls -A /run/apm 2>/dev/null || true)"
}

check systemd_starts_it service_starts
check systemd_shows_its_status service_tells_its_status
check workers_are_in_the_units_group workers_are_in_the_units_group
check killed_service_is_restarted killed_service_is_restarted
check killed_service_twice_in_a_row killed_twice_in_a_row
check killed_service_during_a_restart killed_during_a_restart
check killed_service_under_load killed_under_load
check killed_logger_is_replaced killed_logger_is_replaced
check hung_service_is_restarted hung_service_is_restarted
check ended_service_is_not_restarted ended_service_is_not_restarted
check systemd_stops_it service_stops
