// What a disk would hold of one folder if the power went away.
//
// The model. The process reads and writes the folder as ever. Beside it is kept what the disk is sure to
// hold: of each page (4 KiB) that was written and not yet synced, what it held before; the length of each
// file when it was synced; and of each change of an entry of a folder that was not yet synced, what the name
// stood for. At the cut:
//
// Pages. One that was not synced holds what it held, or what was written to it, or of some sectors (512
// octets) this and of some that. Pages reach the disk at any time before, too, as the kernel has it: now and
// then one that was written counts as arrived.
//
// Lengths. A file that became longer has its old length, its new one or one between, with zeros where
// nothing arrived; one that became shorter has either.
//
// Entries. Of the changes of a folder (a file made, removed, renamed, linked, a folder made) the first so
// many happened and the rest did not. A file whose entry did not arrive is gone, whatever was synced of it.
// A rename over another file is one step, also between two folders. With POWER_CUT_ENTRIES=with-files each
// sync brings along all changes of entries before it, as file systems with one journal have it (ext4, XFS)
// beyond what POSIX says.
//
// What fsync, fdatasync, sync, syncfs or a write with O_DSYNC, O_SYNC or RWF_DSYNC has returned for is held,
// all of it: disks that lie about that are not part of the model. sync_file_range and msync promise nothing.
// No such call reaches the real disk: nothing there is at stake, and a run takes minutes, not hours.
//
// Its limits. It knows calls of the C library, of one process: neither bare system calls, io_uring nor
// children's. Writing through a shared mapping is refused, but for names that end like one of
// POWER_CUT_SCRATCH (an index that is made anew, such as -shm of SQLite): they hold at the cut what they
// held, zeros, or nothing. Modes, owners and times are not part of it. The removal of a folder, and its
// renaming, count as synced at once. What was not synced when a process ended otherwise is held: only a cut
// loses anything.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "power_cut_state.h"

enum {
  kPageOctets = 4096,
  kSectorOctets = 512,
  kBuckets = 4096,
  kOwnDescriptorsFrom = 500,
};

struct File {
  dev_t device;
  ino_t number;
  int descriptor;  // our own: closing another one would take the process's locks away
  bool scratch;
  int64_t durable_octets;
  uint8_t** before;  // by page; NULL for one that is as on the disk
  size_t pages;
  struct File* next;
};

static struct File* files[kBuckets];

void die(const char* what) {
  dprintf(STDERR_FILENO, "power_cut: %s\n", what);
  abort();
}

void* room(void* old, size_t octets) {
  void* memory = realloc(old, octets);
  if (memory == NULL) die("no memory");
  return memory;
}

bool is_below(const char* path) {
  return watched_length > 0 && strncmp(path, watched, watched_length) == 0 &&
         (path[watched_length] == '/' || path[watched_length] == '\0');
}

bool path_of(int descriptor, char* path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t length = readlink(link, path, kPathOctetsMax - 1);
  if (length < 0) return false;
  path[length] = '\0';
  return true;
}

bool disk_find(int folder, const char* path, struct Place* place) {
  if (watched_length == 0) return false;
  const char* slash = strrchr(path, '/');
  const char* name = slash == NULL ? path : slash + 1;
  char parent[kPathOctetsMax] = ".";
  if (slash != NULL) snprintf(parent, sizeof parent, "%.*s", (int)(slash - path + 1), path);
  if (*name == '\0' || strlen(name) >= kNameOctetsMax) return false;
  const int opened = (int)syscall(SYS_openat, folder, parent, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
  if (opened < 0) return false;
  const bool found = path_of(opened, place->folder) && is_below(place->folder);
  syscall(SYS_close, opened);
  strcpy(place->name, name);
  return found;
}

bool disk_stat(const struct Place* place, struct stat* found) {
  char path[kPathOctetsMax + kNameOctetsMax];
  snprintf(path, sizeof path, "%s/%s", place->folder, place->name);
  return lstat(path, found) == 0;
}

struct File* disk_file_of(const struct stat* status) {
  struct File* file = files[status->st_ino % kBuckets];
  while (file != NULL && (file->number != status->st_ino || file->device != status->st_dev))
    file = file->next;
  return file;
}

struct File* disk_file(int descriptor) {
  struct stat status;
  if (watched_length == 0 || fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return NULL;
  return disk_file_of(&status);
}

bool disk_is_scratch(const struct File* file) {
  return file->scratch;
}

static int64_t octets_of(const struct File* file) {
  struct stat status;
  return fstat(file->descriptor, &status) == 0 ? status.st_size : 0;
}

static bool ends_like_scratch(const char* path) {
  char names[512], *rest = NULL;
  snprintf(names, sizeof names, "%s", scratch_names);
  for (char* name = strtok_r(names, ":", &rest); name != NULL; name = strtok_r(NULL, ":", &rest)) {
    const size_t length = strlen(path), ending = strlen(name);
    if (length >= ending && strcmp(path + length - ending, name) == 0) return true;
  }
  return false;
}

void disk_opened(int descriptor, bool created) {
  char path[kPathOctetsMax], link[64];
  struct stat status;
  if (fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return;
  if (!path_of(descriptor, path) || !is_below(path)) return;
  struct File* file = disk_file_of(&status);
  if (file != NULL) return;
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const int own = (int)syscall(SYS_openat, AT_FDCWD, link, O_RDWR | O_CLOEXEC, 0);
  if (own < 0) die("a file cannot be opened for reading and writing");
  file = room(NULL, sizeof *file);
  *file = (struct File){.device = status.st_dev, .number = status.st_ino, .scratch = ends_like_scratch(path)};
  file->descriptor = fcntl(own, F_DUPFD_CLOEXEC, kOwnDescriptorsFrom);
  if (file->descriptor < 0 || file->descriptor >= kDescriptorsMax) die("too many files are open");
  syscall(SYS_close, own);
  file->durable_octets = created ? 0 : status.st_size;
  file->next = files[status.st_ino % kBuckets];
  files[status.st_ino % kBuckets] = file;
}

void disk_will_write(struct File* file, int64_t begin, int64_t end) {
  if (end <= begin || file->scratch) return;
  const size_t last = (size_t)((end - 1) / kPageOctets);
  if (last >= file->pages) {
    file->before = room(file->before, (last + 1) * sizeof *file->before);
    memset(file->before + file->pages, 0, (last + 1 - file->pages) * sizeof *file->before);
    file->pages = last + 1;
  }
  for (size_t page = (size_t)(begin / kPageOctets); page <= last; ++page) {
    if (file->before[page] != NULL) continue;
    file->before[page] = room(NULL, kPageOctets);
    memset(file->before[page], 0, kPageOctets);
    if (pread(file->descriptor, file->before[page], kPageOctets, (off_t)(page * kPageOctets)) < 0)
      die("pread");
  }
}

static void forget_page(struct File* file, size_t page) {
  free(file->before[page]);
  file->before[page] = NULL;
}

void disk_write_back(struct File* file) {
  enum { kOneIn = 16 };
  if (file->scratch || file->pages == 0 || random_below(kOneIn) != 0) return;
  // From a random page on, the first that has something to be written.
  const size_t from = random_below(file->pages);
  for (size_t i = 0; i < file->pages; ++i) {
    const size_t page = (from + i) % file->pages;
    if (file->before[page] == NULL) continue;
    disk_synced_range(file, (int64_t)page * kPageOctets, (int64_t)(page + 1) * kPageOctets);
    return;
  }
}

void disk_synced_range(struct File* file, int64_t begin, int64_t end) {
  const int64_t octets = octets_of(file);
  for (size_t page = (size_t)(begin / kPageOctets); page < file->pages && (int64_t)page * kPageOctets < end;
       ++page) {
    forget_page(file, page);
  }
  const int64_t reached = end < octets ? end : octets;
  if (reached > file->durable_octets) file->durable_octets = reached;
}

void disk_synced(struct File* file) {
  for (size_t page = 0; page < file->pages; ++page) forget_page(file, page);
  file->durable_octets = octets_of(file);
  if (with_files) disk_synced_entries();
}

void disk_synced_all(void) {
  for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
    for (struct File* file = files[bucket]; file != NULL; file = file->next) disk_synced(file);
  }
  disk_synced_entries();
}

void forget_file(ino_t number) {
  for (struct File** at = &files[number % kBuckets]; *at != NULL; at = &(*at)->next) {
    struct File* file = *at;
    struct stat status;
    if (file->number != number || fstat(file->descriptor, &status) != 0 || status.st_nlink != 0) continue;
    *at = file->next;
    for (size_t page = 0; page < file->pages; ++page) forget_page(file, page);
    free(file->before);
    syscall(SYS_close, file->descriptor);
    free(file);
    return;
  }
}

// The cut.

static bool arrives(void) {
  return random_below(1000) < arriving;
}

static int64_t length_at_cut(const struct File* file, int64_t octets) {
  if (octets <= file->durable_octets) return arrives() ? octets : file->durable_octets;
  const int64_t between =
      file->durable_octets + (int64_t)random_below((uint64_t)(octets - file->durable_octets));
  if (arrives()) return octets;
  // Lengths follow whole pages more often than not.
  const int64_t whole = between / kPageOctets * kPageOctets;
  if (arriving == 0 || !arrives()) return file->durable_octets;
  return random_below(2) == 0 && whole > file->durable_octets ? whole : between;
}

static void cut_file(struct File* file) {
  const int64_t octets = octets_of(file);
  if (file->scratch) {
    const uint64_t kind = random_below(3);
    if (kind > 0) syscall(SYS_ftruncate, file->descriptor, 0);
    if (kind > 1) syscall(SYS_ftruncate, file->descriptor, octets);
    return;
  }
  const int64_t length = length_at_cut(file, octets);
  if (length != octets) syscall(SYS_ftruncate, file->descriptor, length);
  bool changed = length != octets;
  for (size_t page = 0; page < file->pages; ++page) {
    if (file->before[page] == NULL) continue;
    changed = true;
    const bool is_torn = arriving > 0 && arriving < 1000 && random_below(4) == 0;
    const bool is_whole = arrives();
    if (!is_torn && is_whole) {
      ++cut_counts.pages_kept;
      continue;
    }
    is_torn ? ++cut_counts.pages_torn : ++cut_counts.pages_lost;
    for (int sector = 0; sector < kPageOctets; sector += kSectorOctets) {
      const int64_t at = (int64_t)page * kPageOctets + sector;
      if (at >= length || (is_torn && random_below(2) == 0)) continue;
      const int64_t left = length - at;
      syscall(SYS_pwrite64, file->descriptor, file->before[page] + sector,
              left < kSectorOctets ? left : kSectorOctets, at);
    }
  }
  cut_counts.files += changed;
}

void cut_files(void) {
  for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
    for (struct File* file = files[bucket]; file != NULL; file = file->next) cut_file(file);
  }
}

void find_descriptors(bool* ours) {
  for (size_t bucket = 0; bucket < kBuckets; ++bucket) {
    for (struct File* file = files[bucket]; file != NULL; file = file->next) ours[file->descriptor] = true;
  }
}
