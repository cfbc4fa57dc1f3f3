// What a disk would hold of one folder if the power went away: see power_cut_disk.c.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

enum { kPathOctetsMax = 4096, kNameOctetsMax = 256 };

// A name in a folder, as a call names it.
struct Place {
  char folder[kPathOctetsMax];
  char name[kNameOctetsMax];
};

struct File;

// Everything below is called with the lock held. No signal arrives meanwhile.
void disk_lock(void);
void disk_unlock(void);

// Counts an operation that may change the disk; does not return where the power goes away.
void disk_operation(void);
void disk_cut_after(uint64_t operations);
void disk_cut(void);

// Whether the name lies below the folder that is watched.
bool disk_find(int folder, const char* path, struct Place* place);
bool disk_stat(const struct Place* place, struct stat* found);

// A regular file below the folder that was opened for writing; NULL for every other descriptor.
struct File* disk_file(int descriptor);
struct File* disk_file_of(const struct stat* status);
// `created`: nothing of it is on the disk.
void disk_opened(int descriptor, bool created);
bool disk_is_scratch(const struct File* file);
// Octets from `begin` up to `end` are about to change.
void disk_will_write(struct File* file, int64_t begin, int64_t end);
// Some page or other reaches the disk, as it may at any time.
void disk_write_back(struct File* file);
void disk_synced_range(struct File* file, int64_t begin, int64_t end);
void disk_synced(struct File* file);
void disk_synced_folder(int descriptor);
void disk_synced_entries(void);
void disk_synced_all(void);

// Entries of folders. What a name stood for is kept first, then what changes is noted. Those of one group
// happen together or not at all.
uint64_t disk_group(void);
void disk_keep(const struct Place* place, const struct stat* what);
void disk_entry(uint64_t group, const struct Place* place, const struct stat* before, bool is_folder);
