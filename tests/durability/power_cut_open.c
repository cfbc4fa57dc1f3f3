// Files are opened under power_cut.c.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "power_cut_disk.h"

static bool only_reads(int flags) {
  return (flags & O_ACCMODE) == O_RDONLY && (flags & (O_CREAT | O_TRUNC)) == 0;
}

static int open_at(int folder, const char* path, int flags, mode_t mode) {
  struct Place place;
  struct stat before;
  if (only_reads(flags)) return (int)syscall(SYS_openat, folder, path, flags, mode);
  disk_lock();
  if ((flags & O_TMPFILE) == O_TMPFILE || !disk_find(folder, path, &place)) {
    const int opened = (int)syscall(SYS_openat, folder, path, flags, mode);
    const int error = errno;
    if (opened >= 0) disk_opened(opened, (flags & O_TMPFILE) == O_TMPFILE);
    disk_unlock();
    errno = error;
    return opened;
  }
  const bool existed = disk_stat(&place, &before);
  if (!existed || (flags & O_TRUNC) != 0) disk_operation();
  // Its octets are looked at before they are gone.
  const int first = existed ? flags & ~(O_TRUNC | O_CREAT) : flags;
  const int opened = (flags & O_EXCL) != 0 && existed ? (errno = EEXIST, -1)
                                                      : (int)syscall(SYS_openat, folder, path, first, mode);
  int error = errno;
  if (opened >= 0) {
    disk_opened(opened, !existed);
    struct File* file = disk_file(opened);
    if (existed && (flags & O_TRUNC) != 0) {
      if (file != NULL) disk_will_write(file, 0, before.st_size);
      if (syscall(SYS_ftruncate, opened, 0) != 0) error = errno;
    }
    if (!existed) disk_entry(disk_group(), &place, NULL, false);
  }
  disk_unlock();
  errno = error;
  return opened;
}

static mode_t mode_of(int flags, va_list rest) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
}

#define OPEN(name)                               \
  int name(const char* path, int flags, ...) {   \
    va_list rest;                                \
    va_start(rest, flags);                       \
    const mode_t mode = mode_of(flags, rest);    \
    va_end(rest);                                \
    return open_at(AT_FDCWD, path, flags, mode); \
  }
#define OPENAT(name)                                       \
  int name(int folder, const char* path, int flags, ...) { \
    va_list rest;                                          \
    va_start(rest, flags);                                 \
    const mode_t mode = mode_of(flags, rest);              \
    va_end(rest);                                          \
    return open_at(folder, path, flags, mode);             \
  }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
int __open_2(const char* path, int flags) {
  return open_at(AT_FDCWD, path, flags, 0);
}
int __open64_2(const char* path, int flags) {
  return open_at(AT_FDCWD, path, flags, 0);
}
int __openat_2(int folder, const char* path, int flags) {
  return open_at(folder, path, flags, 0);
}
int __openat64_2(int folder, const char* path, int flags) {
  return open_at(folder, path, flags, 0);
}
int creat(const char* path, mode_t mode) {
  return open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}
int creat64(const char* path, mode_t mode) {
  return creat(path, mode);
}

static int make_temporary(char* name, size_t suffix, int flags) {
  static const char kLetters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  const size_t length = strlen(name);
  if (length < 6 + suffix) return errno = EINVAL, -1;
  for (int attempt = 0; attempt < 1000; ++attempt) {
    static unsigned counter;
    unsigned value = ++counter * 2654435761u + (unsigned)getpid();
    for (int i = 0; i < 6; ++i, value = value / 36 + 7919 * (unsigned)i) {
      name[length - suffix - 6 + (size_t)i] = kLetters[value % 36];
    }
    const int opened = open_at(AT_FDCWD, name, O_RDWR | O_CREAT | O_EXCL | flags, 0600);
    if (opened >= 0 || errno != EEXIST) return opened;
  }
  return -1;
}
int mkstemp(char* name) {
  return make_temporary(name, 0, 0);
}
int mkstemp64(char* name) {
  return make_temporary(name, 0, 0);
}
int mkostemp(char* name, int flags) {
  return make_temporary(name, 0, flags);
}
int mkostemp64(char* name, int flags) {
  return make_temporary(name, 0, flags);
}
int mkstemps(char* name, int suffix) {
  return make_temporary(name, (size_t)suffix, 0);
}
