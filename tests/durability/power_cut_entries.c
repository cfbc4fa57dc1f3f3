// Entries of folders, as the disk has them: see power_cut_disk.c.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "power_cut_state.h"

struct Folder {
  char path[kPathOctetsMax];
  uint64_t reached;  // a group: the last that is held, or the first that does not happen
  struct Folder* next;
};

struct Entry {
  uint64_t group;
  struct Folder* folder;
  char name[kNameOctetsMax];
  ino_t before;  // 0: there was no such name
  bool is_folder;
};

static struct Folder* folders;
static struct Entry* entries;
static size_t entry_count, entry_room;
static uint64_t groups;

static void path_at(const struct Folder* folder, const char* name, char* path) {
  snprintf(path, kPathOctetsMax + kNameOctetsMax, "%s/%s", folder->path, name);
}

static struct Folder* folder_of(const char* path) {
  for (struct Folder* folder = folders; folder != NULL; folder = folder->next) {
    if (strcmp(folder->path, path) == 0) return folder;
  }
  struct Folder* folder = room(NULL, sizeof *folder);
  strcpy(folder->path, path);
  folder->next = folders;
  return folders = folder;
}

static void kept_path(ino_t number, char* path) {
  snprintf(path, kKeptOctetsMax, "%s/%llu", kept_folder, (unsigned long long)number);
}

uint64_t disk_group(void) {
  return ++groups;
}

void disk_keep(const struct Place* place, const struct stat* what) {
  char path[kPathOctetsMax + kNameOctetsMax], kept[kKeptOctetsMax];
  if (S_ISDIR(what->st_mode)) return;
  snprintf(path, sizeof path, "%s/%s", place->folder, place->name);
  kept_path(what->st_ino, kept);
  syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, kept, 0);
}

void disk_entry(uint64_t group, const struct Place* place, const struct stat* before, bool is_folder) {
  if (entry_count == entry_room) {
    entry_room = entry_room * 2 + 64;
    entries = room(entries, entry_room * sizeof *entries);
  }
  struct Entry* entry = &entries[entry_count++];
  *entry = (struct Entry){.group = group, .folder = folder_of(place->folder), .is_folder = is_folder};
  entry->before = before == NULL ? 0 : before->st_ino;
  strcpy(entry->name, place->name);
}

// What no entry may become again needs no link, and nothing of a file without names is kept.
static void release(ino_t number) {
  char path[kKeptOctetsMax];
  if (number == 0) return;
  for (size_t i = 0; i < entry_count; ++i) {
    if (entries[i].before == number) return;
  }
  kept_path(number, path);
  syscall(SYS_unlinkat, AT_FDCWD, path, 0);
  forget_file(number);
}

// Changes in a folder are held in their order: those up to the last that is meant, and what happens together
// with them elsewhere.
static void sync_entries(struct Folder* folder) {
  for (struct Folder* each = folders; each != NULL; each = each->next) each->reached = 0;  // held up to here
  for (size_t i = 0; i < entry_count; ++i) {
    if (entries[i].folder == folder) folder->reached = entries[i].group;
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < entry_count; ++i) {
      if (entries[i].group > entries[i].folder->reached) continue;
      for (size_t other = 0; other < entry_count; ++other) {
        if (entries[other].group != entries[i].group ||
            entries[other].folder->reached >= entries[other].group)
          continue;
        entries[other].folder->reached = entries[other].group;
        changed = true;
      }
    }
  }
  size_t kept = 0;
  const size_t count = entry_count;
  struct Entry* held = room(NULL, (count + 1) * sizeof *held);
  size_t held_count = 0;
  for (size_t i = 0; i < count; ++i) {
    if (entries[i].group <= entries[i].folder->reached) {
      held[held_count++] = entries[i];
    } else {
      entries[kept++] = entries[i];
    }
  }
  entry_count = kept;
  for (size_t i = 0; i < held_count; ++i) release(held[i].before);
  free(held);
}

void disk_synced_entries(void) {
  for (struct Folder* folder = folders; folder != NULL; folder = folder->next) sync_entries(folder);
}

void disk_synced_folder(int descriptor) {
  char path[kPathOctetsMax];
  if (!path_of(descriptor, path) || !is_below(path)) return;
  with_files ? disk_synced_entries() : sync_entries(folder_of(path));
}

// Without the C library's own way to read folders, which allocates: see outlive().
void remove_tree(const char* path) {
  _Alignas(struct dirent64) char entries_read[4096];
  const int folder = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
  for (long octets; (octets = syscall(SYS_getdents64, folder, entries_read, sizeof entries_read)) > 0;) {
    for (long at = 0; at < octets;) {
      const struct dirent64* each = (const struct dirent64*)(entries_read + at);
      char below[kPathOctetsMax + kNameOctetsMax];
      at += each->d_reclen;
      if (strcmp(each->d_name, ".") == 0 || strcmp(each->d_name, "..") == 0) continue;
      snprintf(below, sizeof below, "%s/%s", path, each->d_name);
      if (syscall(SYS_unlinkat, AT_FDCWD, below, 0) != 0) remove_tree(below);
    }
  }
  syscall(SYS_close, folder);
  syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
}

void cut_entries(void) {
  for (struct Folder* folder = folders; folder != NULL; folder = folder->next) {
    uint64_t count = 0, seen = 0;
    for (size_t i = 0; i < entry_count; ++i) count += entries[i].folder == folder;
    const uint64_t happen = arriving == 0 ? 0 : arriving == 1000 ? count : random_below(count + 1);
    folder->reached = UINT64_MAX;
    for (size_t i = 0; i < entry_count && folder->reached == UINT64_MAX; ++i) {
      if (entries[i].folder == folder && seen++ == happen) folder->reached = entries[i].group;
    }
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (size_t i = 0; i < entry_count; ++i) {
      if (entries[i].group < entries[i].folder->reached) continue;
      for (size_t other = 0; other < entry_count; ++other) {
        if (entries[other].group != entries[i].group || entries[other].folder->reached <= entries[i].group)
          continue;
        entries[other].folder->reached = entries[i].group;
        changed = true;
      }
    }
  }
  for (size_t i = entry_count; i-- > 0;) {
    const struct Entry* entry = &entries[i];
    char path[kPathOctetsMax + kNameOctetsMax], kept[kKeptOctetsMax];
    if (entry->group < entry->folder->reached) {
      ++cut_counts.entries_kept;
      continue;
    }
    ++cut_counts.entries_lost;
    path_at(entry->folder, entry->name, path);
    if (entry->is_folder) {
      remove_tree(path);
    } else {
      syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    }
    kept_path(entry->before, kept);
    if (entry->before != 0) syscall(SYS_linkat, AT_FDCWD, kept, AT_FDCWD, path, 0);
  }
}
