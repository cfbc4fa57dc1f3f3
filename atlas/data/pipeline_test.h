// For tests: a pipeline with some zones, and a message to ask it.
#pragma once

#include <gtest/gtest.h>

#include "atlas/data/pipeline.h"
#include "atlas/dns/message.h"
#include "atlas/dns/rdata.h"

namespace atlas::data {

using dns::ExtendedError;
using dns::Rcode;
using dns::RRType;

inline dns::Name name(const char* text) {
  return dns::parse_name(text).value();
}

struct ZoneLine {
  const char* owner;
  RRType type;
  const char* rdata;
};

inline std::shared_ptr<const zone::Zone> make_zone(const char* apex, std::vector<ZoneLine> lines) {
  zone::RecordList records;
  for (const ZoneLine& line : lines) {
    const dns::Name owner = dns::parse_name(line.owner, name(apex)).value();
    records.add(owner, line.type, 300, dns::parse_rdata(line.type, line.rdata, name(apex)).value());
  }
  records.sort();
  return zone::Zone::build(name(apex), records);
}

class PipelineTest : public ::testing::Test {
 protected:
  PipelineTest() {
    const ZoneLine soa{"@", RRType::SOA, "ns admin 7 3600 600 86400 60"};
    const ZoneLine ns{"@", RRType::NS, "ns"};
    std::vector<handoff::ZoneEntry> zones;
    zones.push_back({name("a.test."), make_zone("a.test.", {soa,
                                                            ns,
                                                            {"ns", RRType::A, "192.0.2.1"},
                                                            {"www", RRType::A, "192.0.2.2"},
                                                            {"out", RRType::CNAME, "www.b.test."},
                                                            {"away", RRType::CNAME, "www.elsewhere.test."},
                                                            {"loop", RRType::CNAME, "loop.b.test."},
                                                            {"unready", RRType::CNAME, "x.unready.test."}})});
    zones.push_back({name("b.test."), make_zone("b.test.", {soa,
                                                            ns,
                                                            {"ns", RRType::A, "192.0.2.1"},
                                                            {"www", RRType::A, "192.0.2.3"},
                                                            {"loop", RRType::CNAME, "loop.a.test."}})});
    zones.push_back({name("unready.test."), nullptr});
    snapshot_.zones = handoff::ZoneDirectory(zones);
    snapshot_.allow_query = policy::access::AccessList::everybody();
    snapshot_.answers.server_id = "ns1";
    snapshot_.rate_limit.exempt.push_back(net::Prefix::parse("127.0.0.0/8").value());
    message_.header.id = 99;
    ask("www.a.test.");
    client_.remote = {net::IpAddress::parse("127.0.0.1").value(), 5353};
  }

  void ask(const char* text, RRType type = RRType::A, dns::RRClass rr_class = dns::RRClass::IN) {
    message_.questions = {{name(text), type, rr_class}};
  }

  // Empty if nothing is sent.
  std::optional<dns::Message> respond() {
    const auto wire = dns::encode(message_).value();
    return respond(wire);
  }
  std::optional<dns::Message> respond(base::Bytes wire) {
    const Batch batch{snapshot_, {}, now_ms_, 1'700'000'000};
    const size_t size = pipeline_.respond(batch, client_, wire, out_);
    if (size == 0) return {};
    auto parsed = dns::parse_message({out_.data(), size});
    EXPECT_TRUE(parsed);
    return *parsed;
  }
  static std::optional<ExtendedError> error_of(const dns::Message& response) {
    if (!response.edns) return {};
    const auto* option = response.edns->find<dns::ExtendedErrorOption>();
    return option == nullptr ? std::nullopt : std::optional(option->code);
  }

  handoff::ServingSnapshot snapshot_;
  handoff::WorkerCounters counters_;
  handoff::QueryRing ring_{4};
  query::Client client_;
  uint64_t now_ms_ = 1000;
  dns::Message message_;
  std::vector<uint8_t> out_ = std::vector<uint8_t>(65535);
  Pipeline pipeline_{snapshot_.rate_limit, counters_, &ring_};
};

}  // namespace atlas::data
