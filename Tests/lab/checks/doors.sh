# The two doors of root's daemon: alice is in the group that it lets in, bob is not, and uid 0 of
# another namespace is nobody.

member_gets_in() {
    groupadd -g 1600 apm
    usermod -aG apm alice
    apm start
    eventually "the group is let in" open_to_group
    same "/run/apm" "710 root apm directory" "$(stat -c '%a %U %G %F' /run/apm)"
    if as alice ls /run/apm; then fail "she can list the folder"; fi
    apm run --name roots --env KEY=TOPSECRET --startup-grace 50 -- probe sleep
    if as alice cat /run/apm/state; then fail "she can read the state"; fi
    same "running, as she sees it" 1 "$(as alice apm list --json | running_in)"
    same "daemons of hers" 0 "$(count apm-master 1001)"
}

open_to_group() {
    [ "$(stat -c '%a %U %G %F' /run/apm/control)" = "660 root apm socket" ] &&
        [ "$(stat -c %a /run/apm)" = 710 ]
}

refused_to() { # USER WORD COMMAND…: exit 77, and the word
    user=$1 word=$2
    shift 2
    code=0
    as "$user" "$@" >/tmp/said 2>&1 || code=$?
    same "exit of $user's $*" 77 "$code"
    grep -q "$word" /tmp/said || fail "no '$word' in: $(cat /tmp/said)"
}

stranger_looks() {
    same "running, as he sees it" 1 "$(as bob apm list --json 2>/dev/null | running_in)"
    as bob apm info roots >/tmp/said
    as bob apm info roots --json >>/tmp/said
    for words in status -v monitor 'wait roots' "__complete bash stop r"; do
        as bob apm $words >>/tmp/said
    done
    grep -qx 'roots: 1 instance running' /tmp/said || fail "he cannot wait: $(cat /tmp/said)"
    grep -qx roots /tmp/said || fail "no names for his shell: $(cat /tmp/said)"
    grep -q 'seen from outside' /tmp/said || fail "$(cat /tmp/said)"
    if grep -q -e TOPSECRET -e /probe -e KEY /tmp/said; then fail "a secret: $(cat /tmp/said)"; fi
    same "daemons of his" 0 "$(count apm-master 1002)"
}

stranger_does_not_act() {
    before=$(processes probe)
    for words in 'start roots' 'stop roots' 'restart roots' 'remove roots' 'log roots' \
        'exit daemon' 'run --name evil -- probe sleep' 'SIGKILL roots' stopall 'rename roots x' \
        'copy roots x' 'env roots' 'update roots --prefix x' events; do
        refused_to bob 'may not use' apm --system $words
    done
    same "probes" "$before" "$(processes probe)"
}

member_operates() {
    as alice apm stop roots
    same "probes" 0 "$(count probe)"
    as alice apm start roots
    same "probes of root" 1 "$(count probe 0)"
    as alice apm info roots >/tmp/said
    grep -q KEY /tmp/said || fail "she does not see the variable's name"
    if grep -q TOPSECRET /tmp/said; then fail "she sees its value"; fi
    as alice apm restart roots
    as alice apm SIGWINCH roots
    as alice apm wait roots
    as alice apm log roots >/dev/null
    for words in 'remove roots' 'rename roots x' 'copy roots x' 'env roots' \
        'update roots --prefix x'; do
        refused_to alice 'belongs to uid 0' apm $words
    done
    if grep -q TOPSECRET /tmp/said; then fail "she is told its value"; fi
    refused_to alice 'does not let you' apm exit daemon
}

member_defines_for_herself() {
    as alice apm run --name hers --env OWN=VALUE --path / --log /home/alice/hers.log \
        --startup-grace 50 -- probe sleep
    pid=$(processes probe 1001)
    same "probes of hers" 1 "$(count probe 1001)"
    same "its groups" "1001 1600" "$(id_groups "$pid")"
    same "its capabilities" none "$(capabilities "$pid")"
    tr '\0' '\n' <"/proc/$pid/environ" | grep -qx HOME=/home/alice || fail "another HOME"
    same "its log" alice "$(stat -c %U /home/alice/hers.log)"
    as alice apm info hers | grep -q OWN=VALUE || fail "she does not see her own value"
    as alice apm env hers | grep -qx OWN=VALUE || fail "she does not see its environment"
    as alice apm update hers --prefix mine
    as alice apm copy hers other
    as alice apm rename other another
    same "probes of hers" 2 "$(count probe 1001)"
    as alice apm remove another
    refused_to alice 'as bob' apm update hers --user bob
    refused_to alice 'as bob' apm run --name evil --user bob --path / -- probe sleep
    refused_to alice 'as root' apm run --name evil --user root --path / -- probe sleep
    if as alice apm run --name evil --log /root/evil.log --path / -- probe sleep; then
        fail "a log where she may not write"
    fi
    same "probes" "1 1" "$(count probe 0) $(count probe 1001)"
}

# Her own files define what runs as her; root's are root's to load, and hers to have read again.
member_loads_for_herself() {
    printf 'worker %s { exec %s; params sleep; path /; startup_grace 50; }\n' \
        filed "$(command -v probe)" >/home/alice/hers.conf
    chown alice: /home/alice/hers.conf
    as alice apm load /home/alice/hers.conf
    same "probes of hers" 2 "$(count probe 1001)"
    as alice apm reload /home/alice/hers.conf --force
    as alice apm info filed | grep -q 'from /home/alice/hers.conf:1' || fail "not from her file"
    printf 'worker %s { exec %s; params sleep; path /; startup_grace 50; }\n' \
        rooted "$(command -v probe)" >/root/roots.conf
    apm load /root/roots.conf
    refused_to alice 'cannot be read' apm load /root/roots.conf
    refused_to alice 'does not let you' apm boot
    if as alice apm unload /root/roots.conf 2>/tmp/said; then fail "she unloads root's"; fi
    grep -q 'belongs to uid 0' /tmp/said || fail "$(cat /tmp/said)"
    as alice apm reload rooted
    same "probes" "2 2" "$(count probe 0) $(count probe 1001)"
    as alice apm unload /home/alice/hers.conf
    apm unload /root/roots.conf
    same "probes" "1 1" "$(count probe 0) $(count probe 1001)"
}

# Root watches and follows first; then she takes more places than anybody may have.
member_does_not_crowd_root_out() {
    trap 'kill $roots $(processes apm 1001) 2>/dev/null' EXIT
    apm events >/tmp/events 2>&1 &
    roots=$!
    apm log -f roots >/dev/null 2>&1 &
    roots="$roots $!"
    for turn in $(seq 40); do as alice apm events >/dev/null 2>&1 & done
    eventually "32 of hers are left" counts 32 apm 1001
    apm list >/dev/null
    kill $(processes apm 1001)
    eventually "hers are gone" counts 0 apm 1001
    for turn in $(seq 20); do as alice apm log -f roots >/dev/null 2>&1 & done
    eventually "16 of hers are left" counts 16 apm 1001
    kill $(processes apm 1001)
    for pid in $roots; do if gone "$pid"; then fail "root was crowded out"; fi; done
    apm restart roots
    eventually "root is told" grep -q started /tmp/events
}

member_stops_all() {
    as alice apm stopall
    same "probes" 0 "$(count probe)"
    apm start roots
    as alice apm start hers
    same "probes" "1 1" "$(count probe 0) $(count probe 1001)"
}

new_daemon_runs_hers_as_her() {
    old=$(cat /run/apm/apm.pid)
    kill -KILL "$old"
    eventually "the killed daemon is gone" gone "$old"
    apm list >/dev/null
    eventually "hers runs again" counts 1 probe 1001
    eventually "root's runs again" counts 1 probe 0
    eventually "the group is let in again" open_to_group
    as alice apm remove hers
    same "probes of hers" 0 "$(count probe 1001)"
}

other_namespaces_are_strangers() {
    before=$(processes probe)
    # Root's own uid, where the folder is another one.
    unshare --mount sh -ec 'mount -t tmpfs -o mode=755 none /run/apm
        apm --system list --json; apm --system stop roots' >/tmp/said 2>&1 && fail "it acted"
    grep -q '"name":"roots"' /tmp/said || fail "it could not look: $(cat /tmp/said)"
    # uid 0 of bob's.
    code=0
    as bob unshare --user --map-root-user apm --system stop roots >/tmp/said 2>&1 || code=$?
    same "exit in a user namespace" 77 "$code"
    # As a sandboxed service.
    for words in list:0 'stop roots:77'; do
        code=0
        (cd / && HOME=/ setpriv --reuid www-data --regid www-data --clear-groups --no-new-privs \
            apm --system ${words%:*}) >/tmp/said 2>&1 || code=$?
        same "exit of www-data's $words: $(cat /tmp/said)" "${words#*:}" "$code"
    done
    same "probes" "$before" "$(processes probe)"
}

list_tells_of_the_other_daemon() {
    as alice apm --user run --name own --startup-grace 50 -- probe sleep
    as bob apm run --name his --startup-grace 50 -- probe sleep
    # In 50 ms, which this machine may need to start an apm-guid.
    eventually "of hers" notes 'a daemon of your own has 1 worker' alice apm list
    eventually "of the system's" notes "the system's daemon has 1 worker" alice apm list --user
    eventually "of the system's" notes "the system's daemon has 1 worker" bob apm list
    as alice apm --user exit daemon
    as bob apm exit daemon
}

notes() { # TEXT USER COMMAND…: said beside the answer
    text=$1
    shift
    as "$@" 2>&1 >/dev/null | grep -qF "$text"
}

killed_guid_is_replaced() {
    as bob apm status
    old=$(processes apm-guid 64903)
    kill -KILL "$old"
    as bob apm status
    eventually "another one runs" is_another_guid "$old"
    same "probes of root" 1 "$(count probe 0)"
}

is_another_guid() { # PID
    now=$(processes apm-guid 64903)
    [ -n "$now" ] && [ "$now" != "$1" ]
}

# The main configuration lets another group in and everybody operate; then it takes both back.
file_says_who_operates() {
    groupadd -g 1601 operators
    usermod -aG operators bob
    mkdir -p /etc/apm
    echo 'daemon { allow_group operators; operate everyone; }' >/etc/apm/apm.conf
    apm boot
    eventually "the other group is let in" door_of_group operators
    as bob apm restart roots
    # She is a stranger now, and strangers may do this and no more.
    as alice apm --system restart roots
    for words in 'remove roots' 'env roots' 'log roots' stopall 'exit daemon'; do
        refused_to alice 'may not use' apm --system $words
    done
    code=0
    as alice apm --system start none >/tmp/said 2>&1 || code=$?
    same "exit for what is not there" 4 "$code"
    echo 'daemon { allow_group operators; }' >/etc/apm/apm.conf
    apm boot
    refused_to alice 'may not use' apm --system restart roots
    echo 'daemon { }' >/etc/apm/apm.conf
    apm boot
    eventually "the usual group is let in again" door_of_group apm
    as alice apm restart roots
    refused_to bob 'may not use' apm --system restart roots
    same "probes of root" 1 "$(count probe 0)"
    rm -rf /etc/apm
    groupdel operators
}

door_of_group() { [ "$(stat -c '%a %U %G' /run/apm/control)" = "660 root $1" ]; }

check member_of_the_group_gets_in member_gets_in
check stranger_looks stranger_looks
check stranger_does_not_act stranger_does_not_act
check member_operates member_operates
check member_defines_for_herself member_defines_for_herself
check member_loads_for_herself member_loads_for_herself
check member_stops_all member_stops_all
check member_does_not_crowd_root_out member_does_not_crowd_root_out
check new_daemon_runs_hers_as_her new_daemon_runs_hers_as_her
check other_namespaces_are_strangers other_namespaces_are_strangers
check list_tells_of_the_other_daemon list_tells_of_the_other_daemon
check killed_guid_is_replaced killed_guid_is_replaced
check file_says_who_operates file_says_who_operates
check end_leaves_nothing_at_the_doors end_leaves_nothing
groupdel apm
