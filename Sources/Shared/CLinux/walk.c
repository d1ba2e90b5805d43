// Paths that root may trust: walked one part at a time, each folder looked at through the
// descriptor that the next part is opened by, so that nothing can be put in its place meanwhile.

#define _GNU_SOURCE
#include "child.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/xattr.h>

#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546
#endif

/// A file system in somebody's process says what that somebody likes, also that root owns it.
static bool is_fuse(int descriptor) {
    struct statfs information;
    return fstatfs(descriptor, &information) != 0 || information.f_type == FUSE_SUPER_MAGIC;
}

/// The group's bits are the mask of an access list, where there is one: it may name anybody.
static bool has_access_list(int descriptor) {
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    return getxattr(path, "system.posix_acl_access", NULL, 0) >= 0
        || (errno != ENODATA && errno != EOPNOTSUPP);
}

static bool others_may_write(int descriptor, const struct stat *entry) {
    if (entry->st_uid != 0 || (entry->st_mode & S_IWOTH)) return true;
    if (!(entry->st_mode & S_IWGRP)) return false;
    return entry->st_gid != 0 || has_access_list(descriptor);
}

bool apm_is_roots_alone(int descriptor, uid_t *owner) {
    struct stat opened;
    *owner = 0;
    if (fstat(descriptor, &opened) != 0) return false;
    *owner = opened.st_uid;
    return !is_fuse(descriptor) && !others_may_write(descriptor, &opened);
}

/// Leaves whether only names that root owns already may be used in `folder`. False when others
/// could put something else there at any time.
static bool is_safe(int folder, struct apm_walk *walk) {
    struct stat opened;
    if (fstat(folder, &opened) != 0 || is_fuse(folder)) return false;
    walk->sticky = (opened.st_mode & S_ISVTX) && opened.st_uid == 0
        && (opened.st_mode & (S_IWGRP | S_IWOTH));
    return walk->sticky || apm_is_roots_alone(folder, &walk->owner);
}

static int refuse(int folder, struct apm_walk *walk) {
    close(folder);
    walk->unsafe = true;
    errno = EPERM;
    return -1;
}

static int give_up(int folder, int error) {
    close(folder);
    errno = error;
    return -1;
}

/// Puts the target of the link before what is left of the path. Returns the folder to go on from.
static int follow(int folder, const char *name, char rest[8192], const char *tail) {
    static char joined[8192];
    ssize_t target = readlinkat(folder, name, joined, 4095);
    if (target < 0) return give_up(folder, errno);
    size_t length = strlen(tail);
    if ((size_t)target + length + 1 > sizeof joined) return give_up(folder, ENAMETOOLONG);
    memcpy(joined + target, tail, length + 1);
    memcpy(rest, joined, (size_t)target + length + 1);
    if (rest[0] != '/') return folder;
    close(folder);
    return open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int apm_walk_as_root(const char *path, struct apm_walk *walk) {
    static char rest[8192];
    size_t length = strlen(path);
    memset(walk, 0, sizeof *walk);
    if (length >= 4096) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(rest, path, length + 1);
    char *cursor = rest;
    int folder = open(path[0] == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (int steps = 0; steps < 256 && folder >= 0; steps++) {
        if (!is_safe(folder, walk)) return refuse(folder, walk);
        while (*cursor == '/') cursor++;
        size_t part = strcspn(cursor, "/");
        if (part == 0 || part >= sizeof walk->name)
            return give_up(folder, part == 0 ? EISDIR : ENAMETOOLONG);
        memcpy(walk->name, cursor, part);
        walk->name[part] = 0;
        cursor += part;
        bool last = cursor[strspn(cursor, "/")] == 0;
        struct stat entry;
        if (fstatat(folder, walk->name, &entry, AT_SYMLINK_NOFOLLOW) != 0) {
            if (errno == ENOENT && last) return folder;
            return give_up(folder, errno);
        }
        if (walk->sticky && entry.st_uid != 0) {
            walk->owner = entry.st_uid;
            return refuse(folder, walk);
        }
        if (S_ISLNK(entry.st_mode)) {
            folder = follow(folder, walk->name, rest, cursor);
            cursor = rest;
            continue;
        }
        if (last) return folder;
        int next = openat(
            folder, walk->name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (next < 0) return give_up(folder, errno);
        close(folder);
        folder = next;
    }
    return folder < 0 ? -1 : give_up(folder, ELOOP);
}
