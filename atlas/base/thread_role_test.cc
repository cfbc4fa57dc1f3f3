#include "atlas/base/thread_role.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

namespace atlas::base {
namespace {

struct Given {
  int policy = 0;
  int niceness = 0;
};

Given entered(ThreadRole role) {
  Given given;
  std::thread([&] {
    enter_thread_role(role);
    given = {::sched_getscheduler(0), ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()))};
  }).join();
  return given;
}

TEST(ThreadRole, WhoAnswersComesFirst) {
  const Given answers = entered(ThreadRole::kAnswers);
  const Given handshakes = entered(ThreadRole::kHandshakes);
  const Given background = entered(ThreadRole::kBackground);
  EXPECT_EQ(answers.policy, SCHED_OTHER);
  EXPECT_EQ(handshakes.policy, SCHED_BATCH);
  EXPECT_EQ(background.policy, SCHED_BATCH);
  const int begun_with = ::getpriority(PRIO_PROCESS, 0);
  EXPECT_EQ(answers.niceness, begun_with);
  EXPECT_EQ(handshakes.niceness, std::min(begun_with + 5, 19));
  EXPECT_EQ(background.niceness, std::min(begun_with + 15, 19));
}

TEST(ThreadRole, IsInherited) {
  Given given;
  std::thread([&] {
    enter_thread_role(ThreadRole::kBackground);
    std::thread([&] {
      given = {::sched_getscheduler(0), ::getpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()))};
    }).join();
  }).join();
  EXPECT_EQ(given.policy, SCHED_BATCH);
  EXPECT_GT(given.niceness, 0);
}

}  // namespace
}  // namespace atlas::base
