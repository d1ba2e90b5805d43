// Children, from clone to exec. Only raw system calls run in a child: no allocation, no locks.

#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <sched.h>
#include <string.h>
#include <sys/syscall.h>

#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif
#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif

pid_t apm_clone_child(int group_fd, int *pidfd) {
    struct clone_args arguments;
    memset(&arguments, 0, sizeof arguments);
    arguments.flags = CLONE_PIDFD | CLONE_CLEAR_SIGHAND;
    arguments.pidfd = (uint64_t)(uintptr_t)pidfd;
    arguments.exit_signal = SIGCHLD;
    if (group_fd >= 0) {
        arguments.flags |= CLONE_INTO_CGROUP;
        arguments.cgroup = (uint64_t)group_fd;
    }
    long pid = syscall(SYS_clone3, &arguments, sizeof arguments);
    return pid < 0 ? -errno : (pid_t)pid;
}

static void __attribute__((noreturn)) tell(int report_fd, int step, int value) {
    struct apm_spawn_report report = {step, value};
    ssize_t written = write(report_fd, &report, sizeof report);
    (void)written;
    _exit(127);
}

static void __attribute__((noreturn)) fail(int report_fd, int step) {
    tell(report_fd, step, errno);
}

void apm_raise_permitted(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) != 0) return;
    data[0].effective = data[0].permitted;
    data[1].effective = data[1].permitted;
    syscall(SYS_capset, &header, data);
}

int apm_become(uid_t uid, gid_t gid, const gid_t *groups, size_t count) {
    if (syscall(SYS_setgroups, count, groups) < 0) return -1;
    if (syscall(SYS_setresgid, gid, gid, gid) < 0) return -1;
    if (syscall(SYS_setresuid, uid, uid, uid) < 0) return -1;
    if (uid == 0) return 0;
    // The change of uid leaves what can be inherited.
    int result = apm_drop_capabilities();
    errno = -result;
    return result < 0 ? -1 : 0;
}

void apm_close_all_but(const int *kept, int count) {
    for (int number = 3; number <= INT_MAX - 1;) {
        int next = INT_MAX;
        bool is_kept = false;
        for (int index = 0; index < count; index++) {
            if (kept[index] == number) is_kept = true;
            else if (kept[index] > number && kept[index] < next) next = kept[index];
        }
        int first = is_kept ? number + 1 : number;
        if (first < next) syscall(SYS_close_range, first, next == INT_MAX ? ~0U : next - 1U, 0);
        if (next == INT_MAX) return;
        number = next;
    }
}

/// CLONE_CLEAR_SIGHAND leaves ignored signals ignored, and exec keeps them so.
static void default_signals(void) {
    struct {
        void *handler;
        unsigned long flags;
        void *restorer;
        uint64_t mask;
    } action = {SIG_DFL, 0, NULL, 0};
    for (int number = 1; number <= 64; number++) {
        if (number != SIGKILL && number != SIGSTOP)
            syscall(SYS_rt_sigaction, number, &action, NULL, 8);
    }
}

/// The child keeps 0, 1, 2 and 3 as the plan says, its report pipe and its executable, and nothing
/// else of what it was copied from: no lock, listener or client may live on in it. First all go
/// above their places, then down, so that none is overwritten before it was used.
enum { REPORT_PLACE = 4, EXECUTABLE_PLACE = 5, PLACES = 6 };

static int keep_descriptors(const struct apm_spawn_plan *plan) {
    int wanted[PLACES] = {
        plan->descriptors[0], plan->descriptors[1], plan->descriptors[2],
        plan->descriptors[3], plan->report_fd,      plan->exec_fd,
    };
    int lifted[PLACES];
    for (int place = 0; place < PLACES; place++) {
        lifted[place] = wanted[place] < 0 ? -1 : fcntl(wanted[place], F_DUPFD_CLOEXEC, PLACES);
        if (wanted[place] >= 0 && lifted[place] < 0) return -1;
    }
    for (int place = 0; place < PLACES; place++) {
        if (lifted[place] < 0) close(place);
        else if (dup3(lifted[place], place, place < REPORT_PLACE ? 0 : O_CLOEXEC) < 0) return -1;
    }
    return (int)syscall(SYS_close_range, PLACES, ~0U, 0);
}

/// What root executes must be root's: an executable that somebody else could change ends the child.
static void execute_path(const struct apm_spawn_plan *plan, const char *path) {
    if (plan->roots_alone) {
        struct apm_walk walk;
        struct stat entry;
        int folder = apm_walk_as_root(path, &walk);
        if (folder < 0 && walk.unsafe)
            tell(REPORT_PLACE, APM_STEP_EXEC_UNSAFE, (int)walk.owner);
        if (folder < 0) return;
        int file = openat(folder, walk.name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (file < 0 || fstat(file, &entry) != 0) return;
        if (S_ISREG(entry.st_mode) && !apm_is_roots_alone(file, &walk.owner))
            tell(REPORT_PLACE, APM_STEP_EXEC_UNSAFE, (int)walk.owner);
    }
    execve(path, plan->arguments, plan->environment);
}

static void execute(const struct apm_spawn_plan *plan) {
    if (plan->exec_fd >= 0) {
        syscall(SYS_execveat, EXECUTABLE_PLACE, "", plan->arguments, plan->environment,
                AT_EMPTY_PATH);
        return;
    }
    if (strchr(plan->exec, '/')) {
        execute_path(plan, plan->exec);
        return;
    }
    // As execvpe(3): the first folder that has it wins, EACCES is remembered, the rest is skipped.
    char candidate[4096 + 256];
    size_t name = strlen(plan->exec);
    int remembered = ENOENT;
    for (const char *folder = plan->search; folder && *folder;) {
        size_t length = strcspn(folder, ":");
        if (length > 0 && folder[0] == '/' && length + name + 2 <= sizeof candidate) {
            memcpy(candidate, folder, length);
            candidate[length] = '/';
            memcpy(candidate + length + 1, plan->exec, name + 1);
            // A folder that does not have it need not be safe.
            if (access(candidate, F_OK) == 0) execute_path(plan, candidate);
            if (errno == EACCES) remembered = EACCES;
            else if (errno != ENOENT && errno != ENOTDIR) return;
        }
        folder += length;
        if (*folder == ':') folder++;
    }
    errno = remembered;
}

static void enter(const struct apm_spawn_plan *plan) {
    if (!plan->directory) return;
    if (!plan->roots_alone) {
        if (chdir(plan->directory) < 0) fail(REPORT_PLACE, APM_STEP_PATH);
        return;
    }
    static char inside[4096 + 3];
    size_t length = strlen(plan->directory);
    if (length > 4096) {
        errno = ENAMETOOLONG;
        fail(REPORT_PLACE, APM_STEP_PATH);
    }
    // With its last part the folder itself is looked at, too.
    memcpy(inside, plan->directory, length);
    memcpy(inside + length, "/.", 3);
    struct apm_walk walk;
    int folder = apm_walk_as_root(inside, &walk);
    if (folder < 0 && walk.unsafe) tell(REPORT_PLACE, APM_STEP_PATH_UNSAFE, (int)walk.owner);
    if (folder < 0 || fchdir(folder) < 0) fail(REPORT_PLACE, APM_STEP_PATH);
    close(folder);
}

static void limit(const struct apm_spawn_plan *plan) {
    struct rlimit limit;
    if (plan->open_files == 0 || getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    if (plan->open_files >= limit.rlim_cur) return;
    limit.rlim_cur = plan->open_files;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) fail(REPORT_PLACE, APM_STEP_SESSION);
}

static void __attribute__((noreturn)) run_child(const struct apm_spawn_plan *plan) {
    if (keep_descriptors(plan) < 0) fail(plan->report_fd, APM_STEP_DESCRIPTORS);
    const int report = REPORT_PLACE;
    apm_raise_permitted();
    if (syscall(SYS_setsid) < 0) fail(report, APM_STEP_SESSION);
    // Root's session keyring must not be a worker's. Kernels without keyrings have nothing to hide.
    if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS
        && errno != EPERM && errno != EDQUOT)
        fail(report, APM_STEP_SESSION);
    default_signals();
    umask(022);
    limit(plan);
    // Best effort: without the right to it, seccomp alone keeps the helper off the network.
    if (plan->empty_network) (void)unshare(CLONE_NEWNET);
    // Best effort, too: what the child starts ends with the first process that it starts.
    if (plan->own_processes) (void)unshare(CLONE_NEWPID);
    if (plan->changes_identity
        && apm_become(plan->uid, plan->gid, plan->groups, plan->group_count) < 0)
        fail(report, APM_STEP_IDENTITY);
    // A change of uid clears it.
    if (plan->dies_with_parent) (void)apm_die_with_parent(0);
    enter(plan);
    uint64_t none = 0;
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, 8);
    if (plan->waits_for_word) {
        char word;
        ssize_t count;
        do count = read(report, &word, 1);
        while (count < 0 && errno == EINTR);
        if (count != 1) _exit(127);
    }
    execute(plan);
    fail(report, APM_STEP_EXEC);
}

pid_t apm_spawn(const struct apm_spawn_plan *plan, int *pidfd) {
    pid_t pid = apm_clone_child(plan->group_fd, pidfd);
    if (pid == 0) run_child(plan);
    return pid;
}
