// Extended attributes: access lists, labels, and what people note at their files.

#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <string.h>
#include <sys/xattr.h>

enum { ATTRIBUTE_BYTES = 64 * 1024 };

/// Labels that the system gives by itself may be refused.
static bool may_be_left(const char *name) {
    return strncmp(name, "security.", 9) == 0 || strncmp(name, "trusted.", 8) == 0;
}

int apm_copy_attributes(int from, int to) {
    static char names[ATTRIBUTE_BYTES];
    static char value[ATTRIBUTE_BYTES];
    ssize_t length = flistxattr(from, names, sizeof names);
    if (length < 0) return errno == EOPNOTSUPP ? 0 : -errno;
    for (ssize_t at = 0; at < length; at += (ssize_t)strlen(names + at) + 1) {
        const char *name = names + at;
        ssize_t size = fgetxattr(from, name, value, sizeof value);
        bool copied = size >= 0 && fsetxattr(to, name, value, (size_t)size, 0) == 0;
        if (!copied && errno != ENODATA && !may_be_left(name)) return -errno;
    }
    return 0;
}
