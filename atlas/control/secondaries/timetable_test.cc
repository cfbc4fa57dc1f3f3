#include "atlas/control/secondaries/timetable.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace atlas::control::secondaries {
namespace {

base::MonotonicTime at(int64_t seconds) {
  return base::MonotonicTime(std::chrono::seconds(seconds));
}

TEST(TimetableTest, TheEarliestIsFirstWhateverMoves) {
  std::minstd_rand random(11);
  Timetable table;
  std::map<size_t, base::MonotonicTime> model;
  for (int i = 0; i < 20'000; ++i) {
    const size_t zone = random() % 200;
    if (random() % 4 == 0) {
      table.remove(zone);
      model.erase(zone);
    } else {
      const auto time = at(static_cast<int64_t>(random() % 1000));
      table.set(zone, time);
      model[zone] = time;
    }
    ASSERT_EQ(table.size(), model.size());
    ASSERT_EQ(table.holds(zone), model.contains(zone));
    if (model.empty()) {
      ASSERT_TRUE(table.empty());
      ASSERT_EQ(table.first_time(), base::MonotonicTime::max());
      continue;
    }
    base::MonotonicTime earliest = base::MonotonicTime::max();
    for (const auto& [number, time] : model) earliest = std::min(earliest, time);
    ASSERT_EQ(table.first_time(), earliest);
    ASSERT_EQ(model.at(table.first()), earliest);
  }
}

TEST(TimetableTest, IsEmptiedInOrder) {
  Timetable table;
  std::minstd_rand random(5);
  for (size_t zone = 0; zone < 1000; ++zone) table.set(zone, at(static_cast<int64_t>(random() % 500)));
  base::MonotonicTime before{};
  while (!table.empty()) {
    EXPECT_GE(table.first_time(), before);
    before = table.first_time();
    table.remove(table.first());
  }
}

}  // namespace
}  // namespace atlas::control::secondaries
