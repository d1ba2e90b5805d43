# Users and their own daemons, beside root's.

user_gets_a_daemon() {
    # The folder's own mode is to keep others out, not that of the one above it.
    chmod 755 /home/alice /home/bob
    as alice apm run --name hers --startup-grace 50 -- probe sleep
    same "~/.apm" "700 alice directory" "$(stat -c '%a %U %F' /home/alice/.apm)"
    same "her log" "alice regular file" "$(stat -c '%U %F' /home/alice/.apm/apm.log)"
    for name in apm-master apm-logd probe; do
        eventually "her $name runs" counts 1 "$name" 1001
        pid=$(processes "$name" 1001)
        same "$name, groups of users" "1001" "$(id_groups "$pid")"
        same "$name, capabilities" none "$(capabilities "$pid")"
        same "$name, network" "the host's" "$(network "$pid")"
    done
    pid=$(processes apm-logd 1001)
    same "apm-logd, no_new_privs" 1 "$(field NoNewPrivs "$pid")"
    same "apm-logd, seccomp" 2 "$(field Seccomp "$pid")"
    same "daemons of root" 1 "$(count apm-master 0)"
    same "running, as she sees it" 1 "$(as alice apm list --json | running_in)"
}

id_groups() { # PID: all groups it belongs to
    { field Gid "$1"; field Groups "$1"; } | tr ' ' '\n' | grep . | sort -u | xargs
}

closed_to() { # USER FOLDER
    same "exit of list" 77 "$(status_of as "$1" env APM_HOME="$2" apm list)"
    same "exit of run" 77 "$(status_of \
        as "$1" env APM_HOME="$2" apm run --name evil -- probe sleep)"
    if as "$1" ls "$2"; then fail "$1 can look into $2"; fi
}

strangers_changed_nothing() {
    same "probes of root" 0 "$(count probe 0)"
    same "probes of alice" 1 "$(count probe 1001)"
    same "processes of bob" "" "$(processes probe 1002)$(processes apm-master 1002)"
}

root_is_told_to_be_her() {
    same "exit of list" 77 "$(status_of env APM_HOME=/home/alice/.apm apm list)"
}

user_ends_her_daemon() {
    as alice apm stop hers
    same "her probes" 0 "$(count probe 1001)"
    as alice apm exit daemon
    eventually "her processes are gone" counts 0 apm-master 1001
    eventually "her apm-logd is gone" counts 0 apm-logd 1001
    same "daemons of root" 1 "$(count apm-master 0)"
}

delegated_user_ends_whole_trees() {
    cat >/tmp/hers.sh <<'END'
apm run --name deep --kill-timeout 200 --startup-grace 50 -- probe double-fork
apm info deep --json | grep -q '"ends_whole_tree":true'
apm stop deep
END
    cat >/run/systemd/system/hers.service <<END
[Service]
Type=oneshot
User=alice
Delegate=yes
KillMode=process
Environment=PATH=$PATH
ExecStart=sh -e /tmp/hers.sh
StandardOutput=append:/tmp/hers.said
StandardError=append:/tmp/hers.said
END
    systemctl daemon-reload
    if ! systemctl start hers.service; then fail "$(cat /tmp/hers.said)"; fi
    same "her probes" 0 "$(count probe 1001)"
    as alice apm exit daemon
}

check root_daemon_starts_again starts_at_its_place
check alice_gets_a_daemon_of_her_own user_gets_a_daemon
check alice_cannot_use_roots_daemon closed_to alice /run/apm
check bob_cannot_enter_alices_daemon closed_to bob /home/alice/.apm
check strangers_changed_nothing strangers_changed_nothing
check root_is_told_to_be_alice root_is_told_to_be_her
check alice_ends_her_daemon user_ends_her_daemon
check alice_with_a_group_of_her_own_ends_trees delegated_user_ends_whole_trees
check end_leaves_nothing_again end_leaves_nothing
