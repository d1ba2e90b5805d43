// One-shot children: they open a file with the rights of whom it concerns, close what can take
// long, or write what a disk may be slow to take. No allocation, no locks.

#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>

// Log files ------------------------------------------------------------------------------------

struct open_reply {
    int32_t step;
    int32_t error;
};

static void __attribute__((noreturn)) answer(int socket, int step, int error, int descriptor) {
    struct open_reply reply = {step, error};
    apm_send(socket, &reply, sizeof reply, &descriptor, descriptor >= 0 ? 1 : 0);
    _exit(0);
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

/// Whether a file lies where another process or machine answers for it, as long as it likes.
static bool is_remote(int file) {
    static const uint32_t kinds[] = {
        0x65735546 /* fuse */,   0x6969 /* nfs */,       0xff534d42 /* cifs */,
        0xfe534d42 /* smb2 */,   0x517b /* smb */,       0x01021997 /* 9p */,
        0x00c36400 /* ceph */,   0x5346414f /* afs */,   0x6b414653 /* kafs */,
        0x73757245 /* coda */,   0x0bd00bd0 /* lustre */, 0x19830326 /* beegfs */,
        0x47504653 /* gpfs */,   0x01161970 /* gfs2 */,  0x7461636f /* ocfs2 */,
        0x786f4256 /* vboxsf */,
    };
    struct statfs information;
    if (fstatfs(file, &information) != 0) return true;
    for (size_t index = 0; index < sizeof kinds / sizeof kinds[0]; index++)
        if ((uint32_t)information.f_type == kinds[index]) return true;
    return false;
}

static void __attribute__((noreturn)) open_log(
    const char *path, uid_t definer, gid_t group, int socket, pid_t parent) {
    bool as_root = geteuid() == 0 && definer == 0;
    apm_raise_permitted();
    if (geteuid() == 0 && definer != 0 && apm_become(definer, group, NULL, 0) < 0)
        answer(socket, APM_STEP_IDENTITY, errno, -1);
    // After the change of uid, which clears it: a path that never answers must not outlive us.
    if (apm_die_with_parent(parent) < 0) _exit(0);
    umask(0);
    int file;
    if (as_root) {
        struct apm_walk walk;
        int folder = apm_walk_as_root(path, &walk);
        if (folder < 0)
            answer(socket, walk.unsafe ? APM_STEP_LOG_FOLDER : APM_STEP_LOG, errno, -1);
        file = open_for_appending(folder, walk.name, false);
    } else {
        file = open_for_appending(AT_FDCWD, path, true);
    }
    if (file < 0) answer(socket, APM_STEP_LOG, errno, -1);
    if (is_remote(file)) answer(socket, APM_STEP_LOG_DISK, EREMOTE, -1);
    if (!apm_is_log(file, definer)) answer(socket, APM_STEP_LOG_FILE, EPERM, -1);
    answer(socket, APM_STEP_NONE, 0, file);
}

pid_t apm_spawn_log_opener(
    const char *path, uid_t definer, gid_t definer_group, int reply_fd, int *pidfd) {
    pid_t parent = getpid();
    pid_t pid = apm_clone_child(-1, pidfd);
    if (pid == 0) {
        apm_close_all_but(&reply_fd, 1);
        open_log(path, definer, definer_group, reply_fd, parent);
    }
    return pid;
}

// Environment files --------------------------------------------------------------------------

static int open_for_reading(int folder, const char *name, int further) {
    return openat(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | further);
}

static bool is_environment_file(int descriptor) {
    struct stat file;
    return fstat(descriptor, &file) == 0 && S_ISREG(file.st_mode) && file.st_nlink == 1;
}

/// With root's rights, where nobody else can have a hand in it; else -1 with `unsafe` set.
static int open_as_root(const struct apm_open_plan *plan, int socket, bool *unsafe) {
    struct apm_walk walk;
    int folder = apm_walk_as_root(plan->path, &walk);
    *unsafe = folder < 0 && walk.unsafe;
    if (*unsafe && plan->uid == 0)
        answer(socket, APM_STEP_ENV_FOLDER, (int)walk.owner, -1);
    if (folder < 0) return -1;
    int file = open_for_reading(folder, walk.name, O_NOFOLLOW);
    uid_t owner;
    // What sets root's environment says what root runs.
    if (file >= 0 && plan->uid == 0 && !apm_is_roots_alone(file, &owner))
        answer(socket, APM_STEP_ENV_FILE, EPERM, -1);
    return file;
}

static void __attribute__((noreturn)) open_environment(
    const struct apm_open_plan *plan, pid_t parent) {
    int socket = plan->reply_fd;
    bool is_root = geteuid() == 0;
    apm_raise_permitted();
    if (is_root && plan->definer != 0
        && apm_become(plan->definer, plan->definer_group, NULL, 0) < 0)
        answer(socket, APM_STEP_IDENTITY, errno, -1);
    if (apm_die_with_parent(parent) < 0) _exit(0);
    int file = -1;
    bool as_other = !is_root || plan->definer != 0;
    if (!as_other) {
        file = open_as_root(plan, socket, &as_other);
        if (as_other
            && (apm_become(plan->uid, plan->gid, plan->groups, plan->group_count) < 0
                || apm_die_with_parent(parent) < 0))
            answer(socket, APM_STEP_IDENTITY, errno, -1);
    }
    if (as_other) file = open_for_reading(AT_FDCWD, plan->path, 0);
    if (file < 0) answer(socket, APM_STEP_ENV, errno, -1);
    if (!is_environment_file(file)) answer(socket, APM_STEP_ENV_FILE, EPERM, -1);
    if (apm_send(plan->file_fd, "", 1, &file, 1) != 1) answer(socket, APM_STEP_ENV, EIO, -1);
    answer(socket, APM_STEP_NONE, 0, -1);
}

pid_t apm_spawn_environment_opener(const struct apm_open_plan *plan, int *pidfd) {
    pid_t parent = getpid();
    pid_t pid = apm_clone_child(-1, pidfd);
    if (pid == 0) {
        int kept[] = {plan->reply_fd, plan->file_fd};
        apm_close_all_but(kept, 2);
        open_environment(plan, parent);
    }
    return pid;
}

// Closing and writing ------------------------------------------------------------------------

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
    pid_t pid = apm_clone_child(-1, &pidfd);
    // The child has copies. It lets go of them when this process has, which the end of `turn`
    // tells: so the last reference goes there, and never here.
    if (pid == 0) {
        char nothing;
        to_close[to_close_count] = turn[0];
        apm_close_all_but(to_close, to_close_count + 1);
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
    pid_t pid = apm_clone_child(-1, pidfd);
    if (pid == 0) {
        int waiting;
        apm_close_all_but(&pipe, 1);
        // Asks for the pipe's lock, like every call that reads it.
        (void)ioctl(pipe, FIONREAD, &waiting);
        _exit(0);
    }
    return pid;
}

int apm_write_elsewhere(int folder, const char *name, const char *bytes, size_t count) {
    int pidfd = -1;
    pid_t parent = getpid();
    pid_t pid = apm_clone_child(-1, &pidfd);
    if (pid == 0) {
        apm_die_with_parent(parent);
        apm_close_all_but(&folder, 1);
        int file = openat(folder, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
        _exit(file >= 0 && write(file, bytes, count) == (ssize_t)count ? 0 : 1);
    }
    if (pid > 0) close(pidfd);
    return pid < 0 ? pid : 0;
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
    pid_t pid = apm_clone_child(-1, pidfd);
    if (pid == 0) {
        apm_close_all_but(&folder, 1);
        _exit(write_file(folder, name, bytes, count));
    }
    return pid;
}
