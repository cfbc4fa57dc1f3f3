#include "atlas/base/thread_role.h"

#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

namespace atlas::base {
namespace {

// What sched_setattr(2) takes; the C library does not declare it.
struct Attributes {
  uint32_t size = sizeof(Attributes);
  uint32_t policy = SCHED_OTHER;
  uint64_t flags = 0;
  int32_t niceness = 0;
  uint32_t priority = 0;
  uint64_t slice_nanoseconds = 0;  // how long it runs in one go where others wait; 0: as the kernel has it
  uint64_t deadline = 0;
  uint64_t period = 0;
};

// The shortest that the kernel has: who wakes up with a shorter slice than the running thread's runs at once
// (Linux 6.12 and later; others do not look at it).
constexpr uint64_t kShortSlice = 100'000;
// A thread of nice 15 weighs a thirtieth of an ordinary one: with a tenth, queries beside changes still
// waited more than twice as long as without. With SCHED_BATCH, a thread that wakes up never pushes another
// aside.
constexpr int32_t kHandshakeNiceness = 5, kBackgroundNiceness = 15, kNicenessMax = 19;

}  // namespace

void enter_thread_role(ThreadRole role) {
  // What the program was started with: whoever enters the first role has not given way yet.
  static const int begun_with = ::getpriority(PRIO_PROCESS, 0);
  Attributes attributes;
  switch (role) {
    case ThreadRole::kAnswers:
      attributes.niceness = begun_with;
      attributes.slice_nanoseconds = kShortSlice;
      break;
    case ThreadRole::kHandshakes:
      attributes.policy = SCHED_BATCH;
      attributes.niceness = std::min(begun_with + kHandshakeNiceness, kNicenessMax);
      break;
    case ThreadRole::kBackground:
      attributes.policy = SCHED_BATCH;
      attributes.niceness = std::min(begun_with + kBackgroundNiceness, kNicenessMax);
      break;
  }
  ::syscall(SYS_sched_setattr, 0, &attributes, 0);
}

}  // namespace atlas::base
