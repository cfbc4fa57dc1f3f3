// In the test program the functions that allocate and lock are ours.
#include "atlas/data/counted_calls.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <memory>
#include <vector>

#if defined(__has_feature)
#define ATLAS_HAS_FEATURE(feature) __has_feature(feature)
#else
#define ATLAS_HAS_FEATURE(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || ATLAS_HAS_FEATURE(address_sanitizer)
#define ATLAS_SANITIZER_ALLOCATES 1
#elif defined(__SANITIZE_THREAD__) || ATLAS_HAS_FEATURE(thread_sanitizer)
#define ATLAS_SANITIZER_ALLOCATES 1
#define ATLAS_SANITIZER_LOCKS 1
#endif

#ifdef ATLAS_SANITIZER_ALLOCATES
// Of sanitizer/allocator_interface.h, which GCC does not always come with.
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*malloc_hook)(const volatile void*, size_t),
                                                         void (*free_hook)(const volatile void*));
#endif

namespace {

// Only threads that ask for it are counted.
thread_local bool counted_thread = false;
std::atomic<uint64_t> allocations{0};
std::atomic<uint64_t> locks{0};

void count_allocation() {
  if (counted_thread) allocations.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

#ifdef ATLAS_SANITIZER_ALLOCATES

namespace {
const int hooks_installed = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void*, size_t) { count_allocation(); }, [](const volatile void*) {});
}  // namespace

#else

// The C library's own, under the names that stay when a program has its own malloc.
extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* old, size_t size);
void* __libc_memalign(size_t alignment, size_t size);

void* malloc(size_t size) {
  count_allocation();
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  count_allocation();
  return __libc_calloc(count, size);
}
void* realloc(void* old, size_t size) {
  count_allocation();
  return __libc_realloc(old, size);
}
void* aligned_alloc(size_t alignment, size_t size) {
  count_allocation();
  return __libc_memalign(alignment, size);
}
}

#endif

#ifndef ATLAS_SANITIZER_LOCKS

namespace {

template <typename Lock>
int lock_counted(const char* function, Lock* lock) {
  if (counted_thread) locks.fetch_add(1, std::memory_order_relaxed);
  return reinterpret_cast<int (*)(Lock*)>(::dlsym(RTLD_NEXT, function))(lock);
}

}  // namespace

extern "C" {
int pthread_mutex_lock(pthread_mutex_t* lock) noexcept {
  return lock_counted("pthread_mutex_lock", lock);
}
int pthread_rwlock_rdlock(pthread_rwlock_t* lock) noexcept {
  return lock_counted("pthread_rwlock_rdlock", lock);
}
int pthread_rwlock_wrlock(pthread_rwlock_t* lock) noexcept {
  return lock_counted("pthread_rwlock_wrlock", lock);
}
}

#endif

namespace atlas::data {

CountedCalls counted_calls() {
  return {allocations, locks};
}

CountedThread::CountedThread() {
  counted_thread = true;
}

CountedThread::~CountedThread() {
  counted_thread = false;
}

namespace {

TEST(CountedCalls, SeesWhatItMustSee) {
  pthread_rwlock_t lock = PTHREAD_RWLOCK_INITIALIZER;
  const CountedCalls before = counted_calls();
  {
    const CountedThread counted;
    const auto octets = std::make_unique<std::vector<uint8_t>>(7);
    pthread_rwlock_rdlock(&lock);
  }
  pthread_rwlock_unlock(&lock);
  EXPECT_EQ(counted_calls().allocations - before.allocations, 2u);
#ifndef ATLAS_SANITIZER_LOCKS
  EXPECT_EQ(counted_calls().locks - before.locks, 1u);
#endif
}

}  // namespace
}  // namespace atlas::data
