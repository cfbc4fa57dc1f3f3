// Requests for transfers and what comes back, for tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "atlas/dns/message.h"
#include "atlas/dns/rdata.h"
#include "atlas/transfer/outgoing.h"
#include "atlas/tsig/tsig.h"
#include "atlas/zone/diagnostic_log.h"
#include "atlas/zone/record_list.h"
#include "atlas/zone/text/parser.h"
#include "atlas/zone/zone.h"

namespace atlas::transfer::testing {

inline const base::WallTime kTestTime{std::chrono::seconds(1'700'000'000)};

inline dns::Name name_of(std::string_view text) {
  return dns::parse_name(text).value();
}

inline std::shared_ptr<const zone::Zone> zone_of(std::string text, std::string_view apex = "z.test.") {
  zone::SourceFiles sources;
  zone::RecordList records;
  zone::DiagnosticLog log(1000);
  zone::text::parse_zone("test", std::move(text), name_of(apex), {}, sources, records, log);
  records.sort();
  records.level_ttls();
  return zone::Zone::build(name_of(apex), records);
}

// As they are spelled: owner, type, TTL, RDATA.
using Spelled = std::tuple<std::vector<uint8_t>, dns::RRType, uint32_t, std::vector<uint8_t>>;

inline Spelled spelled(dns::NameView owner, dns::RRType type, uint32_t ttl, base::Bytes rdata) {
  return {{owner.wire().begin(), owner.wire().end()}, type, ttl, {rdata.begin(), rdata.end()}};
}

// In the order in which a zone has them.
inline std::vector<Spelled> records_of(const zone::Zone& zone) {
  std::vector<Spelled> records;
  zone.for_each_rrset([&](dns::NameView owner, const dns::RRsetView& rrset) {
    for (const base::Bytes each : rrset) records.push_back(spelled(owner, rrset.type, rrset.ttl, each));
  });
  return records;
}

struct Asked {
  std::string zone = "z.test.";
  dns::RRType type = dns::RRType::AXFR;
  uint16_t id = 0x2b1a;
  bool recursion = false;
  bool edns = false;
  bool expire = false;
  std::vector<uint8_t> soa = {};  // of an IXFR
};

inline std::vector<uint8_t> request_of(const Asked& asked) {
  dns::Message message;
  message.header.id = asked.id;
  message.header.flags = asked.recursion ? dns::kFlagRD : 0;
  message.questions.push_back({.name = name_of(asked.zone), .type = asked.type});
  if (!asked.soa.empty())
    message.authorities.push_back(
        {.owner = name_of(asked.zone), .type = dns::RRType::SOA, .rdata = asked.soa});
  if (asked.edns) {
    message.edns.emplace();
    if (asked.expire) message.edns->options.emplace_back(dns::ExpireOption{});
  }
  return dns::encode(message).value();
}

inline RequestFacts facts_of(const Asked& asked) {
  return transfer::facts_of(request_of(asked), {}, nullptr);
}

// All messages, at most so many.
inline std::vector<std::vector<uint8_t>> pull_all(Outgoing& outgoing, size_t most = 100'000) {
  std::vector<std::vector<uint8_t>> messages;
  std::vector<uint8_t> out(dns::kMessageOctetsMax);
  while (messages.size() < most) {
    const size_t octets = outgoing.next(out, kTestTime);
    EXPECT_GT(octets, 0u);
    if (octets == 0) break;
    messages.emplace_back(out.begin(), out.begin() + static_cast<ptrdiff_t>(octets));
    if (outgoing.is_done()) {
      EXPECT_EQ(outgoing.next(out, kTestTime), 0u);
      return messages;
    }
  }
  ADD_FAILURE() << "it does not end";
  return messages;
}

inline std::vector<Spelled> records_in(const std::vector<std::vector<uint8_t>>& messages) {
  std::vector<Spelled> records;
  for (const auto& octets : messages) {
    const auto message = dns::parse_message(octets);
    EXPECT_TRUE(message) << (message ? "" : message.error().message);
    if (!message) break;
    for (const dns::Record& each : message->answers) {
      EXPECT_EQ(each.rr_class, dns::RRClass::IN);
      records.push_back(spelled(each.owner, each.type, each.ttl, each.rdata));
    }
  }
  return records;
}

}  // namespace atlas::transfer::testing
