// probe show: what a process was started with, as sorted `KEY VALUE` lines on stdout or in FILE.
//
//   env KEY=value     one a variable, sorted     fd N TARGET    one a descriptor, but for FILE's
//   cwd, umask, pid, sid, pgid, keyring          uid, gid       real, effective, saved
//   groups            supplementary, or nothing  nofile         soft, hard
//   blocked, ignored  signal masks in hex        CapEff, CapPrm, CapBnd, CapInh, NoNewPrivs

#define _GNU_SOURCE
#include "probe.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

extern char **environ;

static int by_text(const void *left, const void *right) {
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static void show_environment(FILE *out) {
    size_t count = 0;
    while (environ[count]) count++;
    qsort(environ, count, sizeof *environ, by_text);
    for (size_t index = 0; index < count; index++) fprintf(out, "env %s\n", environ[index]);
}

static int by_number(const void *left, const void *right) {
    return *(const int *)left - *(const int *)right;
}

static void show_descriptors(FILE *out) {
    int numbers[1024];
    size_t count = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (!folder) return;
    for (struct dirent *entry; (entry = readdir(folder)) && count < 1024;) {
        int number = atoi(entry->d_name);
        if (entry->d_name[0] != '.' && number != dirfd(folder)) numbers[count++] = number;
    }
    closedir(folder);
    qsort(numbers, count, sizeof *numbers, by_number);
    for (size_t index = 0; index < count; index++) {
        char path[64], target[PATH_MAX];
        snprintf(path, sizeof path, "/proc/self/fd/%d", numbers[index]);
        ssize_t length = readlink(path, target, sizeof target);
        fprintf(out, "fd %d %.*s\n", numbers[index], length < 0 ? 0 : (int)length, target);
    }
}

static void show_identity(FILE *out) {
    uid_t uid[3];
    gid_t gid[3], groups[256];
    getresuid(&uid[0], &uid[1], &uid[2]);
    getresgid(&gid[0], &gid[1], &gid[2]);
    fprintf(out, "uid %u %u %u\n", uid[0], uid[1], uid[2]);
    fprintf(out, "gid %u %u %u\n", gid[0], gid[1], gid[2]);
    int count = getgroups(256, groups);
    fprintf(out, "groups");
    for (int index = 0; index < count; index++) fprintf(out, " %u", groups[index]);
    fprintf(out, "\n");
}

static void show_session(FILE *out) {
    char folder[PATH_MAX];
    struct rlimit files;
    mode_t mask = umask(0);
    umask(mask);
    fprintf(out, "cwd %s\n", getcwd(folder, sizeof folder) ? folder : "?");
    fprintf(out, "umask %04o\n", mask);
    fprintf(out, "pid %d\nsid %d\npgid %d\n", (int)getpid(), (int)getsid(0), (int)getpgrp());
    // KEYCTL_GET_KEYRING_ID of the session; -1 where the kernel has none.
    fprintf(out, "keyring %ld\n", syscall(SYS_keyctl, 0, -3, 0));
    getrlimit(RLIMIT_NOFILE, &files);
    fprintf(out, "nofile %llu %llu\n", (unsigned long long)files.rlim_cur,
        (unsigned long long)files.rlim_max);
}

/// Signals and capabilities, in the kernel's own words.
static void show_status(FILE *out) {
    static const struct {
        const char *from, *to;
    } rows[] = {
        {"SigBlk", "blocked"}, {"SigIgn", "ignored"}, {"CapInh", "CapInh"}, {"CapPrm", "CapPrm"},
        {"CapEff", "CapEff"}, {"CapBnd", "CapBnd"}, {"NoNewPrivs", "NoNewPrivs"},
    };
    char line[256], key[64], value[128];
    FILE *status = fopen("/proc/self/status", "re");
    if (!status) return;
    while (fgets(line, sizeof line, status)) {
        if (sscanf(line, "%63[^:]: %127s", key, value) != 2) continue;
        for (size_t index = 0; index < sizeof rows / sizeof rows[0]; index++) {
            if (strcmp(key, rows[index].from) == 0) fprintf(out, "%s %s\n", rows[index].to, value);
        }
    }
    fclose(status);
}

int run_show(char **arguments) {
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);
    if (!out) return 71;
    // First, before anything else is open.
    show_descriptors(out);
    show_identity(out);
    show_session(out);
    show_status(out);
    show_environment(out);
    fclose(out);
    int file = arguments[0] ? open(arguments[0], O_WRONLY | O_APPEND | O_CREAT, 0666) : 1;
    if (file < 0) return 71;
    write_all(file, text, length);
    free(text);
    return 0;
}
