// probe: a worker that does exactly one thing, for the system tests and the benches.
//
//   probe sleep                     sleeps for ever
//   probe exit CODE [MS]            exits with CODE, after MS milliseconds
//   probe print N [MS]              prints `line 1` to `line N`; exits 0, after MS milliseconds
//   probe numbers N BYTES [PACE_US] prints N numbered lines (0 = for ever) of BYTES bytes, newline
//                                   included: ten digits, a blank, `x`; in 64-KB writes, or line by
//                                   line with a pause of PACE_US; exits 0
//   probe ignore-term               ignores SIGTERM, says `ready`, sleeps
//   probe term-exit CODE            says `ready`; exits with CODE on SIGTERM
//   probe slow-term MS              says `ready`; exits 0, MS milliseconds after SIGTERM
//   probe double-fork               leaves a grandchild that ignores SIGTERM, in its own session,
//                                   and says its pid; sleeps
//   probe hold-stdout               the same, the grandchild keeps stdout and stderr; exits 0
//   probe close-stdout              closes stdout and stderr, sleeps
//   probe fork-loop N               starts up to N children that sleep; says how many; sleeps
//   probe hog MB [CHILD]            touches MB megabytes, by a child if there is another word; says
//                                   `touched MB`; sleeps
//   probe burn [MS]                 uses a processor for MS milliseconds of its time, or for ever;
//                                   says `burnt`; sleeps
//   probe delegate GROUP PROGRAM    marks a control group as systemd does for Delegate=yes, enters
//                                   it and executes PROGRAM there
//   probe stop-self                 stops itself with SIGSTOP; sleeps when continued
//   probe rename                    calls itself `a) R 1 (b`, as /proc/PID/stat shows it; sleeps
//   probe segv                      dies of SIGSEGV
//   probe stderr TEXT CODE          writes TEXT and a newline to stderr, exits with CODE
//   probe echo-stdin                copies stdin to stdout, says `end of input` at its end, exits 0
//   probe hold-log                  says `holding`, then keeps the lock of its stdout pipe for ever
//   probe hold-pipe PID FD          opens a pipe of another process; after SIGUSR1 writes a line to
//                                   it and keeps its lock for ever
//   probe hold-input                a child in a session of its own tries to keep the lock of what
//                                   stdin is; says `held` or `not held`; exits 0
//   probe stamp FILE                appends `NANOSECONDS PID` (CLOCK_MONOTONIC of main) and sleeps
//   probe fuse FOLDER UID           serves a file system of UID there that stalls (fuse.c)
//   probe show [FILE]               prints what it was started with (show.c), exits 0
//
// Exit code 64: called wrongly; 71: the system refused something the mode needs.

#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

enum { USAGE = 64, REFUSED = 71, CHUNK = 64 * 1024, SHORTEST_LINE = 12 };

static int64_t started;

static void refuse(const char *what) {
    perror(what);
    _exit(REFUSED);
}

static void __attribute__((noreturn)) sleep_for_ever(void) {
    for (;;) pause();
}

static void sleep_nanoseconds(int64_t nanoseconds) {
    struct timespec left = {nanoseconds / 1000000000, nanoseconds % 1000000000};
    while (nanosleep(&left, &left) != 0 && errno == EINTR) {}
}

static void sleep_milliseconds(const char *text) {
    if (text) sleep_nanoseconds(atoll(text) * 1000000);
}

void write_all(int descriptor, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(descriptor, bytes, count);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) refuse("write");
        bytes += written;
        count -= (size_t)written;
    }
}

static void say(const char *text) {
    write_all(STDOUT_FILENO, text, strlen(text));
}

// Life and death ----------------------------------------------------------------------------

static int run_sleep(char **arguments) {
    (void)arguments;
    sleep_for_ever();
}

static int run_exit(char **arguments) {
    sleep_milliseconds(arguments[1]);
    return atoi(arguments[0]);
}

static int run_segv(char **arguments) {
    (void)arguments;
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
    return REFUSED;
}

static int run_stop_self(char **arguments) {
    (void)arguments;
    raise(SIGSTOP);
    sleep_for_ever();
}

static int run_rename(char **arguments) {
    (void)arguments;
    if (prctl(PR_SET_NAME, "a) R 1 (b") != 0) refuse("prctl");
    sleep_for_ever();
}

// SIGTERM -----------------------------------------------------------------------------------

static int run_ignore_term(char **arguments) {
    (void)arguments;
    signal(SIGTERM, SIG_IGN);
    say("ready\n");
    sleep_for_ever();
}

static void wait_for_term(void) {
    sigset_t term;
    int number;
    sigemptyset(&term);
    sigaddset(&term, SIGTERM);
    sigprocmask(SIG_BLOCK, &term, NULL);
    say("ready\n");
    if (sigwait(&term, &number) != 0) refuse("sigwait");
}

static int run_term_exit(char **arguments) {
    wait_for_term();
    return atoi(arguments[0]);
}

static int run_slow_term(char **arguments) {
    wait_for_term();
    sleep_milliseconds(arguments[0]);
    return 0;
}

// Children ----------------------------------------------------------------------------------

static pid_t fork_or_refuse(void) {
    pid_t pid = fork();
    if (pid < 0) refuse("fork");
    return pid;
}

static void become_grandchild(int keeps_output) {
    char line[64];
    signal(SIGTERM, SIG_IGN);
    int length = snprintf(line, sizeof line, "grandchild %d\n", (int)getpid());
    write_all(STDOUT_FILENO, line, (size_t)length);
    if (!keeps_output) {
        int null = open("/dev/null", O_RDWR);
        if (null < 0) refuse("/dev/null");
        for (int target = 0; target < 3; target++) dup2(null, target);
    }
    sleep_for_ever();
}

/// Forks twice, with a new session in between; returns in the caller alone, the child being gone.
static void leave_grandchild(int keeps_output) {
    pid_t child = fork_or_refuse();
    if (child == 0) {
        setsid();
        if (fork_or_refuse() == 0) become_grandchild(keeps_output);
        _exit(0);
    }
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
}

static int run_double_fork(char **arguments) {
    (void)arguments;
    leave_grandchild(0);
    sleep_for_ever();
}

static int run_hold_stdout(char **arguments) {
    (void)arguments;
    leave_grandchild(1);
    return 0;
}

static int run_fork_loop(char **arguments) {
    int wanted = atoi(arguments[0]), children = 0;
    char line[64];
    while (children < wanted) {
        pid_t pid = fork();
        if (pid == 0) sleep_for_ever();
        if (pid < 0) break;
        children++;
    }
    int length = snprintf(line, sizeof line, "%d children\n", children);
    write_all(STDOUT_FILENO, line, (size_t)length);
    sleep_for_ever();
}

// Resources ----------------------------------------------------------------------------------

static int run_hog(char **arguments) {
    enum { PAGE = 4096 };
    size_t count = strtoul(arguments[0], NULL, 10) << 20;
    char line[64];
    if (arguments[1] && fork_or_refuse() > 0) sleep_for_ever();
    char *bytes = malloc(count);
    if (!bytes) refuse("malloc");
    for (size_t offset = 0; offset < count; offset += PAGE) ((volatile char *)bytes)[offset] = 1;
    int length = snprintf(line, sizeof line, "touched %zu\n", count >> 20);
    write_all(STDOUT_FILENO, line, (size_t)length);
    sleep_for_ever();
}

static int run_burn(char **arguments) {
    int64_t wanted = arguments[0] ? atoll(arguments[0]) * 1000000 : INT64_MAX;
    for (int64_t used = 0; used < wanted;) {
        struct timespec now;
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        used = now.tv_sec * 1000000000LL + now.tv_nsec;
    }
    say("burnt\n");
    sleep_for_ever();
}

static int run_delegate(char **arguments) {
    char path[4096];
    if (setxattr(arguments[0], "user.delegate", "1", 1, 0) != 0) refuse(arguments[0]);
    snprintf(path, sizeof path, "%s/cgroup.procs", arguments[0]);
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) refuse(path);
    write_all(file, "0", 1);
    close(file);
    execv(arguments[1], arguments + 1);
    refuse(arguments[1]);
    return REFUSED;
}

// Input and output --------------------------------------------------------------------------

static int run_print(char **arguments) {
    char line[64];
    long count = atol(arguments[0]);
    for (long number = 1; number <= count; number++) {
        int length = snprintf(line, sizeof line, "line %ld\n", number);
        write_all(STDOUT_FILENO, line, (size_t)length);
    }
    sleep_milliseconds(arguments[1]);
    return 0;
}

static void number_line(char *line, size_t length, uint64_t number) {
    for (int digit = 9; digit >= 0; digit--) {
        line[digit] = (char)('0' + number % 10);
        number /= 10;
    }
    line[10] = ' ';
    memset(line + 11, 'x', length - 12);
    line[length - 1] = '\n';
}

static int run_numbers(char **arguments) {
    static char chunk[2 * CHUNK];
    uint64_t count = strtoull(arguments[0], NULL, 10);
    size_t length = strtoul(arguments[1], NULL, 10), filled = 0;
    int64_t pace = arguments[2] ? atoll(arguments[2]) * 1000 : -1;
    if (length < SHORTEST_LINE || length > CHUNK) return USAGE;
    for (uint64_t number = 1; count == 0 || number <= count; number++) {
        number_line(chunk + filled, length, number);
        filled += length;
        if (pace >= 0) {
            write_all(STDOUT_FILENO, chunk, filled);
            filled = 0;
            sleep_nanoseconds(pace);
        } else if (filled >= CHUNK) {
            // Exactly 64 KB, so that lines are cut between writes as those of real programs are.
            write_all(STDOUT_FILENO, chunk, CHUNK);
            filled -= CHUNK;
            memmove(chunk, chunk + CHUNK, filled);
        }
    }
    write_all(STDOUT_FILENO, chunk, filled);
    return 0;
}

static int run_close_stdout(char **arguments) {
    (void)arguments;
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
    sleep_for_ever();
}

static int run_stderr(char **arguments) {
    write_all(STDERR_FILENO, arguments[0], strlen(arguments[0]));
    write_all(STDERR_FILENO, "\n", 1);
    return atoi(arguments[1]);
}

static int run_echo_stdin(char **arguments) {
    static char bytes[CHUNK];
    (void)arguments;
    for (;;) {
        ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) refuse("read");
        if (count == 0) break;
        write_all(STDOUT_FILENO, bytes, (size_t)count);
    }
    say("end of input\n");
    return 0;
}

/// Waits for bytes that never come, with the pipe's lock held.
static void __attribute__((noreturn)) hold(int pipe) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) refuse("socketpair");
    for (;;) {
        if (splice(ends[0], NULL, pipe, NULL, CHUNK, 0) < 0 && errno != EINTR) refuse("splice");
    }
}

static int run_hold_log(char **arguments) {
    (void)arguments;
    say("holding\n");
    hold(STDOUT_FILENO);
}

static int run_hold_pipe(char **arguments) {
    char path[64];
    sigset_t word;
    int number;
    sigemptyset(&word);
    sigaddset(&word, SIGUSR1);
    sigprocmask(SIG_BLOCK, &word, NULL);
    snprintf(path, sizeof path, "/proc/%d/fd/%d", atoi(arguments[0]), atoi(arguments[1]));
    int pipe = open(path, O_WRONLY | O_CLOEXEC);
    if (pipe < 0) refuse(path);
    if (sigwait(&word, &number) != 0) refuse("sigwait");
    write_all(pipe, "from outside\n", 13);
    hold(pipe);
}

static int run_hold_input(char **arguments) {
    (void)arguments;
    pid_t child = fork_or_refuse();
    if (child == 0) {
        setsid();
        int input = open("/proc/self/fd/0", O_WRONLY | O_CLOEXEC);
        say(input < 0 ? "not held\n" : "held\n");
        if (input < 0 && write(STDIN_FILENO, "x", 1) >= 0) say("but written to\n");
        if (input < 0) _exit(0);
        hold(input);
    }
    sleep_nanoseconds(100000000);
    return 0;
}

static int run_stamp(char **arguments) {
    char line[64];
    int file = open(arguments[0], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (file < 0) refuse(arguments[0]);
    int length = snprintf(line, sizeof line, "%lld %d\n", (long long)started, (int)getpid());
    write_all(file, line, (size_t)length);
    close(file);
    sleep_for_ever();
}

// The table ---------------------------------------------------------------------------------

static const struct mode {
    const char *name;
    int fewest, most;
    int (*run)(char **arguments);
} modes[] = {
    {"sleep", 0, 0, run_sleep},
    {"exit", 1, 2, run_exit},
    {"print", 1, 2, run_print},
    {"numbers", 2, 3, run_numbers},
    {"ignore-term", 0, 0, run_ignore_term},
    {"term-exit", 1, 1, run_term_exit},
    {"slow-term", 1, 1, run_slow_term},
    {"double-fork", 0, 0, run_double_fork},
    {"hold-stdout", 0, 0, run_hold_stdout},
    {"close-stdout", 0, 0, run_close_stdout},
    {"fork-loop", 1, 1, run_fork_loop},
    {"hog", 1, 2, run_hog},
    {"burn", 0, 1, run_burn},
    {"delegate", 2, 2, run_delegate},
    {"stop-self", 0, 0, run_stop_self},
    {"rename", 0, 0, run_rename},
    {"segv", 0, 0, run_segv},
    {"stderr", 2, 2, run_stderr},
    {"echo-stdin", 0, 0, run_echo_stdin},
    {"hold-log", 0, 0, run_hold_log},
    {"hold-pipe", 2, 2, run_hold_pipe},
    {"hold-input", 0, 0, run_hold_input},
    {"stamp", 1, 1, run_stamp},
    {"fuse", 2, 2, run_fuse},
    {"show", 0, 1, run_show},
};

int main(int count, char **arguments) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    started = now.tv_sec * 1000000000LL + now.tv_nsec;
    for (size_t index = 0; count > 1 && index < sizeof modes / sizeof modes[0]; index++) {
        const struct mode *mode = &modes[index];
        if (strcmp(arguments[1], mode->name) != 0) continue;
        if (count - 2 < mode->fewest || count - 2 > mode->most) break;
        return mode->run(arguments + 2);
    }
    fprintf(stderr, "probe: modes and their arguments stand at the top of Tests/Probe/main.c\n");
    return USAGE;
}
