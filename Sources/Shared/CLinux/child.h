// What the files that make children share: the way into a child, its rights, and paths that only
// root can change.
#pragma once

#include "clinux.h"

/// A child in a copy of this process: 0 in the child, its pid here, or -errno.
pid_t apm_clone_child(int group_fd, int *pidfd);

/// The process that asked keeps its permitted capabilities out of effect; a child on its way down
/// needs them.
void apm_raise_permitted(void);

/// Becomes another user for good; without any capability unless that user is root. Returns 0, or
/// -1 with errno.
int apm_become(uid_t uid, gid_t gid, const gid_t *groups, size_t count);

/// Closes all but standard input, output and error and what is listed.
void apm_close_all_but(const int *kept, int count);

/// A path on its way through folders that root alone can change.
struct apm_walk {
    char name[256]; // the last part, as it is called in the folder returned
    bool sticky;    // others may make names in that folder, but not change root's
    bool unsafe;    // why it failed: somebody else could put another thing there
    uid_t owner;    // whom it belongs to then; 0: root, who lets others write
};

/// Opens the folder that holds the last part of `path`. Every folder on the way must be root's and
/// writable by root alone; in a sticky one (like /tmp) the next part must be root's already.
/// Symbolic links are followed where only root can have made them. The last part is no link, or
/// does not exist. Returns the folder, or -1 with errno.
int apm_walk_as_root(const char *path, struct apm_walk *walk);

/// Whether root alone can change the open file or folder; leaves whom it belongs to.
bool apm_is_roots_alone(int descriptor, uid_t *owner);
