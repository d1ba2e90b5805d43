// A file system whose server does not answer: one empty file `log` in a folder. What is asked to
// find and open it is answered; flush, write and all the rest never are.

#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_NODE = 2 };

static char question[256 * 1024];
static unsigned owner;

static void answer(int device, const void *body, size_t size, int error) {
    const struct fuse_in_header *asked = (const void *)question;
    struct {
        struct fuse_out_header header;
        char body[512];
    } reply = {.header = {sizeof reply.header + (unsigned)size, -error, asked->unique}};
    memcpy(reply.body, body, size);
    if (write(device, &reply, reply.header.len) < 0) perror("answer");
}

static struct fuse_attr attributes(uint64_t node) {
    return (struct fuse_attr){
        .ino = node,
        .mode = node == FILE_NODE ? S_IFREG | 0600 : S_IFDIR | 0755,
        .nlink = 1,
        .uid = owner,
        .gid = owner,
    };
}

static void look_up(int device, const char *name) {
    struct fuse_entry_out entry = {.nodeid = FILE_NODE, .attr = attributes(FILE_NODE)};
    if (strcmp(name, "log") == 0) answer(device, &entry, sizeof entry, 0);
    else answer(device, NULL, 0, ENOENT);
}

static void greet(int device) {
    struct fuse_init_out init = {
        .major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 65536, .max_readahead = 65536};
    answer(device, &init, sizeof init, 0);
}

static void serve(int device) {
    const struct fuse_in_header *asked = (const void *)question;
    struct fuse_attr_out attribute = {.attr = attributes(asked->nodeid)};
    struct fuse_open_out opened = {.fh = 1};
    struct fuse_statfs_out space = {.st = {.bsize = 4096, .namelen = 255}};
    switch (asked->opcode) {
    case FUSE_INIT: return greet(device);
    case FUSE_LOOKUP: return look_up(device, (const char *)(asked + 1));
    case FUSE_GETATTR: return answer(device, &attribute, sizeof attribute, 0);
    case FUSE_OPEN: return answer(device, &opened, sizeof opened, 0);
    case FUSE_STATFS: return answer(device, &space, sizeof space, 0);
    case FUSE_ACCESS: return answer(device, NULL, 0, 0);
    default: return;
    }
}

int run_fuse(char **arguments) {
    owner = (unsigned)atoi(arguments[1]);
    int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
    char options[128];
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=%u,group_id=%u,allow_other",
             device, geteuid(), getegid());
    if (device < 0 || mount("probe", arguments[0], "fuse", MS_NOSUID | MS_NODEV, options) != 0) {
        perror("fuse");
        return 71;
    }
    // The mount is what others see first: the kernel's greeting waits for nobody.
    while (read(device, question, sizeof question) > 0 || errno == EINTR || errno == ENOENT)
        serve(device);
    return 0;
}
