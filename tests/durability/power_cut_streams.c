// Streams of the C library (FILE) under power_cut.c.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "power_cut_disk.h"

// Streams of the C library write by calls that nobody else sees: those that may write here get functions of
// ours.

struct Stream {
  int descriptor;
  FILE* file;
  struct Stream* next;
};
static struct Stream* streams;

static ssize_t stream_read(void* cookie, char* data, size_t octets) {
  return syscall(SYS_read, ((struct Stream*)cookie)->descriptor, data, octets);
}
static ssize_t stream_write(void* cookie, const char* data, size_t octets) {
  const ssize_t written = write(((struct Stream*)cookie)->descriptor, data, octets);
  return written < 0 ? 0 : written;
}
static int stream_seek(void* cookie, off64_t* at, int whence) {
  const off_t found = lseek(((struct Stream*)cookie)->descriptor, *at, whence);
  if (found < 0) return -1;
  *at = found;
  return 0;
}
static int stream_close(void* cookie) {
  struct Stream* stream = cookie;
  disk_lock();
  struct Stream** at = &streams;
  while (*at != stream) at = &(*at)->next;
  *at = stream->next;
  disk_unlock();
  const int result = (int)syscall(SYS_close, stream->descriptor);
  free(stream);
  return result;
}

static FILE* open_stream(int descriptor, const char* mode) {
  const cookie_io_functions_t functions = {stream_read, stream_write, stream_seek, stream_close};
  struct Stream* stream = malloc(sizeof *stream);
  *stream = (struct Stream){.descriptor = descriptor, .file = fopencookie(stream, mode, functions)};
  disk_lock();
  stream->next = streams;
  streams = stream;
  disk_unlock();
  return stream->file;
}

FILE* fopen(const char* path, const char* mode) {
  static FILE* (*real)(const char*, const char*);
  struct Place place;
  if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, "fopen");
  const bool updates = strchr(mode, '+') != NULL;
  if (*mode == 'r' && !updates) return real(path, mode);
  disk_lock();
  const bool is_ours = disk_find(AT_FDCWD, path, &place);
  disk_unlock();
  if (!is_ours) return real(path, mode);
  int flags = (updates ? O_RDWR : O_WRONLY) | (strchr(mode, 'e') != NULL ? O_CLOEXEC : 0);
  if (*mode != 'r') flags |= O_CREAT | (*mode == 'w' ? O_TRUNC : O_APPEND);
  if (strchr(mode, 'x') != NULL) flags |= O_EXCL;
  const int opened = open(path, flags, 0666);
  return opened < 0 ? NULL : open_stream(opened, mode);
}
FILE* fopen64(const char* path, const char* mode) {
  return fopen(path, mode);
}
FILE* fdopen(int descriptor, const char* mode) {
  static FILE* (*real)(int, const char*);
  if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, "fdopen");
  disk_lock();
  const bool is_ours = disk_file(descriptor) != NULL;
  disk_unlock();
  return is_ours && (*mode != 'r' || strchr(mode, '+') != NULL) ? open_stream(descriptor, mode)
                                                                : real(descriptor, mode);
}
int fileno(FILE* file) {
  static int (*real)(FILE*);
  if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, "fileno");
  disk_lock();
  const struct Stream* stream = streams;
  while (stream != NULL && stream->file != file) stream = stream->next;
  const int descriptor = stream == NULL ? -1 : stream->descriptor;
  disk_unlock();
  return descriptor >= 0 ? descriptor : real(file);
}
int fileno_unlocked(FILE* file) {
  return fileno(file);
}
