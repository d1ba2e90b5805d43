// libcap, whole: the module map links it.
#include <sys/capability.h>
