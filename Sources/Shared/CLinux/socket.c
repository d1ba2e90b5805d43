// Datagrams with descriptors, and who is at the other end.

#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <string.h>

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif

ssize_t apm_send(int socket, const void *bytes, size_t count, const int *descriptors, int passed) {
    struct iovec piece = {(void *)bytes, count};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int) * 8)];
    } control;
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
    if (passed > 0) {
        if (passed > 8) return -EINVAL;
        memset(&control, 0, sizeof control);
        message.msg_control = control.room;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)passed);
        struct cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * (size_t)passed);
        memcpy(CMSG_DATA(header), descriptors, sizeof(int) * (size_t)passed);
    }
    ssize_t sent;
    do sent = passed > 0 ? sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL)
                         : sendto(socket, bytes, count, MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

ssize_t apm_receive(
    int socket, void *bytes, size_t capacity, int *descriptors, int *passed, bool *truncated) {
    struct iovec piece = {bytes, capacity};
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof(int) * APM_DESCRIPTORS_RECEIVED_MAX)];
    } control;
    // Room for all that can come: what does not fit is closed by the kernel within this call, and
    // closing can block.
    struct msghdr message = {
        .msg_iov = &piece,
        .msg_iovlen = 1,
        .msg_control = control.room,
        .msg_controllen = sizeof control.room,
    };
    int room = *passed;
    *passed = 0;
    ssize_t received;
    do received = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    while (received < 0 && errno == EINTR);
    if (received < 0) return -errno;
    *truncated = (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t index = 0; index < count; index++) {
            int descriptor;
            memcpy(&descriptor, CMSG_DATA(header) + index * sizeof(int), sizeof(int));
            if (*passed < room) descriptors[(*passed)++] = descriptor;
            else close(descriptor);
        }
    }
    return received;
}

int apm_accept(int listener) {
    int accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    return accepted < 0 ? -errno : accepted;
}

int apm_accept_from(int listener, struct sockaddr_storage *address) {
    socklen_t size = sizeof *address;
    memset(address, 0, sizeof *address);
    int accepted = accept4(
        listener, (struct sockaddr *)address, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    return accepted < 0 ? -errno : accepted;
}

int apm_peer(int socket, pid_t *pid, uid_t *uid, gid_t *gid) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return -errno;
    *pid = peer.pid;
    *uid = peer.uid;
    *gid = peer.gid;
    return 0;
}

int apm_refuse_descriptors(int socket) {
    int no = 0;
    return setsockopt(socket, SOL_SOCKET, SO_PASSRIGHTS, &no, sizeof no) == 0 ? 0 : -errno;
}

int apm_peer_groups(int socket, gid_t *groups, int room) {
    socklen_t size = (socklen_t)((size_t)room * sizeof *groups);
    if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups, &size) != 0) return -errno;
    return (int)(size / sizeof *groups);
}

socklen_t apm_abstract_address(const char *name, struct sockaddr_un *address) {
    size_t length = strlen(name);
    if (length == 0 || length >= sizeof address->sun_path) return 0;
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path + 1, name, length);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length);
}

socklen_t apm_unix_address(const char *path, struct sockaddr_un *address) {
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof address->sun_path) return 0;
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    memcpy(address->sun_path, path, length + 1);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + 1);
}
