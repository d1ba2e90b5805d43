// The kernel calls that Swift cannot make: between clone and exec no Swift may run, control
// messages need macros, and some numbers are missing from the C library of Debian 12.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

// spawn.c, open.c ----------------------------------------------------------------------------

/// What a child was doing when it failed; the numbers are ExitReport.Step's (Shared/Control).
enum apm_step {
    APM_STEP_NONE = 0,
    APM_STEP_CLONE = 1,
    APM_STEP_GROUP = 2,
    APM_STEP_SESSION = 3,
    APM_STEP_IDENTITY = 4,
    APM_STEP_PATH = 5,
    APM_STEP_DESCRIPTORS = 6,
    APM_STEP_EXEC = 7,
    APM_STEP_DEADLINE = 8,
    APM_STEP_LOG = 9,
    APM_STEP_LOG_FOLDER = 10,
    APM_STEP_LOG_FILE = 11,
    APM_STEP_PATH_UNSAFE = 20,
    APM_STEP_EXEC_UNSAFE = 21,
    APM_STEP_ENV = 22,
    APM_STEP_ENV_FOLDER = 23,
    APM_STEP_ENV_FILE = 24,
    APM_STEP_LOG_DISK = 25,
};

/// What a failing child writes to its report pipe; on success the pipe just ends.
struct apm_spawn_report {
    int32_t step;
    int32_t error; // with a step that is called unsafe: whose it is, 0 = root's
};

/// Everything a child needs; all pointers stay valid until the call returns.
struct apm_spawn_plan {
    const char *exec;         // with a slash: a path; without: looked up in `search`
    const char *search;       // folders separated by colons
    int exec_fd;              // >= 0: executed instead of `exec`
    char *const *arguments;   // NULL at the end
    char *const *environment; // NULL at the end
    const char *directory;    // NULL: stay
    int descriptors[4];       // become 0, 1, 2, 3; -1: none at 3
    int group_fd;             // cgroup folder, -1: none
    int report_fd;            // write end of the report pipe, CLOEXEC
    bool waits_for_word;      // executes when a byte has come over `report_fd`, then a socket
    bool changes_identity;    // to uid, gid and groups, and no others
    uid_t uid;
    gid_t gid;
    const gid_t *groups;
    size_t group_count;
    bool roots_alone;         // refuse what others than root could change: directory, program
    bool own_processes;       // what the program starts first takes all else along at its end
    bool dies_with_parent;
    bool empty_network;       // a network namespace of its own, where the rights suffice
    uint64_t open_files;      // soft RLIMIT_NOFILE, 0: leave
};

/// Starts a child in a copy of this process (never sharing memory: a user could freeze a sharing
/// child after its uid has changed, and this process with it). Returns its pid and gives its pidfd,
/// or -errno when there is no child.
pid_t apm_spawn(const struct apm_spawn_plan *plan, int *pidfd);

/// Starts a child that opens a log file for appending with the rights of `definer` and sends
/// {step, error} and the descriptor over `reply_fd` (SEQPACKET). As root for root, no folder above
/// the file may be writable by anyone else. A file system whose server can take its time is
/// refused: closing and writing wait for it, and one process writes all logs. Returns its pid and
/// gives its pidfd, or -errno.
pid_t apm_spawn_log_opener(
    const char *path, uid_t definer, gid_t definer_group, int reply_fd, int *pidfd);

/// What an environment file is opened for; `uid`, `gid` and `groups` are the worker's. The file
/// goes over `file_fd`, what became of it over `reply_fd` (both SEQPACKET).
struct apm_open_plan {
    const char *path;
    uid_t definer;
    gid_t definer_group;
    uid_t uid;
    gid_t gid;
    const gid_t *groups;
    size_t group_count;
    int file_fd;
    int reply_fd;
};

/// Starts a child that opens a file for reading with the rights of the definer and answers with
/// {step, error}. The file itself never comes to this process, which closing it could hold up: it
/// may lie in a file system that its user serves. As root, where somebody else could change a
/// folder above it, it is opened with the rights of the worker's user instead; if that is root too,
/// it is refused. Returns its pid and gives its pidfd, or -errno.
pid_t apm_spawn_environment_opener(const struct apm_open_plan *plan, int *pidfd);

/// Starts a child that writes a file of this user alone into `folder` and then gives it its name,
/// so that a reader finds all of it or what was there before. Its exit code is 0 when it is done.
/// Returns its pid and gives its pidfd, or -errno.
pid_t apm_spawn_file_writer(
    int folder, const char *name, const void *bytes, size_t count, int *pidfd);

/// Whether a descriptor is what a log must be: open for appending, and a regular file with one name
/// that belongs to `owner`, or the null device. Asks no file system that could take its time.
bool apm_is_log(int descriptor, uid_t owner);

/// Closes descriptors so that the last reference goes in a child of its own: closing a socket with
/// SO_LINGER that a stranger sent, or a pipe that a stranger holds up, can take as long as the
/// stranger likes. Returns 0, or -errno when there is no child; the next call closes them then.
int apm_close_elsewhere(const int *descriptors, int count);

/// Starts a child that asks for the lock of a pipe and ends when it has had it: as long as it waits
/// (state D), somebody holds the pipe up. Returns its pid and gives its pidfd, or -errno.
pid_t apm_spawn_pipe_witness(int pipe, int *pidfd);

/// Writes a file below `folder` that is there, in a child of its own, because the kernel can take
/// its time to do what it says. Nobody hears what came of it. Returns 0 or -errno of the child's
/// start.
int apm_write_elsewhere(int folder, const char *name, const char *bytes, size_t count);

// walk.c -------------------------------------------------------------------------------------

enum { APM_PLACE_BYTES = 8192 };

/// Who can change a file, or put another one in its place. Root always can.
struct apm_changers {
    bool anybody; // more than one account beside root, or nobody knows who
    uid_t who;    // without `anybody`: the one account that can; 0 = root alone
};

/// Looks at an open file and at each folder and link on the absolute `path` that leads to it:
/// owners, who may write, access lists. In a sticky folder (like /tmp) the owner of the next part
/// counts, not all who may write there. A group's members are not looked up: write permission of a
/// group that is not root's counts as anybody, and so does all that lies on FUSE. `place`, which
/// may be NULL, gets the folder or file that lets anybody in, cut to APM_PLACE_BYTES. Waits for the
/// file systems concerned, so it is for a process that may wait. Returns 0, or -errno (-ESTALE: the
/// path leads to another file than the open one; -EISDIR: it names none).
int apm_who_can_change(int file, const char *path, struct apm_changers *found, char *place);

// socket.c -----------------------------------------------------------------------------------

enum { APM_DESCRIPTORS_RECEIVED_MAX = 253 };

/// sendmsg of one datagram with descriptors, never blocking. Returns bytes or -errno.
ssize_t apm_send(int socket, const void *bytes, size_t count, const int *descriptors, int passed);

/// recvmsg of one datagram, never blocking. Descriptors arrive CLOEXEC; `truncated` tells that data
/// or descriptors were cut. `passed` is room on entry, what came on return. Returns bytes or
/// -errno; 0 is the end.
ssize_t apm_receive(
    int socket, void *bytes, size_t capacity, int *descriptors, int *passed, bool *truncated);

/// The next connection of a listener: CLOEXEC, never blocking. Returns it or -errno.
int apm_accept(int listener);

/// The same, with the address of who has connected.
int apm_accept_from(int listener, struct sockaddr_storage *address);

/// Peer of a UNIX socket as it was when it connected. Returns 0 or -errno.
int apm_peer(int socket, pid_t *pid, uid_t *uid, gid_t *gid);

/// Supplementary groups of that peer. Returns how many, or -errno (-ERANGE: more than `room`).
int apm_peer_groups(int socket, gid_t *groups, int room);

/// Has the kernel refuse descriptors that a peer sends here (Linux 6.16). Returns 0 or -errno.
int apm_refuse_descriptors(int socket);

/// An abstract UNIX address. Returns its length, or 0 when the name is too long.
socklen_t apm_abstract_address(const char *name, struct sockaddr_un *address);

/// A UNIX address of a path. Returns its length, or 0 when the path is too long.
socklen_t apm_unix_address(const char *path, struct sockaddr_un *address);

// process.c ----------------------------------------------------------------------------------

/// A child that has ended and is not reaped yet, 0 when there is none, or -errno. It stays a
/// zombie: `apm_reap_child` reaps it.
pid_t apm_ended_child(void);
/// Reaps that child. Returns 1, 0 when it has not ended, or -errno.
int apm_reap_child(pid_t pid, int *code, int *status);

/// Both ends CLOEXEC. Returns 0 or -errno.
int apm_pipe(int ends[2]);
/// fcntl on a pipe: how many bytes it holds.
enum { APM_PIPE_SIZE = 1031 };
int apm_pidfd_open(pid_t pid);
/// Returns 0 or -errno.
int apm_pidfd_signal(int pidfd, int signal);
int apm_memfd(const char *name, bool executable);
/// fcntl on a memfd: it can neither grow nor shrink, and no seal can be added.
enum { APM_ADD_SEALS = 1033, APM_SEAL_SIZE = 0x0001 | 0x0002 | 0x0004 };

/// Raises the soft limit of open files to the hard one; gives what it was. Returns 0 or -errno.
int apm_raise_open_files(uint64_t *before);
/// RLIMIT_* by number: soft and hard become `value`. Returns 0 or -errno.
int apm_limit(int resource, uint64_t value);
enum {
    APM_LIMIT_CORE = RLIMIT_CORE,
    APM_LIMIT_PROCESSES = RLIMIT_NPROC,
    APM_LIMIT_FILES = RLIMIT_NOFILE,
    APM_LIMIT_FILE_BYTES = RLIMIT_FSIZE,
    APM_LIMIT_ADDRESSES = RLIMIT_AS,
};

/// Closes what came over exec beside standard input, output and error. Returns 0 or -errno.
int apm_close_inherited(void);

/// Descriptors 0, 1 and 2 are open, to nothing where they were closed. Returns 0 or -errno.
int apm_fill_standard(void);

/// No core dump, no ptrace by the same uid. Returns 0 or -errno.
int apm_undumpable(void);
/// No capability in any set but the bounding one, the ambient ones included. Returns 0 or -errno.
int apm_drop_capabilities(void);
/// No way to more rights by exec. Returns 0 or -errno.
int apm_no_new_privileges(void);
/// Ends when the parent does; `parent` is who it must be. Returns 0, or -errno (-ESRCH: it has).
int apm_die_with_parent(pid_t parent);
int apm_become_subreaper(void);

/// A Landlock rule set that allows nothing of what this kernel can deny. Returns its ABI version,
/// or -errno (-ENOSYS, -EOPNOTSUPP: the kernel has none).
int apm_landlock_deny_all(void);
/// The same, but for reading files and folders, and for TCP and sockets. Returns as that one.
int apm_landlock_read_only(void);
/// The same as the first, but for reading folders. Returns as that one.
int apm_landlock_read_folders(void);

/// Whether the folder is the root of, or lies in, a cgroup v2 mount.
bool apm_is_cgroup2(int folder_fd);
/// Whether systemd has left this control group to whoever runs in it (Delegate=yes).
bool apm_is_delegated(int folder_fd);
/// Microseconds of processor time that a process with all its threads has used, or -errno.
int64_t apm_cpu_microseconds(pid_t pid);

/// SIGCHLD, SIGTERM, SIGINT and SIGHUP as a descriptor; they are blocked. Returns it or -errno.
int apm_signal_descriptor(void);
/// These signals as a descriptor; they are blocked. Returns it or -errno.
int apm_watch_signals(const int *signals, int count);
/// The next signal from it, 0 when there is none.
int apm_next_signal(int descriptor);
/// SIGPIPE and SIGHUP do nothing.
void apm_ignore_pipe_signal(void);

/// splice with an output offset in shared memory, which the kernel advances itself: a process
/// killed between call and return has not lost count. Returns bytes or -errno.
ssize_t apm_splice(int pipe, int memfd, int64_t *offset, size_t count);
/// Gives the pages of the executable's code that starting up has touched back to the page cache;
/// what is used again comes back by a minor fault. Returns 0 or -errno.
int apm_release_code(void);

/// Gives the pages of a shared mapping back. Returns 0 or -errno.
int apm_release(void *start, size_t count);

int64_t apm_monotonic_nanoseconds(void);
int64_t apm_realtime_microseconds(void);

// folder.c -----------------------------------------------------------------------------------

/// Opens a folder for reading its entries; `follows`: also where the last part of its path is a
/// symbolic link. Returns it or -errno.
int apm_open_folder(const char *path, bool follows);
/// The next entries of a folder, as getdents64(2) lays them out. Returns bytes, 0 at the end, or
/// -errno.
ssize_t apm_read_folder(int folder, void *entries, size_t room);

/// An inotify descriptor: CLOEXEC, never blocking. Returns it or -errno.
int apm_watcher(void);
/// Has it tell of these events in a folder, which is no link unless `follows`. Returns the number
/// of the watch, which is the same for the same folder, or -errno (-ENOTDIR: no folder).
int apm_watch_folder(int watcher, const char *path, uint32_t events, bool follows);
void apm_forget_folder(int watcher, int watch);

// attributes.c -------------------------------------------------------------------------------

/// Gives one open file the extended attributes of another, access lists included. Labels of the
/// security system are best effort. Returns 0 or -errno.
int apm_copy_attributes(int from, int to);

// journal.c ----------------------------------------------------------------------------------

/// Keeps the compiler from moving memory accesses across this point: what a process that is killed
/// leaves in shared memory are then the stores before the point it died at, and no later one.
void apm_order(void);
/// st_size by the plain fstat call (the C library of Debian 12 makes newfstatat of it, which
/// filters leave out); -1 for what is no regular file.
int64_t apm_file_size(int descriptor);
/// The name that ps shows; a process executed by descriptor would be called by its number.
void apm_name_process(const char *name);
