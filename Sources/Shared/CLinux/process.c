// What a process does to itself and to its children, beside starting them.

#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <time.h>

#ifndef CGROUP2_SUPER_MAGIC
#define CGROUP2_SUPER_MAGIC 0x63677270
#endif

static int negative_errno(long result) { return result < 0 ? -errno : (int)result; }

pid_t apm_ended_child(void) {
    siginfo_t information;
    memset(&information, 0, sizeof information);
    if (waitid(P_ALL, 0, &information, WEXITED | WNOHANG | WNOWAIT) != 0)
        return errno == ECHILD ? 0 : -errno;
    return information.si_pid;
}

int apm_reap_child(pid_t pid, int *code, int *status) {
    siginfo_t information;
    memset(&information, 0, sizeof information);
    if (waitid(P_PID, (id_t)pid, &information, WEXITED | WNOHANG) != 0) return -errno;
    if (information.si_pid == 0) return 0;
    *code = information.si_code;
    *status = information.si_status;
    return 1;
}

int apm_pipe(int ends[2]) { return negative_errno(pipe2(ends, O_CLOEXEC)); }

int apm_pidfd_open(pid_t pid) { return negative_errno(syscall(SYS_pidfd_open, pid, 0)); }

int apm_pidfd_signal(int pidfd, int signal) {
    return negative_errno(syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0));
}

int apm_memfd(const char *name, bool executable) {
    unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING | (executable ? 0 : 8U /* NOEXEC_SEAL */);
    int descriptor = memfd_create(name, flags);
    // MFD_NOEXEC_SEAL came with Linux 6.3.
    if (descriptor < 0 && errno == EINVAL)
        descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    return negative_errno(descriptor);
}

int apm_raise_open_files(uint64_t *before) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return -errno;
    *before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    return negative_errno(setrlimit(RLIMIT_NOFILE, &limit));
}

int apm_limit(int resource, uint64_t value) {
    struct rlimit limit = {value, value};
    return negative_errno(setrlimit((__rlimit_resource_t)resource, &limit));
}

int apm_close_inherited(void) { return negative_errno(syscall(SYS_close_range, 3, ~0U, 0)); }

int apm_undumpable(void) { return negative_errno(prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)); }

int apm_fill_standard(void) {
    int descriptor;
    do descriptor = open("/dev/null", O_RDWR);
    while (descriptor >= 0 && descriptor <= 2);
    if (descriptor < 0) return -errno;
    return negative_errno(close(descriptor));
}

int apm_drop_capabilities(void) {
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return -errno;
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2];
    memset(none, 0, sizeof none);
    return negative_errno(syscall(SYS_capset, &header, none));
}

int apm_no_new_privileges(void) {
    return negative_errno(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

int apm_die_with_parent(pid_t parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return -errno;
    return getppid() == parent ? 0 : -ESRCH;
}

int apm_become_subreaper(void) {
    return negative_errno(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0));
}

/// Lets these rights be used everywhere.
static int allow_reading(int set, uint64_t rights) {
    struct landlock_path_beneath_attr rule = {
        .allowed_access = rights,
        .parent_fd = open("/", O_PATH | O_CLOEXEC),
    };
    if (rule.parent_fd < 0) return -1;
    long result = syscall(SYS_landlock_add_rule, set, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    int error = errno;
    close(rule.parent_fd);
    errno = error;
    return (int)result;
}

/// `reads`: what of the file system is left; `connects`: whether TCP and sockets are.
static int landlock(uint64_t reads, bool connects) {
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1U /* VERSION */);
    if (abi < 0) return -errno;
    struct {
        uint64_t filesystem;
        uint64_t network;
        uint64_t scoped;
    } rules = {(1ULL << 13) - 1, 0, 0};
    // Each version of the ABI adds rights to deny: 2 rename across folders, 3 truncate,
    // 4 TCP bind and connect, 5 device ioctl, 6 signals and abstract sockets outside.
    size_t size = sizeof(uint64_t);
    if (abi >= 2) rules.filesystem |= 1ULL << 13;
    if (abi >= 3) rules.filesystem |= 1ULL << 14;
    if (abi >= 5) rules.filesystem |= 1ULL << 15;
    if (abi >= 4) {
        rules.network = connects ? 0 : 3;
        size = 2 * sizeof(uint64_t);
    }
    if (abi >= 6) {
        rules.scoped = connects ? 2 : 3;
        size = 3 * sizeof(uint64_t);
    }
    long set = syscall(SYS_landlock_create_ruleset, &rules, size, 0);
    if (set < 0) return -errno;
    long result = reads ? allow_reading((int)set, reads) : 0;
    if (result == 0) result = syscall(SYS_landlock_restrict_self, set, 0);
    int error = errno;
    close((int)set);
    return result < 0 ? -error : (int)abi;
}

int apm_landlock_deny_all(void) { return landlock(0, false); }

int apm_landlock_read_only(void) {
    return landlock(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR, true);
}

int apm_landlock_read_folders(void) { return landlock(LANDLOCK_ACCESS_FS_READ_DIR, false); }

bool apm_is_cgroup2(int folder_fd) {
    struct statfs information;
    return fstatfs(folder_fd, &information) == 0
        && (uint32_t)information.f_type == CGROUP2_SUPER_MAGIC;
}

static bool says_one(int folder_fd, const char *attribute) {
    char value[2];
    return fgetxattr(folder_fd, attribute, value, sizeof value) == 1 && value[0] == '1';
}

bool apm_is_delegated(int folder_fd) {
    return says_one(folder_fd, "user.delegate") || says_one(folder_fd, "trusted.delegate");
}

int apm_signal_descriptor(void) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -errno;
    return negative_errno(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

int apm_watch_signals(const int *signals, int count) {
    sigset_t set;
    sigemptyset(&set);
    for (int index = 0; index < count; index++) sigaddset(&set, signals[index]);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) return -errno;
    return negative_errno(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

int apm_next_signal(int descriptor) {
    struct signalfd_siginfo information;
    return read(descriptor, &information, sizeof information) == (ssize_t)sizeof information
        ? (int)information.ssi_signo
        : 0;
}

void apm_ignore_pipe_signal(void) { signal(SIGPIPE, SIG_IGN); }

ssize_t apm_splice(int pipe, int memfd, int64_t *offset, size_t count) {
    ssize_t moved;
    do moved = splice(pipe, NULL, memfd, (loff_t *)offset, count, SPLICE_F_NONBLOCK);
    while (moved < 0 && errno == EINTR);
    return moved < 0 ? -errno : moved;
}

int apm_release(void *start, size_t count) {
    return negative_errno(madvise(start, count, MADV_REMOVE));
}

int apm_release_code(void) {
    // Marked by the linker around what is mapped from the file and never written.
    extern const char __executable_start, etext;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t first = ((uintptr_t)&__executable_start + page - 1) & ~(page - 1);
    uintptr_t last = (uintptr_t)&etext & ~(page - 1);
    if (last <= first) return 0;
    return negative_errno(madvise((void *)first, last - first, MADV_DONTNEED));
}

int64_t apm_cpu_microseconds(pid_t pid) {
    clockid_t clock;
    struct timespec used;
    int error = clock_getcpuclockid(pid, &clock);
    if (error != 0) return -error;
    if (clock_gettime(clock, &used) != 0) return -errno;
    return (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

int64_t apm_monotonic_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t apm_realtime_microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}
