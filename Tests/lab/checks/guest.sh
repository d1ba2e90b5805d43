# The guest itself, and the executables in it.

guest_is_what_it_says() {
    same "process 1" systemd "$(cat /proc/1/comm)"
    same "kinds of control groups" cgroup2 "$(awk '/cgroup/ { print $3 }' /proc/mounts)"
    same controllers "cpu io memory pids" "$(cat /sys/fs/cgroup/cgroup.controllers)"
    same "alice and bob" "1001 1002" "$(id -u alice) $(id -u bob)"
    for program in python3 sudo; do
        if command -v "$program"; then fail "the guest has $program, which users may lack"; fi
    done
}

install_it() {
    mkdir -p "$installed"
    install "$share/apm-master" "$share/apm-logd" "$share/apm-agent" \
        "$share/apm-guid" "$share/apm-proxyd" "$installed/"
    install "$share/apm" "$share/probe" /usr/local/bin/
}

check guest_is_what_it_says guest_is_what_it_says
check it_can_be_installed install_it
