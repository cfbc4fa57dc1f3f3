#include "atlas/handoff/publish.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <thread>

namespace atlas::handoff {
namespace {

std::unique_ptr<ServingSnapshot> snapshot(uint64_t generation) {
  auto made = std::make_unique<ServingSnapshot>();
  made->generation = generation;
  return made;
}

bool readable(int fd) {
  pollfd waiting{fd, POLLIN, 0};
  return ::poll(&waiting, 1, 0) == 1;
}

TEST(SnapshotPublisher, KeepsWhatAWorkerMayStillRead) {
  SnapshotPublisher publisher(2, snapshot(1));
  EXPECT_EQ(publisher.adopt(0).generation, 1u);
  publisher.publish(snapshot(2));
  EXPECT_EQ(publisher.reclaim(), 1u);
  EXPECT_EQ(publisher.adopt(0).generation, 2u);
  // Worker 1 has not said a word yet: it may hold anything.
  EXPECT_EQ(publisher.reclaim(), 1u);
  EXPECT_FALSE(publisher.adopted_by_all());
  EXPECT_EQ(publisher.adopt(1).generation, 2u);
  EXPECT_TRUE(publisher.adopted_by_all());
  EXPECT_EQ(publisher.reclaim(), 0u);
  EXPECT_EQ(publisher.current().generation, 2u);
}

TEST(SnapshotPublisher, AWorkerThatLeftHoldsNothingBack) {
  SnapshotPublisher publisher(2, snapshot(1));
  publisher.adopt(0);
  publisher.leave(1);
  publisher.publish(snapshot(2));
  publisher.publish(snapshot(3));
  EXPECT_EQ(publisher.reclaim(), 2u);
  publisher.leave(0);
  EXPECT_EQ(publisher.reclaim(), 0u);
  EXPECT_TRUE(publisher.adopted_by_all());
}

TEST(SnapshotPublisher, WakesEveryWorker) {
  SnapshotPublisher publisher(2, snapshot(1));
  for (size_t worker : {0, 1}) EXPECT_FALSE(readable(publisher.wake_descriptor(worker)));
  publisher.publish(snapshot(2));
  for (size_t worker : {0, 1}) {
    EXPECT_TRUE(readable(publisher.wake_descriptor(worker)));
    eventfd_t value;
    EXPECT_EQ(::eventfd_read(publisher.wake_descriptor(worker), &value), 0);
    EXPECT_FALSE(readable(publisher.wake_descriptor(worker)));
  }
}

// Readers check that what they hold is whole; sanitizers see a use after free or a race.
TEST(SnapshotPublisher, ReadersAndWriterRunTogether) {
  constexpr size_t kReaders = 3;
  constexpr uint64_t kGenerations = 2000;
  const auto filled = [](uint64_t generation) {
    auto made = snapshot(generation);
    made->answers.version = std::string(100, static_cast<char>('a' + generation % 26));
    return made;
  };
  SnapshotPublisher publisher(kReaders, filled(1));
  std::vector<std::thread> readers;
  for (size_t worker = 0; worker < kReaders; ++worker) {
    readers.emplace_back([&publisher, worker] {
      uint64_t last = 0;
      while (last < kGenerations) {
        const ServingSnapshot& held = publisher.adopt(worker);
        ASSERT_GE(held.generation, last);
        ASSERT_EQ(held.answers.version, std::string(100, static_cast<char>('a' + held.generation % 26)));
        last = held.generation;
      }
      publisher.leave(worker);
    });
  }
  for (uint64_t generation = 2; generation <= kGenerations; ++generation) {
    publisher.publish(filled(generation));
    publisher.reclaim();
  }
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(publisher.reclaim(), 0u);
}

}  // namespace
}  // namespace atlas::handoff
