// ptrace: attach, borrow the registers for one call, look what becomes of it.

#define _GNU_SOURCE
#include "injection.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
typedef struct user_regs_struct registers;
static void prepare(registers *r, long number, const int64_t a[6]) {
    // Stopped in epoll_wait: the instruction before is `syscall`. orig_rax -1: no restart of it.
    r->rip -= 2;
    r->rax = (unsigned long long)number;
    r->orig_rax = (unsigned long long)-1;
    r->rdi = (unsigned long long)a[0];
    r->rsi = (unsigned long long)a[1];
    r->rdx = (unsigned long long)a[2];
    r->r10 = (unsigned long long)a[3];
    r->r8 = (unsigned long long)a[4];
    r->r9 = (unsigned long long)a[5];
}
static uint64_t stack_of(const registers *r) { return r->rsp; }
static int64_t result_of(const registers *r) { return (int64_t)r->rax; }
#elif defined(__aarch64__)
typedef struct user_regs_struct registers;
static void prepare(registers *r, long number, const int64_t a[6]) {
    r->pc -= 4;
    r->regs[8] = (unsigned long long)number;
    for (int i = 0; i < 6; i++) r->regs[i] = (unsigned long long)a[i];
}
static uint64_t stack_of(const registers *r) { return r->sp; }
static int64_t result_of(const registers *r) { return (int64_t)r->regs[0]; }
#endif

static int get(pid_t pid, registers *r) {
    struct iovec piece = {r, sizeof *r};
    return (int)ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &piece);
}

static int set(pid_t pid, registers *r) {
    struct iovec piece = {r, sizeof *r};
    return (int)ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &piece);
}

static struct injection ended(int end, int64_t result) {
    struct injection injection = {end, result};
    return injection;
}

static struct injection give_up(pid_t pid) {
    int error = errno;
    ptrace(PTRACE_DETACH, pid, 0, 0);
    return ended(INJECTION_FAILED, error);
}

struct injection inject_call(pid_t pid, long number, const int64_t arguments[6], const char *text) {
    int status;
    registers saved, used;
    if (ptrace(PTRACE_SEIZE, pid, 0, 0) != 0) return ended(INJECTION_FAILED, errno);
    if (ptrace(PTRACE_INTERRUPT, pid, 0, 0) != 0) return give_up(pid);
    if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status)) return give_up(pid);
    if (get(pid, &saved) != 0) return give_up(pid);
    used = saved;
    uint64_t place = stack_of(&saved) - 8192;
    struct iovec here = {(void *)text, strlen(text) + 1};
    struct iovec there = {(void *)(uintptr_t)place, strlen(text) + 1};
    if (process_vm_writev(pid, &here, 1, &there, 1, 0) < 0) return give_up(pid);
    int64_t filled[6];
    for (int i = 0; i < 6; i++)
        filled[i] = arguments[i] == INJECTION_TEXT ? (int64_t)place : arguments[i];
    prepare(&used, number, filled);
    if (set(pid, &used) != 0 || ptrace(PTRACE_SINGLESTEP, pid, 0, 0) != 0) return give_up(pid);
    if (waitpid(pid, &status, __WALL) != pid) return give_up(pid);
    if (WIFSIGNALED(status)) return ended(INJECTION_KILLED, WTERMSIG(status));
    if (WIFSTOPPED(status) && WSTOPSIG(status) == SIGSYS) {
        ptrace(PTRACE_CONT, pid, 0, SIGSYS);
        waitpid(pid, &status, __WALL);
        return ended(INJECTION_KILLED, SIGSYS);
    }
    if (get(pid, &used) != 0) return give_up(pid);
    int64_t result = result_of(&used);
    set(pid, &saved);
    ptrace(PTRACE_DETACH, pid, 0, 0);
    return ended(INJECTION_RETURNED, result);
}

struct named {
    const char *name;
    long number;
};

#define CALL(name) {#name, SYS_##name}
static const struct named table[] = {
    CALL(openat), CALL(socket), CALL(connect), CALL(bind), CALL(listen), CALL(accept4),
    CALL(clone), CALL(clone3), CALL(execve), CALL(execveat), CALL(kill), CALL(tgkill),
    CALL(ptrace), CALL(sendmsg), CALL(ftruncate), CALL(pwrite64), CALL(pwritev), CALL(fcntl),
    CALL(mmap), CALL(mprotect), CALL(splice), CALL(unshare), CALL(setns), CALL(setresuid),
    CALL(unlinkat), CALL(renameat2), CALL(memfd_create), CALL(prctl), CALL(process_vm_readv),
    CALL(pidfd_open), CALL(pidfd_send_signal), CALL(io_uring_setup), CALL(bpf), CALL(mount),
    CALL(fallocate), CALL(dup3), CALL(sendfile), CALL(prlimit64), CALL(getpid), CALL(chdir),
    CALL(userfaultfd), CALL(keyctl), CALL(perf_event_open), CALL(ioctl), CALL(sendmmsg),
    CALL(copy_file_range), CALL(vmsplice), CALL(linkat), CALL(fchmod), CALL(fchown),
    CALL(setresgid), CALL(setgroups), CALL(sendto), CALL(write), CALL(getsockopt),
    CALL(setsockopt),
};

long injection_number(const char *name) {
    for (unsigned i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].name, name) == 0) return table[i].number;
    return -1;
}

long injection_keyring(void) { return syscall(SYS_keyctl, 0 /* GET_KEYRING_ID */, -3, 0); }
