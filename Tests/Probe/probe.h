// What the files of probe share.
#pragma once

#include <stddef.h>
#include <sys/wait.h>

/// Writes all of it, or ends the process with 71.
void write_all(int descriptor, const char *bytes, size_t count);

/// The mode `fuse`: a file system that stalls.
int run_fuse(char **arguments);

/// The mode `show`: everything that a process is started with, one `KEY VALUE` a line.
int run_show(char **arguments);
