# Workers that root's daemon runs as alice. Her account, her files and root's are
# changed here and put back.

hers=/home/alice
passwd_before=/tmp/passwd.before

probe_of() { # NAME: the pid of its first running instance
    apm list --json | sed "s/.*\"name\":\"$1\"//; s/^[^}]*\"pid\":\([0-9]*\).*/\1/"
}

worker_finds_her_identity() {
    groupadd -f -g 1500 crew
    usermod -aG crew alice
    cp /etc/passwd "$passwd_before"
    printf 'echo welcome\nPATH=/home/alice/bin:bin:$PATH\necho to the lab\n' >$hers/.profile
    chown alice: $hers/.profile
    printf '# of root alone\nexport FROM="a file"\nBOTH=file\n' >/root/hers.env
    chmod 600 /root/hers.env
    apm run --name shown --user alice --env-file /root/hers.env --env BOTH=set --path / \
        --log /root/shown.log --log-time-format '' --strip-ansi -- probe show
    eventually "it has shown" grep -q 'env USER' /root/shown.log
    for fact in 'uid 1001 1001 1001' 'gid 1001 1001 1001' 'groups 1001 1500' 'umask 0022' \
        'cwd /' 'CapEff 0000000000000000' 'CapPrm 0000000000000000' 'CapInh 0000000000000000' \
        'NoNewPrivs 0' 'ignored 0000000000000000' 'env HOME=/home/alice' 'env USER=alice' \
        'env LOGNAME=alice' 'env SHELL=/bin/sh' 'env FROM=a file' 'env BOTH=set'; do
        grep -qx "shown $fact" /root/shown.log || fail "no '$fact' in $(cat /root/shown.log)"
    done
    # Of /etc/profile and hers, without the folder that depends on where one stands.
    grep -q '^shown env PATH=/home/alice/bin:/usr/local/bin:' /root/shown.log ||
        fail "PATH is another one: $(grep PATH= /root/shown.log)"
    same "descriptors" 3 "$(grep -c '^shown fd ' /root/shown.log)"
    same "soft limit of files" 1024 "$(awk '$2 == "nofile" { print $3 }' /root/shown.log)"
    own=$(probe show | awk '$1 == "keyring" { print $2 }')
    theirs=$(awk '$2 == "keyring" { print $3 }' /root/shown.log)
    [ "$theirs" != "$own" ] || [ "$own" = -1 ] || fail "it has root's keyring $own"
    apm remove shown
}

refused() { # WORD COMMAND…: it fails, says the word in two lines, and no byte of the secret
    word=$1
    shift
    if "$@" >/tmp/said 2>&1; then fail "not refused: $*"; fi
    grep -q "$word" /tmp/said || fail "no '$word' in: $(cat /tmp/said)"
    same "lines of $*" 2 "$(wc -l </tmp/said)"
    if grep -q TOPSECRET /tmp/said /var/log/apm.log; then fail "the secret was shown"; fi
}

her_links_lead_root_nowhere() {
    echo 'TOPSECRET=1' >/root/secret
    chmod 600 /root/secret
    ln -s /root/secret $hers/env
    ln -s /root/secret $hers/log
    ln -s /root $hers/folder
    cp /usr/local/bin/probe $hers/program
    chown -h alice: $hers/env $hers/log $hers/folder $hers/program
    refused 'others can change' apm run --name evil --env-file $hers/env -- probe sleep
    refused 'Permission denied' apm run --name evil --user alice --env-file $hers/env -- probe sleep
    refused 'can be changed by somebody else' apm run --name evil --log $hers/log -- probe sleep
    refused 'others can change' apm run --name evil --path $hers/folder -- probe sleep
    refused 'user alice' apm run --name evil --path $hers -- probe sleep
    refused 'user alice' apm run --name evil -- $hers/program sleep
    same "the secret" 'TOPSECRET=1' "$(cat /root/secret)"
    same "workers" '[]' "$(apm list --json)"
    rm $hers/env $hers/log $hers/folder $hers/program /root/secret
}

a_hanging_profile_costs_three_seconds() {
    echo 'sleep 1000' >$hers/.profile
    apm run --name slow --user alice --path / --startup-grace 50 -- probe sleep >/tmp/slow 2>&1 &
    runs=$!
    eventually "her shell hangs" counts 1 sleep 1001
    begun=$(date +%s%N)
    apm list >/dev/null
    [ $(($(date +%s%N) - begun)) -lt 2000000000 ] || fail "list waited for her shell"
    wait $runs || fail "$(cat /tmp/slow) $(tail -n 5 /var/log/apm.log)"
    pid=$(probe_of slow)
    same "its user" "1001 1001 1001 1001" "$(field Uid "$pid")"
    tr '\0' '\n' <"/proc/$pid/environ" | grep -qx 'PATH=/usr/local/bin:/usr/bin:/bin' ||
        fail "it has another PATH"
    grep -q 'did not tell its PATH in time' /var/log/apm.log || fail "nobody was told"
    eventually "her shell is gone, with what it started" counts 0 sleep 1001
}

a_stop_cancels_a_start_that_waits_for_her_shell() {
    apm restart slow >/tmp/slow 2>&1 &
    restarts=$!
    eventually "her shell hangs" counts 1 sleep 1001
    apm stop slow
    code=0
    wait $restarts || code=$?
    same "exit of the restart" 1 "$code"
    grep -q 'another command changed it' /tmp/slow || fail "$(cat /tmp/slow)"
    same "her probes" 0 "$(count probe 1001)"
    rm $hers/.profile
    apm start slow
    same "her probes" 1 "$(count probe 1001)"
}

a_changed_account_is_refused() {
    pid=$(probe_of slow)
    sed -i 's/^alice:x:1001:/alice:x:1005:/' /etc/passwd
    refused 'the account alice is uid 1005 now, it was 1001 when slow was defined' \
        apm restart slow
    sed -i '/^alice:/d' /etc/passwd
    refused 'no account alice any more' apm restart slow
    same "what runs" "$pid" "$(probe_of slow)"
}

a_new_daemon_starts_nothing_for_it() {
    old=$(cat /run/apm/apm.pid)
    kill -KILL "$old"
    eventually "the killed daemon is gone" gone "$old"
    apm list >/dev/null
    eventually "it is told" grep -q 'slow is not started again: there is no account' /var/log/apm.log
    eventually "her probe has ended" counts 0 probe
    apm list --json | grep -q '"name":"slow","state":"stopped"' || fail "$(apm list --json)"
    cp "$passwd_before" /etc/passwd
    apm start slow
    same "her probes" 1 "$(count probe 1001)"
    apm remove slow
    eventually "no agent is left" counts 0 apm-agent
}

check worker_of_alice_finds_her_identity worker_finds_her_identity
check links_of_alice_lead_root_nowhere her_links_lead_root_nowhere
check hanging_profile_costs_three_seconds a_hanging_profile_costs_three_seconds
check stop_cancels_a_waiting_start a_stop_cancels_a_start_that_waits_for_her_shell
check changed_account_is_refused a_changed_account_is_refused
check new_daemon_looks_again a_new_daemon_starts_nothing_for_it
check end_leaves_nothing_once_more end_leaves_nothing
cp "$passwd_before" /etc/passwd
rm -f $hers/.profile
groupdel crew
