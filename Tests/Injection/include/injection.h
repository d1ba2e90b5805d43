// Makes a running process perform a system call that it never would: how tests show what a
// compromised helper cannot do.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum injection_end {
    INJECTION_RETURNED = 0, // `result` is what the call returned (-errno)
    INJECTION_KILLED = 1,   // `result` is the signal
    INJECTION_FAILED = 2,   // `result` is the errno of ptrace
};

struct injection {
    int end;
    int64_t result;
};

/// Attaches to `pid`, performs the call with six arguments, puts the registers back and detaches.
/// An argument equal to INJECTION_TEXT is replaced by the address of `text` in the target's stack.
struct injection inject_call(pid_t pid, long number, const int64_t arguments[6], const char *text);

#define INJECTION_TEXT INT64_C(0x7ABCDEF012345678)

/// The session keyring of this process; -1 where the kernel has none.
long injection_keyring(void);

/// Numbers of this architecture; -1 where there is no such call.
long injection_number(const char *name);
