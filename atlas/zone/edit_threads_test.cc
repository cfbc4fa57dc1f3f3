// Versions are read while the next ones are made, and released by whoever reads them last.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/dns/rdata.h"
#include "atlas/zone/edit.h"
#include "atlas/zone/record_list.h"

namespace atlas::zone {
namespace {

using dns::Name;
using dns::RRType;

constexpr uint32_t kVersions = 400;
constexpr uint32_t kHosts = 640;
// A version changes each kStep-th host, and has a guest that the version kStep later has no more.
constexpr uint32_t kStep = 16;
constexpr size_t kReaders = 3;
constexpr size_t kKeptVersions = 4;  // by each reader

Name name_of(const std::string& text) {
  return dns::parse_name(text).value();
}

Name host(uint32_t number) {
  return name_of("host" + std::to_string(number) + ".example.");
}
Name guest(uint32_t version) {
  return name_of("guest" + std::to_string(version) + ".example.");
}

std::vector<uint8_t> soa(uint32_t version) {
  return dns::parse_rdata(RRType::SOA, "ns. admin. " + std::to_string(version) + " 3600 600 86400 60")
      .value();
}

std::vector<uint8_t> address(uint32_t version) {
  std::vector<uint8_t> octets(4);
  base::store_u32(octets.data(), version);
  return octets;
}

RRsetEdit edit_of(const Name& owner, RRType type, std::vector<std::vector<uint8_t>> rdatas) {
  return {owner, type, {}, 300, std::move(rdatas)};
}

std::shared_ptr<const Zone> first_version() {
  RecordList records;
  records.add(name_of("example."), RRType::SOA, 300, soa(0));
  for (uint32_t i = 0; i < kHosts; ++i) records.add(host(i), RRType::A, 300, address(0));
  records.sort();
  return Zone::build(name_of("example."), std::move(records));
}

std::vector<RRsetEdit> edits_to(uint32_t version) {
  std::vector<RRsetEdit> edits;
  edits.push_back(edit_of(name_of("example."), RRType::SOA, {soa(version)}));
  for (uint32_t i = version % kStep; i < kHosts; i += kStep)
    edits.push_back(edit_of(host(i), RRType::A, {address(version)}));
  edits.push_back(edit_of(guest(version), RRType::A, {address(version)}));
  if (version > kStep) edits.push_back(edit_of(guest(version - kStep), RRType::A, {}));
  return edits;
}

// The version that changed a host last.
uint32_t last_change(uint32_t version, uint32_t host) {
  const uint32_t since = (version + kStep - host % kStep) % kStep;
  return version - std::min(since, version);
}

bool has_address(const Zone& zone, const Name& name, uint32_t version) {
  const Zone::Found found = zone.find(name);
  const auto rrset = found.exact ? found.node.find(RRType::A) : std::nullopt;
  if (!rrset || rrset->view().count != 1) return false;
  const base::Bytes rdata = *rrset->view().begin();
  return base::load_u32(rdata.data()) == version;
}

// True if the zone is as its version was made.
bool is_whole(const Zone& zone, std::mt19937& random) {
  const uint32_t version = zone.serial();
  for (int i = 0; i < 20; ++i) {
    const uint32_t number = random() % kHosts;
    if (!has_address(zone, host(number), last_change(version, number))) return false;
  }
  if (version <= kStep) return true;
  return has_address(zone, guest(version), version) && !zone.find(guest(version - kStep)).exact;
}

TEST(EditThreads, EveryVersionStaysAsItIsWhileTheNextOnesAreMade) {
  std::mutex mutex;
  std::shared_ptr<const Zone> newest = first_version();
  std::atomic<bool> done{false};
  std::atomic<size_t> looks{0}, wrong{0};
  std::vector<std::thread> readers;
  for (size_t reader = 0; reader < kReaders; ++reader) {
    readers.emplace_back([&, reader] {
      std::mt19937 random(static_cast<uint32_t>(reader));
      std::deque<std::shared_ptr<const Zone>> kept;
      while (!done) {
        {
          const std::lock_guard lock(mutex);
          kept.push_back(newest);
        }
        if (kept.size() > kKeptVersions) kept.erase(kept.begin() + random() % kKeptVersions);
        if (!is_whole(*kept[random() % kept.size()], random)) ++wrong;
        ++looks;
      }
    });
  }
  for (uint32_t version = 1; version <= kVersions; ++version) {
    // The editor waits for readers now and then, so that both see many versions.
    const size_t before = looks;
    const auto next = edit_zone(*newest, edits_to(version));
    EXPECT_TRUE(next.has_value());
    if (next) {
      const std::lock_guard lock(mutex);
      newest = *next;
    }
    while (looks == before) std::this_thread::yield();
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(newest->serial(), kVersions);
}

}  // namespace
}  // namespace atlas::zone
