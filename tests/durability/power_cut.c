// A library for LD_PRELOAD under which a process loses power: see power_cut_disk.c for what that means.
//
//   cc -shared -fPIC -O1 -o power_cut.so power_cut.c power_cut_*.c
//
//   POWER_CUT_FOLDER   what is watched, all below it; FOLDER.kept is made beside it
//   POWER_CUT_CONTROL  a FIFO: "now" cuts at once, "after N" before the Nth operation from there
//   POWER_CUT_AFTER    N, from the start
//   POWER_CUT_SEED     of everything random
//   POWER_CUT_REPORT   a file that gets a line of JSON about the cut
//   POWER_CUT_SCRATCH  endings of names that may be mapped for writing, with colons between them
//   POWER_CUT_ENTRIES  with-files: a file's sync brings its entry along
//
// Here are the calls that change a file system. Each does what the C library does, and says what it is about
// to do.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "power_cut_disk.h"

// Writing.

static ssize_t write_at(int descriptor, const struct iovec* pieces, int count, off_t at, int flags) {
  struct File* file;
  const bool here = at < 0;
  disk_lock();
  if ((file = disk_file(descriptor)) == NULL) {
    disk_unlock();
    if (here && flags == 0) return syscall(SYS_writev, descriptor, pieces, count);
    return syscall(SYS_pwritev2, descriptor, pieces, count, at, 0, flags);
  }
  disk_operation();
  size_t octets = 0;
  for (int i = 0; i < count; ++i) octets += pieces[i].iov_len;
  const int status = fcntl(descriptor, F_GETFL);
  struct stat now;
  off_t begin = here ? lseek(descriptor, 0, SEEK_CUR) : at;
  if ((status & O_APPEND) != 0 && fstat(descriptor, &now) == 0) begin = now.st_size;
  disk_will_write(file, begin, begin + (off_t)octets);
  const ssize_t written = here ? syscall(SYS_writev, descriptor, pieces, count)
                               : syscall(SYS_pwritev2, descriptor, pieces, count, at, 0, 0);
  const int error = errno;
  if (written > 0 && ((status & O_DSYNC) != 0 || (flags & (RWF_DSYNC | RWF_SYNC)) != 0)) {
    disk_synced_range(file, begin, begin + written);
  } else {
    disk_write_back(file);
  }
  disk_unlock();
  errno = error;
  return written;
}

ssize_t write(int descriptor, const void* data, size_t octets) {
  const struct iovec piece = {(void*)data, octets};
  return write_at(descriptor, &piece, 1, -1, 0);
}
ssize_t pwrite(int descriptor, const void* data, size_t octets, off_t at) {
  const struct iovec piece = {(void*)data, octets};
  if (at < 0) return errno = EINVAL, -1;
  return write_at(descriptor, &piece, 1, at, 0);
}
ssize_t pwrite64(int descriptor, const void* data, size_t octets, off_t at) {
  return pwrite(descriptor, data, octets, at);
}
ssize_t writev(int descriptor, const struct iovec* pieces, int count) {
  return write_at(descriptor, pieces, count, -1, 0);
}
ssize_t pwritev(int descriptor, const struct iovec* pieces, int count, off_t at) {
  if (at < 0) return errno = EINVAL, -1;
  return write_at(descriptor, pieces, count, at, 0);
}
ssize_t pwritev64(int descriptor, const struct iovec* pieces, int count, off_t at) {
  return pwritev(descriptor, pieces, count, at);
}
ssize_t pwritev2(int descriptor, const struct iovec* pieces, int count, off_t at, int flags) {
  return write_at(descriptor, pieces, count, at, flags);
}
ssize_t pwritev64v2(int descriptor, const struct iovec* pieces, int count, off_t at, int flags) {
  return write_at(descriptor, pieces, count, at, flags);
}

// What would write behind our back has to be done by writing.
ssize_t copy_file_range(int from, off_t* from_at, int to, off_t* to_at, size_t octets, unsigned flags) {
  disk_lock();
  const bool is_ours = disk_file(to) != NULL;
  disk_unlock();
  if (is_ours) return errno = EXDEV, -1;
  return syscall(SYS_copy_file_range, from, from_at, to, to_at, octets, flags);
}
ssize_t sendfile(int to, int from, off_t* at, size_t octets) {
  disk_lock();
  const bool is_ours = disk_file(to) != NULL;
  disk_unlock();
  if (is_ours) return errno = EINVAL, -1;
  return syscall(SYS_sendfile, to, from, at, octets);
}
ssize_t sendfile64(int to, int from, off_t* at, size_t octets) {
  return sendfile(to, from, at, octets);
}
void* mmap(void* address, size_t octets, int protection, int flags, int descriptor, off_t at) {
  if ((protection & PROT_WRITE) != 0 && (flags & MAP_SHARED) != 0 && descriptor >= 0) {
    disk_lock();
    const struct File* file = disk_file(descriptor);
    const bool refused = file != NULL && !disk_is_scratch(file);
    disk_unlock();
    if (refused) return errno = EACCES, MAP_FAILED;
  }
  return (void*)syscall(SYS_mmap, address, octets, protection, flags, descriptor, at);
}
void* mmap64(void* address, size_t octets, int protection, int flags, int descriptor, off_t at) {
  return mmap(address, octets, protection, flags, descriptor, at);
}

int ftruncate(int descriptor, off_t octets) {
  struct stat now;
  disk_lock();
  struct File* file = disk_file(descriptor);
  if (file != NULL) {
    disk_operation();
    if (fstat(descriptor, &now) == 0) disk_will_write(file, octets, now.st_size);
  }
  const int result = (int)syscall(SYS_ftruncate, descriptor, octets);
  const int error = errno;
  disk_unlock();
  errno = error;
  return result;
}
int ftruncate64(int descriptor, off_t octets) {
  return ftruncate(descriptor, octets);
}
int truncate(const char* path, off_t octets) {
  const int opened = open(path, O_WRONLY | O_CLOEXEC);
  if (opened < 0) return -1;
  const int result = ftruncate(opened, octets), error = errno;
  syscall(SYS_close, opened);
  errno = error;
  return result;
}
int truncate64(const char* path, off_t octets) {
  return truncate(path, octets);
}

int fallocate(int descriptor, int mode, off_t at, off_t octets) {
  disk_lock();
  struct File* file = disk_file(descriptor);
  if (file != NULL) {
    disk_operation();
    if ((mode & (FALLOC_FL_COLLAPSE_RANGE | FALLOC_FL_INSERT_RANGE)) != 0)
      return disk_unlock(), errno = EOPNOTSUPP, -1;
    if ((mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) != 0) disk_will_write(file, at, at + octets);
  }
  const int result = (int)syscall(SYS_fallocate, descriptor, mode, at, octets);
  const int error = errno;
  disk_unlock();
  errno = error;
  return result;
}
int fallocate64(int descriptor, int mode, off_t at, off_t octets) {
  return fallocate(descriptor, mode, at, octets);
}
int posix_fallocate(int descriptor, off_t at, off_t octets) {
  return fallocate(descriptor, 0, at, octets) == 0 ? 0 : errno;
}
int posix_fallocate64(int descriptor, off_t at, off_t octets) {
  return posix_fallocate(descriptor, at, octets);
}

// Syncing.

static int sync_file(int descriptor, long call) {
  struct stat status;
  disk_lock();
  struct File* file = disk_file(descriptor);
  const bool is_folder = fstat(descriptor, &status) == 0 && S_ISDIR(status.st_mode);
  if (file == NULL && !is_folder) {
    disk_unlock();
    return (int)syscall(call, descriptor);
  }
  disk_operation();
  file != NULL ? disk_synced(file) : disk_synced_folder(descriptor);
  disk_unlock();
  return 0;
}
int fsync(int descriptor) {
  return sync_file(descriptor, SYS_fsync);
}
int fdatasync(int descriptor) {
  return sync_file(descriptor, SYS_fdatasync);
}
void sync(void) {
  disk_lock();
  disk_operation();
  disk_synced_all();
  disk_unlock();
}
int syncfs(int descriptor) {
  return sync(), (void)descriptor, 0;
}

// Names.

static int rename_at(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) {
  struct Place source, target;
  struct stat moved, replaced;
  disk_lock();
  const bool from_ours = disk_find(from_folder, from, &source), to_ours = disk_find(to_folder, to, &target);
  if (from_ours || to_ours) disk_operation();
  // What comes from elsewhere or goes there would be half of it.
  if (from_ours != to_ours) return disk_unlock(), errno = EXDEV, -1;
  if (from_ours && (flags & RENAME_EXCHANGE) != 0) return disk_unlock(), errno = EINVAL, -1;
  const bool is_noted = from_ours && disk_stat(&source, &moved) && !S_ISDIR(moved.st_mode);
  const bool had_target = is_noted && disk_stat(&target, &replaced);
  if (is_noted) disk_keep(&source, &moved);
  if (had_target) disk_keep(&target, &replaced);
  const int result = (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
  const int error = errno;
  if (result == 0 && is_noted) {
    const uint64_t group = disk_group();
    disk_entry(group, &source, &moved, false);
    disk_entry(group, &target, had_target ? &replaced : NULL, false);
  }
  disk_unlock();
  errno = error;
  return result;
}
int rename(const char* from, const char* to) {
  return rename_at(AT_FDCWD, from, AT_FDCWD, to, 0);
}
int renameat(int from_folder, const char* from, int to_folder, const char* to) {
  return rename_at(from_folder, from, to_folder, to, 0);
}
int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) {
  return rename_at(from_folder, from, to_folder, to, flags);
}

int unlinkat(int folder, const char* path, int flags) {
  struct Place place;
  struct stat before;
  disk_lock();
  const bool is_ours = disk_find(folder, path, &place);
  if (is_ours) disk_operation();
  const bool is_noted =
      is_ours && (flags & AT_REMOVEDIR) == 0 && disk_stat(&place, &before) && !S_ISDIR(before.st_mode);
  if (is_noted) disk_keep(&place, &before);
  const int result = (int)syscall(SYS_unlinkat, folder, path, flags);
  const int error = errno;
  if (result == 0 && is_noted) disk_entry(disk_group(), &place, &before, false);
  disk_unlock();
  errno = error;
  return result;
}
int unlink(const char* path) {
  return unlinkat(AT_FDCWD, path, 0);
}
int rmdir(const char* path) {
  return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}
int remove(const char* path) {
  const int result = unlink(path);
  return result != 0 && errno == EISDIR ? rmdir(path) : result;
}

// A name that there was not before.
#define MAKE(folder, path, is_folder, call)                                      \
  struct Place place;                                                            \
  disk_lock();                                                                   \
  const bool is_ours = disk_find(folder, path, &place);                          \
  if (is_ours) disk_operation();                                                 \
  const int result = (int)(call);                                                \
  const int error = errno;                                                       \
  if (result == 0 && is_ours) disk_entry(disk_group(), &place, NULL, is_folder); \
  disk_unlock();                                                                 \
  errno = error;                                                                 \
  return result;

int linkat(int from_folder, const char* from, int folder, const char* path, int flags) {
  MAKE(folder, path, false, syscall(SYS_linkat, from_folder, from, folder, path, flags))
}
int link(const char* from, const char* path) {
  return linkat(AT_FDCWD, from, AT_FDCWD, path, 0);
}
int symlinkat(const char* from, int folder, const char* path) {
  MAKE(folder, path, false, syscall(SYS_symlinkat, from, folder, path))
}
int symlink(const char* from, const char* path) {
  return symlinkat(from, AT_FDCWD, path);
}
int mkdirat(int folder, const char* path, mode_t mode) {
  MAKE(folder, path, true, syscall(SYS_mkdirat, folder, path, mode))
}
int mkdir(const char* path, mode_t mode) {
  return mkdirat(AT_FDCWD, path, mode);
}
