// libseccomp, whole: the module map links it.
#include <seccomp.h>
