// When the power of a process goes away, and what of it: see power_cut_disk.c.
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "power_cut_state.h"

char watched[kPathOctetsMax], kept_folder[kPathOctetsMax + 8];
size_t watched_length;
const char* scratch_names = "";
bool with_files;
struct CutCounts cut_counts;
uint64_t arriving;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static __thread sigset_t signals_before;
static uint64_t operations, cut_at = UINT64_MAX, random_state = 1;
static int report = -1, control = -1;

uint64_t random_below(uint64_t limit) {
  random_state += 0x9e3779b97f4a7c15U;  // SplitMix64
  uint64_t mixed = random_state;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9U;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebU;
  return limit == 0 ? 0 : (mixed ^ (mixed >> 31)) % limit;
}

void disk_lock(void) {
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &old);
  pthread_mutex_lock(&lock);
  signals_before = old;
}

void disk_unlock(void) {
  const sigset_t old = signals_before;
  pthread_mutex_unlock(&lock);
  pthread_sigmask(SIG_SETMASK, &old, NULL);
}

// Whoever is cut must be gone before its files change: its threads may still read them, also through
// mappings. What lives on neither allocates nor takes a lock: another thread may have held it.
static void outlive(void) {
  const pid_t dying = getpid();
  struct pollfd end = {.fd = (int)syscall(SYS_pidfd_open, dying, 0), .events = POLLIN};
  if (syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL) != 0) {
    for (;;) pause();
  }
  kill(dying, SIGKILL);
  while (poll(&end, 1, -1) != 1) continue;
  // Ports and locks were the process's.
  bool ours[kDescriptorsMax] = {[STDIN_FILENO] = true, [STDOUT_FILENO] = true, [STDERR_FILENO] = true};
  if (report >= 0) ours[report] = true;
  find_descriptors(ours);
  for (int descriptor = 0; descriptor < kDescriptorsMax; ++descriptor) {
    if (!ours[descriptor]) syscall(SYS_close, descriptor);
  }
}

void disk_cut(void) {
  outlive();
  const uint64_t kind = random_below(8);
  arriving = kind == 0 ? 0 : kind == 1 ? 1000 : random_below(1000);
  cut_files();
  cut_entries();
  dprintf(report,
          "{\"operations\": %llu, \"arriving\": %llu, \"files\": %llu, \"pages_kept\": %llu, \"pages_lost\": "
          "%llu, "
          "\"pages_torn\": %llu, \"entries_kept\": %llu, \"entries_lost\": %llu}\n",
          (unsigned long long)operations, (unsigned long long)arriving, (unsigned long long)cut_counts.files,
          (unsigned long long)cut_counts.pages_kept, (unsigned long long)cut_counts.pages_lost,
          (unsigned long long)cut_counts.pages_torn, (unsigned long long)cut_counts.entries_kept,
          (unsigned long long)cut_counts.entries_lost);
  _exit(0);
}

void disk_operation(void) {
  if (++operations >= cut_at) disk_cut();
}

void disk_cut_after(uint64_t more) {
  cut_at = operations + more;
}

// Reads "after N" and "now".
static void* obey(void* unused) {
  char word[64];
  for (ssize_t length; (length = read(control, word, sizeof word - 1)) > 0;) {
    word[length] = '\0';
    disk_lock();
    // Words may come together.
    if (strstr(word, "now") != NULL) disk_cut();
    if (strncmp(word, "after ", 6) == 0) disk_cut_after(strtoull(word + 6, NULL, 10));
    disk_unlock();
  }
  return unused;
}

static void forget(void) {
  watched_length = 0;
}

__attribute__((constructor)) static void begin(void) {
  const char* folder = getenv("POWER_CUT_FOLDER");
  const char *seed = getenv("POWER_CUT_SEED"), *after = getenv("POWER_CUT_AFTER"),
             *names = getenv("POWER_CUT_SCRATCH");
  const char *reports = getenv("POWER_CUT_REPORT"), *fifo = getenv("POWER_CUT_CONTROL"),
             *how = getenv("POWER_CUT_ENTRIES");
  if (folder == NULL) return;
  // Children are not watched.
  unsetenv("POWER_CUT_FOLDER");
  if (realpath(folder, watched) == NULL) die("no such folder");
  snprintf(kept_folder, sizeof kept_folder, "%s.kept", watched);
  remove_tree(kept_folder);
  if (syscall(SYS_mkdirat, AT_FDCWD, kept_folder, 0700) != 0)
    die("the folder for what names stood for cannot be made");
  if (seed != NULL) random_state = strtoull(seed, NULL, 10);
  if (after != NULL) disk_cut_after(strtoull(after, NULL, 10));
  if (names != NULL) scratch_names = names;
  with_files = how != NULL && strcmp(how, "with-files") == 0;
  if (reports != NULL)
    report = (int)syscall(SYS_openat, AT_FDCWD, reports, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  watched_length = strlen(watched);
  pthread_atfork(NULL, NULL, forget);
  if (fifo == NULL) return;
  control = (int)syscall(SYS_openat, AT_FDCWD, fifo, O_RDWR | O_CLOEXEC, 0);
  pthread_t thread;
  sigset_t all, old;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &old);
  if (control < 0 || pthread_create(&thread, NULL, obey, NULL) != 0) die("nothing would be obeyed");
  pthread_sigmask(SIG_SETMASK, &old, NULL);
}
