// What the data plane promises about UDP: once a worker runs, no query allocates and none takes a lock.
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "atlas/base/encoding.h"
#include "atlas/crypto/nsec3_hash.h"
#include "atlas/data/counted_calls.h"
#include "atlas/data/handshakes/handshake_threads.h"
#include "atlas/data/served_zone.h"
#include "atlas/data/worker.h"
#include "atlas/dns/rdata.h"

namespace atlas::data {
namespace {

using dns::RRType;

constexpr int kRounds = 300;

std::string base32hex(base::Bytes octets) {
  std::string text;
  base::append_base32hex(octets, text);
  return text;
}

// signed.: NSEC3 without salt, and signatures that nobody checks.
std::shared_ptr<const zone::Zone> signed_zone() {
  const dns::Name apex = test_name("signed.");
  zone::RecordList records;
  const auto add = [&](const dns::Name& owner, RRType type, std::string_view rdata) {
    records.add(owner, type, 300, dns::parse_rdata(type, rdata, apex).value());
  };
  const auto sign = [&](const dns::Name& owner, const char* type, int labels) {
    add(owner, RRType::RRSIG,
        std::string(type) + " 13 " + std::to_string(labels) +
            " 300 20330101000000 20230101000000 1 signed. " + std::string(86, 'A') + "==");
  };
  add(apex, RRType::SOA, "ns admin 7 3600 600 86400 60");
  add(apex, RRType::NS, "ns");
  add(apex, RRType::NSEC3PARAM, "1 0 0 -");
  for (const char* type : {"SOA", "NS", "NSEC3PARAM"}) sign(apex, type, 1);
  add(test_name("ns.signed."), RRType::A, "192.0.2.1");
  sign(test_name("ns.signed."), "A", 2);
  add(test_name("*.wild.signed."), RRType::A, "192.0.2.2");
  sign(test_name("*.wild.signed."), "A", 2);
  add(test_name("sub.signed."), RRType::NS, "ns.sub");
  add(test_name("ns.sub.signed."), RRType::A, "192.0.2.3");

  std::vector<std::pair<crypto::Nsec3Hash, const char*>> chain;
  for (const auto& [owner, types] :
       std::initializer_list<std::pair<const char*, const char*>>{{"signed.", "NS SOA RRSIG NSEC3PARAM"},
                                                                  {"ns.signed.", "A RRSIG"},
                                                                  {"wild.signed.", ""},
                                                                  {"*.wild.signed.", "A RRSIG"},
                                                                  {"sub.signed.", "NS"}}) {
    chain.emplace_back(crypto::nsec3_hash(test_name(owner).wire(), 0, {}), types);
  }
  std::ranges::sort(chain);
  for (size_t i = 0; i < chain.size(); ++i) {
    const dns::Name owner = test_name(base32hex(chain[i].first) + ".signed.");
    add(owner, RRType::NSEC3,
        "1 0 0 - " + base32hex(chain[(i + 1) % chain.size()].first) + " " + chain[i].second);
    sign(owner, "NSEC3", 2);
  }
  records.sort();
  return zone::Zone::build(apex, records);
}

struct Question {
  const char* what;
  std::vector<uint8_t> query;
  dns::Rcode rcode;
};

Question question(const char* what, const char* name, RRType type, dns::Rcode rcode, bool edns = false,
                  std::vector<dns::Option> options = {}) {
  dns::Message message;
  message.questions.push_back({test_name(name), type, dns::RRClass::IN});
  if (edns) {
    message.edns.emplace();
    message.edns->dnssec_ok = true;
    message.edns->options = std::move(options);
  }
  return {what, dns::encode(message).value(), rcode};
}

std::vector<Question> questions() {
  using enum dns::Rcode;
  std::vector<Question> all{
      question("positive", "www.example.", RRType::A, NOERROR),
      question("NODATA", "www.example.", RRType::AAAA, NOERROR),
      question("NXDOMAIN", "nobody.example.", RRType::A, NXDOMAIN),
      question("truncated", "big.example.", RRType::TXT, NOERROR),
      question("signed", "ns.signed.", RRType::A, NOERROR, true),
      question("referral", "host.sub.signed.", RRType::A, NOERROR),
      question("referral without DS", "host.sub.signed.", RRType::A, NOERROR, true),
      question("wildcard", "any.wild.signed.", RRType::A, NOERROR, true),
      question("NXDOMAIN with NSEC3", "nobody.signed.", RRType::A, NXDOMAIN, true),
      question("NODATA with NSEC3", "ns.signed.", RRType::TXT, NOERROR, true),
      question("cookie", "www.example.", RRType::A, NOERROR, true,
               {dns::CookieOption{{1, 2, 3, 4, 5, 6, 7, 8}, {}}, dns::NsidOption{}}),
      question("bad cookie", "www.example.", RRType::A, NOERROR, true,
               {dns::CookieOption{{1, 2, 3, 4, 5, 6, 7, 8}, std::vector<uint8_t>(16, 9)}}),
      question("refused", "www.elsewhere.", RRType::A, REFUSED, true),
      question("transfer", "example.", RRType::AXFR, NOTIMP),
  };
  Question cut = question("FORMERR", "www.example.", RRType::A, FORMERR);
  cut.query.resize(cut.query.size() - 3);
  all.push_back(std::move(cut));
  return all;
}

class UdpPathTest : public ::testing::Test {
 protected:
  UdpPathTest() {
    auto snapshot = test_snapshot(1, {listener_});
    snapshot->zones =
        handoff::ZoneDirectory({{test_name("example."), test_zone()}, {test_name("signed."), signed_zone()}});
    snapshot->answers.server_id = "ns1";
    snapshot->record_queries = true;
    // Through the limiter, which never reaches its limit.
    snapshot->rate_limit.exempt.clear();
    snapshot->rate_limit.responses_per_second = 1'000'000;
    publisher_ = std::make_unique<handoff::SnapshotPublisher>(1, std::move(snapshot));
    worker_ = std::make_unique<Worker>(0, *publisher_, counters_, &ring_, handshakes_.queues(0),
                                       std::chrono::milliseconds(100));
    thread_ = std::thread([this] {
      const CountedThread counted;
      worker_->run();
    });
  }
  ~UdpPathTest() override {
    worker_->stop();
    thread_.join();
  }

  dns::Rcode ask(base::Bytes query) {
    send_all(client_.get(), {query.begin(), query.end()});
    const auto response = dns::parse_message(receive_some(client_.get()));
    EXPECT_TRUE(response);
    return response ? response->rcode() : dns::Rcode::SERVFAIL;
  }

  std::shared_ptr<const handoff::Listener> listener_ = test_listener("127.0.0.1:0", query::Transport::kUdp);
  handoff::WorkerCounters counters_;
  handshakes::Threads handshakes_{1};
  handoff::QueryRing ring_{16};
  std::unique_ptr<handoff::SnapshotPublisher> publisher_;
  std::unique_ptr<Worker> worker_;
  std::thread thread_;
  net::FileDescriptor client_ = connected(listener_->endpoint, SOCK_DGRAM);
};

TEST_F(UdpPathTest, NoQueryAllocatesOrTakesALock) {
  const std::vector<Question> all = questions();
  EXPECT_EQ(ask(all[0].query), dns::Rcode::NOERROR);
  // The worker has its listener now: what it did to get it is not counted.
  for (const Question& one : all) {
    const CountedCalls before = counted_calls();
    for (int i = 0; i < kRounds; ++i) ASSERT_EQ(ask(one.query), one.rcode) << one.what;
    EXPECT_EQ(counted_calls().allocations, before.allocations) << one.what;
    EXPECT_EQ(counted_calls().locks, before.locks) << one.what;
  }
  EXPECT_EQ(counters_.responses[0].read(), 1 + all.size() * kRounds);
}

}  // namespace
}  // namespace atlas::data
