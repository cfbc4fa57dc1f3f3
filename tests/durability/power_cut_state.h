// What the parts of the disk share: see power_cut_disk.c.
#pragma once

#include "power_cut_disk.h"

enum { kKeptOctetsMax = kPathOctetsMax + 48, kDescriptorsMax = 65536 };

struct CutCounts {
  uint64_t files, pages_kept, pages_lost, pages_torn, entries_kept, entries_lost;
};
extern struct CutCounts cut_counts;
extern char watched[kPathOctetsMax];
extern char kept_folder[kPathOctetsMax + 8];  // links to what names stood for
extern size_t watched_length;
extern const char* scratch_names;
extern bool with_files;
extern uint64_t arriving;  // of a thousand: how many pages and entries arrive

uint64_t random_below(uint64_t limit);
void die(const char* what);
void* room(void* old, size_t octets);
bool path_of(int descriptor, char* path);
bool is_below(const char* path);
void remove_tree(const char* path);
// A file that has no name any more.
void forget_file(ino_t number);
void cut_files(void);
void cut_entries(void);
// Marks the descriptors that the cut needs.
void find_descriptors(bool* ours);
