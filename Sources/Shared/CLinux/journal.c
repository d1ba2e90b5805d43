// What a process needs to leave shared memory in order when it is killed between two instructions.

#define _GNU_SOURCE
#include "clinux.h"

#include <sys/syscall.h>

// A call to another translation unit, so the compiler of the caller cannot look through it.
void apm_order(void) { __asm__ volatile("" ::: "memory"); }

int64_t apm_file_size(int descriptor) {
    struct stat information;
    if (syscall(SYS_fstat, descriptor, &information) != 0) return -1;
    return S_ISREG(information.st_mode) ? (int64_t)information.st_size : -1;
}

void apm_name_process(const char *name) { (void)prctl(PR_SET_NAME, name, 0, 0, 0); }
