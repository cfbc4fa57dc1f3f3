#include "atlas/handoff/query_record.h"

#include <gtest/gtest.h>

#include <thread>

namespace atlas::handoff {
namespace {

TEST(QueryRing, LosesTheNewestWhenFull) {
  QueryRing ring(4);
  EXPECT_EQ(ring.peek(), nullptr);
  for (uint16_t i = 0; i < 4; ++i) {
    QueryRecord* record = ring.reserve();
    ASSERT_NE(record, nullptr);
    record->query_size = i;
    ring.commit();
  }
  EXPECT_EQ(ring.reserve(), nullptr);
  ASSERT_NE(ring.peek(), nullptr);
  EXPECT_EQ(ring.peek()->query_size, 0);
  ring.release();
  EXPECT_NE(ring.reserve(), nullptr);
  EXPECT_EQ(ring.peek()->query_size, 1);
}

TEST(QueryRing, WhatIsNotCommittedIsNotRead) {
  QueryRing ring(2);
  ASSERT_NE(ring.reserve(), nullptr);
  EXPECT_EQ(ring.peek(), nullptr);
}

TEST(QueryRing, CarriesRecordsInOrderBetweenThreads) {
  constexpr uint32_t kRecords = 100'000;
  QueryRing ring(64);
  std::thread writer([&ring] {
    for (uint32_t i = 0; i < kRecords;) {
      QueryRecord* record = ring.reserve();
      if (record == nullptr) {
        std::this_thread::yield();
        continue;
      }
      record->query_size = static_cast<uint16_t>(i);
      record->query[0] = static_cast<uint8_t>(i >> 16);
      ring.commit();
      ++i;
    }
  });
  for (uint32_t i = 0; i < kRecords;) {
    const QueryRecord* record = ring.peek();
    if (record == nullptr) {
      std::this_thread::yield();
      continue;
    }
    ASSERT_EQ(record->query_size, static_cast<uint16_t>(i));
    ASSERT_EQ(record->query[0], static_cast<uint8_t>(i >> 16));
    ring.release();
    ++i;
  }
  writer.join();
  EXPECT_EQ(ring.peek(), nullptr);
}

}  // namespace
}  // namespace atlas::handoff
