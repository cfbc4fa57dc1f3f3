// Records a second of zones on their way in.
#include <benchmark/benchmark.h>

#include "atlas/base/assert.h"
#include "atlas/dns/message.h"
#include "atlas/dns/rdata.h"
#include "atlas/transfer/incoming.h"

namespace {

using namespace atlas;
using dns::RRType;

constexpr size_t kNames = 250'000;
constexpr size_t kRecordsAMessage = 500;

const dns::Name& apex() {
  static const dns::Name name = dns::parse_name("example.org.").value();
  return name;
}

dns::Record record_of(const std::string& owner, RRType type, const std::string& rdata) {
  return {dns::parse_name(owner, apex()).value(), type, dns::RRClass::IN, 300,
          dns::parse_rdata(type, rdata, apex()).value()};
}

dns::Record soa(uint32_t serial) {
  return record_of("@", RRType::SOA, "ns admin " + std::to_string(serial) + " 3600 600 86400 300");
}

// What most zones are made of: delegations, addresses, some text.
void add_name(size_t number, std::vector<dns::Record>& records) {
  const std::string owner = "host-" + std::to_string(number);
  switch (number % 4) {
    case 0:
      records.push_back(record_of(owner, RRType::NS, "ns1." + owner));
      records.push_back(record_of(owner, RRType::NS, "ns2.example.net."));
      records.push_back(record_of("ns1." + owner, RRType::A, "192.0.2.1"));
      break;
    case 1:
      records.push_back(record_of(owner, RRType::A, "192.0.2.1"));
      records.push_back(record_of(owner, RRType::AAAA, "2001:db8::1"));
      break;
    case 2:
      records.push_back(record_of(owner, RRType::MX, "10 mail"));
      records.push_back(record_of(owner, RRType::TXT, "\"v=spf1 mx -all\""));
      break;
    default:
      records.push_back(record_of(owner, RRType::CNAME, "www"));
  }
}

using Messages = std::vector<std::vector<uint8_t>>;

Messages messages_of(const std::vector<dns::Record>& records, RRType type) {
  Messages messages;
  for (size_t begin = 0; begin < records.size(); begin += kRecordsAMessage) {
    const size_t end = std::min(begin + kRecordsAMessage, records.size());
    dns::Message message;
    message.header.flags = dns::kFlagQR | dns::kFlagAA;
    message.questions.push_back({apex(), type, dns::RRClass::IN});
    message.answers.assign(records.begin() + static_cast<std::ptrdiff_t>(begin),
                           records.begin() + static_cast<std::ptrdiff_t>(end));
    messages.push_back(dns::encode(message).value());
  }
  return messages;
}

void take(benchmark::State& state, const Messages& messages, const transfer::Incoming::Wanted& wanted) {
  uint64_t records = 0, octets = 0;
  for (auto _ : state) {
    transfer::Incoming incoming(wanted);
    for (const auto& message : messages) ATLAS_ASSERT(incoming.take(message, 0));
    records += incoming.records();
    octets += incoming.octets();
    auto result = incoming.release();
    benchmark::DoNotOptimize(result);
  }
  state.SetItemsProcessed(static_cast<int64_t>(records));
  state.SetBytesProcessed(static_cast<int64_t>(octets));
}

void BM_IncomingZone(benchmark::State& state) {
  static const Messages messages = [] {
    std::vector<dns::Record> records{soa(12)};
    for (size_t i = 0; i < kNames; ++i) add_name(i, records);
    records.push_back(soa(12));
    return messages_of(records, RRType::AXFR);
  }();
  take(state, messages, {apex(), {}, false});
}
BENCHMARK(BM_IncomingZone)->Unit(benchmark::kMillisecond);

// Of as many changes each.
void BM_IncomingSteps(benchmark::State& state) {
  constexpr size_t kChanges = 20'000;
  const auto changes_a_step = static_cast<size_t>(state.range(0));
  std::vector<dns::Record> records{soa(kChanges)};
  for (size_t change = 0; change < kChanges; change += changes_a_step) {
    const auto serial = static_cast<uint32_t>(change);
    records.push_back(soa(serial));
    for (size_t i = 0; i < changes_a_step; ++i)
      records.push_back(record_of("host-" + std::to_string(i * 7919 % kChanges), RRType::A, "192.0.2.1"));
    records.push_back(soa(serial + static_cast<uint32_t>(changes_a_step)));
    for (size_t i = 0; i < changes_a_step; ++i)
      records.push_back(record_of("host-" + std::to_string(i * 7919 % kChanges), RRType::A, "192.0.2.2"));
  }
  records.push_back(soa(kChanges));
  take(state, messages_of(records, RRType::IXFR), {apex(), 0, false});
}
BENCHMARK(BM_IncomingSteps)->Arg(1)->Arg(20)->Arg(20'000)->Unit(benchmark::kMillisecond);

}  // namespace
