// Children, from clone to exec. Only raw system calls run in a child: no allocation, no locks.

#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>
#include <sys/syscall.h>

#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL
#endif
#ifndef CLONE_CLEAR_SIGHAND
#define CLONE_CLEAR_SIGHAND 0x100000000ULL
#endif

static pid_t clone_child(int group_fd, int *pidfd) {
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

static void __attribute__((noreturn)) fail(int report_fd, int step) {
    struct apm_spawn_report report = {step, errno};
    ssize_t written = write(report_fd, &report, sizeof report);
    (void)written;
    _exit(127);
}

/// The process that asked keeps its permitted capabilities out of effect; a child on its way down
/// needs them.
static void raise_permitted(void) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2];
    if (syscall(SYS_capget, &header, data) != 0) return;
    data[0].effective = data[0].permitted;
    data[1].effective = data[1].permitted;
    syscall(SYS_capset, &header, data);
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

static void execute(const struct apm_spawn_plan *plan) {
    if (plan->exec_fd >= 0) {
        syscall(SYS_execveat, EXECUTABLE_PLACE, "", plan->arguments, plan->environment,
                AT_EMPTY_PATH);
        return;
    }
    if (strchr(plan->exec, '/')) {
        execve(plan->exec, plan->arguments, plan->environment);
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
            execve(candidate, plan->arguments, plan->environment);
            if (errno == EACCES) remembered = EACCES;
            else if (errno != ENOENT && errno != ENOTDIR) return;
        }
        folder += length;
        if (*folder == ':') folder++;
    }
    errno = remembered;
}

static void __attribute__((noreturn)) run_child(const struct apm_spawn_plan *plan) {
    if (keep_descriptors(plan) < 0) fail(plan->report_fd, APM_STEP_DESCRIPTORS);
    const int report = REPORT_PLACE;
    raise_permitted();
    if (syscall(SYS_setsid) < 0) fail(report, APM_STEP_SESSION);
    // Root's session keyring must not be a worker's. Kernels without keyrings have nothing to hide.
    if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL) < 0 && errno != ENOSYS
        && errno != EPERM && errno != EDQUOT)
        fail(report, APM_STEP_SESSION);
    default_signals();
    umask(022);
    if (plan->open_files > 0) {
        struct rlimit limit;
        if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && plan->open_files < limit.rlim_cur) {
            limit.rlim_cur = plan->open_files;
            if (setrlimit(RLIMIT_NOFILE, &limit) != 0) fail(report, APM_STEP_SESSION);
        }
    }
    // Best effort: without the right to it, seccomp alone keeps the helper off the network.
    if (plan->empty_network) (void)unshare(CLONE_NEWNET);
    if (plan->changes_identity) {
        if (syscall(SYS_setgroups, 0, NULL) < 0) fail(report, APM_STEP_IDENTITY);
        if (syscall(SYS_setresgid, plan->gid, plan->gid, plan->gid) < 0)
            fail(report, APM_STEP_IDENTITY);
        if (syscall(SYS_setresuid, plan->uid, plan->uid, plan->uid) < 0)
            fail(report, APM_STEP_IDENTITY);
    }
    if (plan->directory && chdir(plan->directory) < 0) fail(report, APM_STEP_PATH);
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
    pid_t pid = clone_child(plan->group_fd, pidfd);
    if (pid == 0) run_child(plan);
    return pid;
}

/// In a child: what else it was copied from must not live on in it.
static void close_all_but(const int *kept, int count) {
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

// Log files ------------------------------------------------------------------------------------

struct log_reply {
    int32_t step;
    int32_t error;
};

static void __attribute__((noreturn)) answer(int socket, int step, int error, int descriptor) {
    struct log_reply reply = {step, error};
    apm_send(socket, &reply, sizeof reply, &descriptor, descriptor >= 0 ? 1 : 0);
    _exit(0);
}

static bool others_may_write(const struct stat *folder) {
    if (folder->st_uid != 0) return true;
    return (folder->st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

/// A file system in somebody's process says what that somebody likes, also that root owns it.
static bool is_fuse(int folder) {
    struct statfs information;
    return fstatfs(folder, &information) != 0 || information.f_type == FUSE_SUPER_MAGIC;
}

/// Leaves whether only names that root owns already may be used in `folder`. False when others
/// could put something else there at any time.
static bool is_safe(int folder, bool *sticky) {
    struct stat opened;
    if (fstat(folder, &opened) != 0 || is_fuse(folder)) return false;
    *sticky = (opened.st_mode & S_ISVTX) && opened.st_uid == 0
        && (opened.st_mode & (S_IWGRP | S_IWOTH));
    return *sticky || !others_may_write(&opened);
}

/// Opens the folder that holds the last part of `path`, for root. Every folder on the way must be
/// root's and writable by root alone; in a sticky one (like /tmp) the next part must be root's
/// already. Symbolic links are followed where only root can have made them. Leaves the last part in
/// `name`. Returns the folder, or -1 with `step` set.
static int safe_folder(const char *path, char name[256], bool *sticky, int *step) {
    static char rest[8192];
    size_t length = strlen(path);
    *step = APM_STEP_LOG;
    if (length >= 4096) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(rest, path, length + 1);
    int folder = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    char *cursor = rest;
    if (!is_safe(folder, sticky)) {
        *step = APM_STEP_LOG_FOLDER;
        errno = EPERM;
        return -1;
    }
    for (int steps = 0; steps < 256; steps++) {
        while (*cursor == '/') cursor++;
        size_t part = strcspn(cursor, "/");
        if (part == 0 || part >= 256) {
            errno = part == 0 ? EISDIR : ENAMETOOLONG;
            return -1;
        }
        memcpy(name, cursor, part);
        name[part] = 0;
        cursor += part;
        bool last = cursor[strspn(cursor, "/")] == 0;
        struct stat entry;
        if (fstatat(folder, name, &entry, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno == ENOENT && last) return folder;
            return -1;
        }
        if (*sticky && entry.st_uid != 0) {
            *step = APM_STEP_LOG_FOLDER;
            errno = EPERM;
            return -1;
        }
        if (S_ISLNK(entry.st_mode)) {
            static char joined[8192];
            ssize_t target = readlinkat(folder, name, joined, 4095);
            if (target < 0) return -1;
            size_t tail = strlen(cursor);
            if ((size_t)target + tail + 1 > sizeof joined) {
                errno = ENAMETOOLONG;
                return -1;
            }
            memcpy(joined + target, cursor, tail + 1);
            memcpy(rest, joined, (size_t)target + tail + 1);
            cursor = rest;
            if (rest[0] == '/') {
                close(folder);
                folder = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
                *sticky = false;
            }
            continue;
        }
        if (last) return folder;
        int next = openat(folder, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (next < 0) return -1;
        close(folder);
        folder = next;
        if (!is_safe(folder, sticky)) {
            *step = APM_STEP_LOG_FOLDER;
            errno = EPERM;
            return -1;
        }
    }
    errno = ELOOP;
    return -1;
}

static int open_for_appending(int folder, const char *name, bool follows) {
    int flags = O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    return openat(folder, name, follows ? flags : flags | O_NOFOLLOW, 0640);
}

bool apm_is_log(int descriptor, uid_t owner) {
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0 || !(flags & O_APPEND) || (flags & O_ACCMODE) != O_WRONLY) return false;
    struct statx file;
    if (statx(descriptor, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC,
              STATX_TYPE | STATX_NLINK | STATX_UID, &file) != 0)
        return false;
    if (S_ISCHR(file.stx_mode)) return file.stx_rdev_major == 1 && file.stx_rdev_minor == 3;
    return S_ISREG(file.stx_mode) && file.stx_nlink == 1 && file.stx_uid == owner;
}

static void __attribute__((noreturn)) open_log(
    const char *path, uid_t definer, gid_t group, int socket, pid_t parent) {
    bool as_root = geteuid() == 0 && definer == 0;
    int step = APM_STEP_LOG;
    raise_permitted();
    if (geteuid() == 0 && definer != 0) {
        if (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setresgid, group, group, group) < 0
            || syscall(SYS_setresuid, definer, definer, definer) < 0)
            answer(socket, APM_STEP_IDENTITY, errno, -1);
    }
    // After the change of uid, which clears it: a path that never answers must not outlive us.
    if (apm_die_with_parent(parent) < 0) _exit(0);
    umask(0);
    int file;
    if (as_root) {
        char name[256];
        bool sticky;
        int folder = safe_folder(path, name, &sticky, &step);
        if (folder < 0) answer(socket, step, errno, -1);
        file = open_for_appending(folder, name, false);
    } else {
        file = open_for_appending(AT_FDCWD, path, true);
    }
    if (file < 0) answer(socket, APM_STEP_LOG, errno, -1);
    if (!apm_is_log(file, definer)) answer(socket, APM_STEP_LOG_FILE, EPERM, -1);
    answer(socket, APM_STEP_NONE, 0, file);
}

pid_t apm_spawn_log_opener(
    const char *path, uid_t definer, gid_t definer_group, int reply_fd, int *pidfd) {
    pid_t parent = getpid();
    pid_t pid = clone_child(-1, pidfd);
    if (pid == 0) {
        close_all_but(&reply_fd, 1);
        open_log(path, definer, definer_group, reply_fd, parent);
    }
    return pid;
}

/// What is still to be closed, because there was no child to do it.
enum { TO_CLOSE_MAX = 16384 };
static int to_close[TO_CLOSE_MAX + 1];
static int to_close_count;

int apm_close_elsewhere(const int *descriptors, int count) {
    int pidfd = -1, turn[2];
    for (int index = 0; index < count; index++) {
        if (to_close_count < TO_CLOSE_MAX) to_close[to_close_count++] = descriptors[index];
        else close(descriptors[index]);
    }
    if (to_close_count == 0) return 0;
    if (pipe2(turn, O_CLOEXEC) != 0) return -errno;
    pid_t pid = clone_child(-1, &pidfd);
    // The child has copies. It lets go of them when this process has, which the end of `turn`
    // tells: so the last reference goes there, and never here.
    if (pid == 0) {
        char nothing;
        to_close[to_close_count] = turn[0];
        close_all_but(to_close, to_close_count + 1);
        while (read(turn[0], &nothing, 1) < 0 && errno == EINTR) {}
        _exit(0);
    }
    if (pid > 0) {
        for (int index = 0; index < to_close_count; index++) close(to_close[index]);
        to_close_count = 0;
        close(pidfd);
    }
    close(turn[0]);
    close(turn[1]);
    return pid < 0 ? pid : 0;
}

pid_t apm_spawn_pipe_witness(int pipe, int *pidfd) {
    pid_t pid = clone_child(-1, pidfd);
    if (pid == 0) {
        int waiting;
        close_all_but(&pipe, 1);
        // Asks for the pipe's lock, like every call that reads it.
        (void)ioctl(pipe, FIONREAD, &waiting);
        _exit(0);
    }
    return pid;
}

static int write_file(int folder, const char *name, const char *bytes, size_t count) {
    char fresh[64];
    size_t length = strlen(name);
    if (length + 5 > sizeof fresh) return 1;
    memcpy(fresh, name, length);
    memcpy(fresh + length, ".new", 5);
    unlinkat(folder, fresh, 0);
    int file = openat(folder, fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) return 1;
    while (count > 0) {
        ssize_t written = write(file, bytes, count);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return 1;
        bytes += written;
        count -= (size_t)written;
    }
    return renameat(folder, fresh, folder, name) == 0 ? 0 : 1;
}

pid_t apm_spawn_file_writer(
    int folder, const char *name, const void *bytes, size_t count, int *pidfd) {
    pid_t pid = clone_child(-1, pidfd);
    if (pid == 0) {
        close_all_but(&folder, 1);
        _exit(write_file(folder, name, bytes, count));
    }
    return pid;
}
