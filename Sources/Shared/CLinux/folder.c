// Folders as a watcher reads them: entry by entry, without what the C library would allocate and
// ask beside.

#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <sys/syscall.h>

int apm_open_folder(const char *path, bool follows) {
    int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK | (follows ? 0 : O_NOFOLLOW);
    int folder;
    do folder = open(path, flags);
    while (folder < 0 && errno == EINTR);
    return folder < 0 ? -errno : folder;
}

ssize_t apm_read_folder(int folder, void *entries, size_t room) {
    ssize_t count = syscall(SYS_getdents64, folder, entries, room);
    return count < 0 ? -errno : count;
}

int apm_watcher(void) {
    int watcher = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    return watcher < 0 ? -errno : watcher;
}

int apm_watch_folder(int watcher, const char *path, uint32_t events, bool follows) {
    uint32_t mask = events | IN_ONLYDIR | IN_EXCL_UNLINK | (follows ? 0 : IN_DONT_FOLLOW);
    int watch = inotify_add_watch(watcher, path, mask);
    return watch < 0 ? -errno : watch;
}

void apm_forget_folder(int watcher, int watch) { (void)inotify_rm_watch(watcher, watch); }
