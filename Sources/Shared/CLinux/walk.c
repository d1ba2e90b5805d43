// Paths that root may trust, and who else has a hand in a path: walked one part at a time, each
// folder looked at through the descriptor that the next part is opened by, so that nothing can be
// put in its place meanwhile.

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
    char joined[8192];
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

// Who can change a path -----------------------------------------------------------------------

/// A path that is being looked at.
struct survey {
    struct apm_changers *found;
    char *place;
    char at[APM_PLACE_BYTES]; // the folder it has come to, free of links
};

/// One more who can change what lies at `name` in the folder come to; NULL: the folder itself.
static void add(struct survey *survey, uid_t uid, bool anybody, const char *name) {
    struct apm_changers *found = survey->found;
    if (found->anybody || (!anybody && (uid == 0 || uid == found->who))) return;
    if (found->who != 0) anybody = true;
    if (!anybody) {
        found->who = uid;
        return;
    }
    found->anybody = true;
    if (!survey->place) return;
    const char *at = survey->at[0] || name ? survey->at : "/";
    snprintf(survey->place, APM_PLACE_BYTES, "%s%s%s", at, name ? "/" : "", name ? name : "");
}

/// Group and others, as far as they can be told apart from the owner. A group's members are not
/// known here: all but root's own count as anybody.
static bool is_open(int descriptor, const struct stat *entry) {
    if (is_fuse(descriptor) || (entry->st_mode & S_IWOTH)) return true;
    if (!(entry->st_mode & S_IWGRP)) return false;
    return entry->st_gid != 0 || has_access_list(descriptor);
}

/// The owner of a folder can do all in it; in a sticky one the others can do what they like with
/// names of theirs alone.
static int survey_folder(struct survey *survey, int folder, bool *sticky) {
    struct stat opened;
    if (fstat(folder, &opened) != 0) return -1;
    bool open_to_others = is_open(folder, &opened);
    *sticky = open_to_others && (opened.st_mode & S_ISVTX) && !is_fuse(folder);
    add(survey, opened.st_uid, open_to_others && !*sticky, NULL);
    return 0;
}

static int step_into(struct survey *survey, int folder, const char *name) {
    size_t length = strlen(survey->at);
    int written = snprintf(survey->at + length, sizeof survey->at - length, "/%s", name);
    if ((size_t)written >= sizeof survey->at - length) return give_up(folder, ENAMETOOLONG);
    int next = openat(folder, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (next < 0) return give_up(folder, errno);
    close(folder);
    return next;
}

/// The end of the path must be what is open.
static int survey_file(
    struct survey *survey, int file, const char *name, const struct stat *entry) {
    struct stat opened;
    if (fstat(file, &opened) != 0) return -errno;
    if (entry->st_dev != opened.st_dev || entry->st_ino != opened.st_ino) return -ESTALE;
    add(survey, opened.st_uid, is_open(file, &opened), name);
    return 0;
}

static int survey_path(struct survey *survey, int file, char rest[8192]) {
    char name[256];
    char *cursor = rest;
    int folder = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    for (int steps = 0; steps < 256 && folder >= 0; steps++) {
        bool sticky;
        struct stat entry;
        if (survey_folder(survey, folder, &sticky) != 0) return give_up(folder, errno);
        while (*cursor == '/') cursor++;
        size_t part = strcspn(cursor, "/");
        if (part == 0 || part >= sizeof name)
            return give_up(folder, part == 0 ? EISDIR : ENAMETOOLONG);
        memcpy(name, cursor, part);
        name[part] = 0;
        cursor += part;
        if (fstatat(folder, name, &entry, AT_SYMLINK_NOFOLLOW) != 0)
            return give_up(folder, errno);
        if (sticky) add(survey, entry.st_uid, false, name);
        if (S_ISLNK(entry.st_mode)) {
            folder = follow(folder, name, rest, cursor);
            if (rest[0] == '/') survey->at[0] = 0;
            cursor = rest;
        } else if (cursor[strspn(cursor, "/")] == 0) {
            close(folder);
            int result = survey_file(survey, file, name, &entry);
            errno = -result;
            return result < 0 ? -1 : 0;
        } else {
            folder = step_into(survey, folder, name);
        }
    }
    return folder < 0 ? -1 : give_up(folder, ELOOP);
}

int apm_who_can_change(int file, const char *path, struct apm_changers *found, char *place) {
    struct survey survey = {.found = found, .place = place};
    char rest[8192];
    memset(found, 0, sizeof *found);
    if (place) place[0] = 0;
    size_t length = strlen(path);
    if (path[0] != '/') return -EINVAL;
    if (length >= 4096) return -ENAMETOOLONG;
    memcpy(rest, path, length + 1);
    return survey_path(&survey, file, rest) < 0 ? -errno : 0;
}
