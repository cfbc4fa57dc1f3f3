#include "atlas/control/secondaries/refresh_timer.h"

#include <gtest/gtest.h>

#include <random>

namespace atlas::control::secondaries {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr transfer::Soa kSoa{.serial = 1, .refresh = 3600, .retry = 600, .expire = 86'400, .minimum = 60};

class RefreshTimerTest : public testing::Test {
 protected:
  // How long from `now_` until it is due.
  seconds wait() const { return std::chrono::duration_cast<seconds>(timer_.due() - now_); }
  seconds left() const { return std::chrono::duration_cast<seconds>(timer_.expires() - now_); }

  RefreshBounds bounds_;
  RefreshTimer timer_{bounds_};
  base::MonotonicTime now_{std::chrono::hours(1000)};
};

TEST_F(RefreshTimerTest, WhatIsConfirmedIsAskedForAfterRefresh) {
  timer_.confirm(kSoa, {}, now_, 0);
  EXPECT_EQ(wait(), seconds(3600));
  EXPECT_EQ(left(), seconds(86'400));
  EXPECT_FALSE(timer_.is_expired(now_ + seconds(86'399)));
  EXPECT_TRUE(timer_.is_expired(now_ + seconds(86'400)));
}

TEST_F(RefreshTimerTest, TimesAreCutByUpToATenth) {
  std::minstd_rand random(7);
  seconds least = seconds::max(), most{};
  for (int i = 0; i < 2000; ++i) {
    timer_.confirm(kSoa, {}, now_, static_cast<uint32_t>(random()));
    least = std::min(least, wait());
    most = std::max(most, wait());
  }
  EXPECT_GE(least, seconds(3240));
  EXPECT_LT(least, seconds(3260));
  EXPECT_LE(most, seconds(3600));
  EXPECT_GT(most, seconds(3580));
}

TEST_F(RefreshTimerTest, BoundsHold) {
  timer_.confirm({.serial = 1, .refresh = 0, .retry = 0, .expire = 0, .minimum = 0}, {}, now_, 0);
  EXPECT_EQ(wait(), bounds_.refresh_min);
  EXPECT_EQ(left(), bounds_.expire_min);
  timer_.fail(now_, 0);
  EXPECT_EQ(wait(), bounds_.retry_min);
  const uint32_t most = UINT32_MAX;
  timer_.confirm({.serial = 1, .refresh = most, .retry = most, .expire = most, .minimum = 0}, {}, now_, 0);
  EXPECT_EQ(wait(), bounds_.refresh_max);
  EXPECT_EQ(left(), seconds(most));
  timer_.fail(now_, 0);
  EXPECT_EQ(wait(), bounds_.retry_max);
}

TEST_F(RefreshTimerTest, AShortExpiryIsNotWaitedFor) {
  timer_.confirm({.serial = 1, .refresh = 3600, .retry = 600, .expire = 1000, .minimum = 0}, {}, now_, 0);
  EXPECT_EQ(wait(), seconds(500));
}

TEST_F(RefreshTimerTest, AFailureIsTriedAgainAfterRetry) {
  timer_.confirm(kSoa, {}, now_, 0);
  const auto expires = timer_.expires();
  now_ += seconds(3600);
  timer_.fail(now_, 0);
  EXPECT_EQ(wait(), seconds(600));
  EXPECT_EQ(timer_.expires(), expires) << "nobody confirmed it";
  seconds before{};
  for (int i = 0; i < 100; ++i) {
    timer_.fail(now_, 0);
    EXPECT_GE(wait(), before);
    before = wait();
  }
  EXPECT_EQ(before, seconds(3600)) << "no longer than a refresh";
  timer_.confirm(kSoa, {}, now_, 0);
  timer_.fail(now_, 0);
  EXPECT_EQ(wait(), seconds(600)) << "a confirmation begins the count anew";
}

TEST_F(RefreshTimerTest, WithoutAVersionTriesGrowApart) {
  timer_.begin(now_);
  EXPECT_EQ(wait(), seconds(0));
  EXPECT_FALSE(timer_.is_expired(now_ + std::chrono::hours(100'000)));
  seconds expected = bounds_.first_retry;
  for (int i = 0; i < 40; ++i) {
    timer_.fail(now_, 0);
    EXPECT_EQ(wait(), expected);
    expected = std::min(expected * 2, bounds_.retry_max / 24);
  }
  EXPECT_EQ(expected, std::chrono::hours(1));
}

TEST_F(RefreshTimerTest, ASecondaryOnTheWayDoesNotLengthenAnyLife) {
  timer_.confirm(kSoa, 1000, now_, 0);
  EXPECT_EQ(left(), seconds(1000));
  timer_.confirm(kSoa, 10, now_, 0);
  EXPECT_EQ(left(), seconds(10)) << "below the bound of SOAs";
  timer_.confirm(kSoa, 1'000'000, now_, 0);
  EXPECT_EQ(left(), seconds(86'400)) << "RFC 7314 4: no more than the SOA says";
  timer_.confirm(kSoa, 0, now_, 0);
  EXPECT_TRUE(timer_.is_expired(now_));
  EXPECT_GE(timer_.due(), now_);
}

TEST_F(RefreshTimerTest, OtherBoundsCountFromWhenItWasConfirmed) {
  transfer::Soa soa = kSoa;
  soa.expire = 1;
  timer_.resume(soa, now_ - seconds(10), now_, seconds(60), 0);
  EXPECT_EQ(left(), bounds_.expire_min - seconds(10));
  bounds_.expire_min = seconds(20);
  timer_.use_bounds();
  EXPECT_EQ(left(), seconds(10));
  timer_.begin(now_);
  timer_.use_bounds();
  EXPECT_FALSE(timer_.is_expired(now_ + std::chrono::hours(1)));
}

TEST_F(RefreshTimerTest, WhatWasKeptIsAskedForWithinTheSpread) {
  std::minstd_rand random(3);
  milliseconds most{};
  for (int i = 0; i < 1000; ++i) {
    timer_.resume(kSoa, now_ - seconds(400), now_, seconds(60), static_cast<uint32_t>(random()));
    EXPECT_GE(timer_.due(), now_);
    EXPECT_LE(timer_.due(), now_ + seconds(60));
    most = std::max(most, std::chrono::duration_cast<milliseconds>(timer_.due() - now_));
  }
  EXPECT_GT(most, seconds(50));
  EXPECT_EQ(left(), seconds(86'000)) << "counted from when it was confirmed";
  timer_.resume(kSoa, now_ - seconds(90'000), now_, seconds(60), 59'000);
  EXPECT_TRUE(timer_.is_expired(now_));
  EXPECT_EQ(timer_.due(), now_);
}

TEST_F(RefreshTimerTest, ANotifyMeansNow) {
  timer_.confirm(kSoa, {}, now_, 0);
  timer_.hurry(now_ + seconds(5));
  EXPECT_EQ(wait(), seconds(5));
  timer_.hurry(now_ + seconds(9));
  EXPECT_EQ(wait(), seconds(5)) << "what is due stays due";
}

}  // namespace
}  // namespace atlas::control::secondaries
