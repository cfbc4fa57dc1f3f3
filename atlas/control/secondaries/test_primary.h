// Primaries for tests: versions of zones, and what a server would answer of them, without any network.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "atlas/control/remotes/courier.h"
#include "atlas/dns/message.h"
#include "atlas/dns/rdata.h"
#include "atlas/zone/diff.h"
#include "atlas/zone/load.h"
#include "atlas/zone/text/writer.h"

namespace atlas::control::secondaries::testing {

using Version = std::shared_ptr<const zone::Zone>;

inline dns::Name name_of(const std::string& text) {
  return dns::parse_name(text).value();
}

inline std::string text_of(const zone::Zone& zone) {
  std::string text;
  zone::text::write_zone(zone, zone::text::Format::kText, [&](std::string_view piece) { text += piece; });
  return text;
}

struct Times {
  std::string refresh = "3600";
  std::string retry = "600";
  std::string expire = "86400";
};

inline Version version_of(const std::string& apex, uint32_t serial, const std::string& records,
                          const Times& times = {}) {
  zone::LoadOptions options;
  options.is_lenient = true;
  auto loaded = zone::load_zone_text("@ 300 SOA ns1 hostmaster " + std::to_string(serial) + ' ' +
                                         times.refresh + ' ' + times.retry + ' ' + times.expire +
                                         " 60\n@ 300 NS ns1\nns1 300 A 192.0.2.1\n" + records,
                                     name_of(apex), options);
  EXPECT_NE(loaded.zone, nullptr) << (loaded.diagnostics.empty() ? "" : loaded.diagnostics[0].message);
  return loaded.zone;
}

// One server. What it is asked for is in `asked`: "SOA a.test.", "IXFR a.test. 5", "AXFR a.test.".
class TestPrimary {
 public:
  // The newest is the last; IXFR begins at any of them.
  std::map<std::string, std::vector<Version>> zones;
  bool is_reachable = true;
  bool serves_transfers = true;     // or SOA questions alone
  bool knows_ixfr = true;           // or NOTIMP
  bool has_wrong_steps = false;     // from another version than it says
  bool answers_ixfr_whole = false;  // RFC 1995 4: as an AXFR
  std::optional<uint32_t> expire;   // EDNS
  size_t records_per_message = 7;
  std::vector<std::string> asked;

  void give(const std::string& zone, Version version) { zones[zone].push_back(std::move(version)); }

  // All messages of its answer; none: there is no answer.
  std::vector<std::vector<uint8_t>> answer(base::Bytes request) {
    const dns::Message question = dns::parse_message(request).value();
    const dns::Name& name = question.questions.at(0).name;
    const dns::RRType type = question.questions[0].type;
    std::string what = dns::to_text(type) + ' ' + dns::to_text(name.view());
    uint32_t serial = 0;
    if (type == dns::RRType::IXFR) {
      serial = base::load_u32(base::Bytes(question.authorities.at(0).rdata).last(20).data());
      what += ' ' + std::to_string(serial);
    }
    asked.push_back(what);
    if (!is_reachable) return {};
    const auto found = zones.find(dns::to_text(name.view()));
    if (found == zones.end()) return {refusal(question, dns::Rcode::REFUSED)};
    if (type == dns::RRType::SOA) return messages(question, {soa_of(*found->second.back())});
    if (!serves_transfers) return {refusal(question, dns::Rcode::REFUSED)};
    if (type == dns::RRType::IXFR) {
      if (!knows_ixfr) return {refusal(question, dns::Rcode::NOTIMP)};
      if (!answers_ixfr_whole) {
        if (auto steps = steps_from(found->second, serial)) return messages(question, *steps);
      }
    }
    return messages(question, whole(*found->second.back()));
  }

 private:
  static dns::Record record_of(dns::NameView owner, dns::RRType type, uint32_t ttl, base::Bytes rdata) {
    return {dns::Name(owner), type, dns::RRClass::IN, ttl, {rdata.begin(), rdata.end()}};
  }
  static dns::Record soa_of(const zone::Zone& zone) {
    const auto soa = zone.apex_node().find(dns::RRType::SOA);
    return record_of(zone.apex(), dns::RRType::SOA, soa->view().ttl, soa->view().first());
  }
  static std::vector<dns::Record> whole(const zone::Zone& zone) {
    std::vector<dns::Record> records;
    zone.for_each_rrset([&](dns::NameView owner, const dns::RRsetView& rrset) {
      for (const base::Bytes rdata : rrset) records.push_back(record_of(owner, rrset.type, rrset.ttl, rdata));
    });
    records.push_back(records.front());
    return records;
  }
  std::optional<std::vector<dns::Record>> steps_from(const std::vector<Version>& versions,
                                                     uint32_t serial) const {
    const auto from =
        std::ranges::find_if(versions, [&](const Version& version) { return version->serial() == serial; });
    if (from == versions.end()) return {};
    const dns::Record newest = soa_of(*versions.back());
    std::vector<dns::Record> records{newest};
    for (auto at = from; at + 1 != versions.end(); ++at) {
      zone::ZoneDiff diff = zone::diff_between(**at, **(at + 1));
      if (has_wrong_steps) {
        diff.removed.push_back({name_of("never.was."), dns::RRType::A, 300, {192, 0, 2, 1}});
        diff.removed.back().owner = dns::parse_name("never-was." + dns::to_text((*at)->apex())).value();
      }
      for (const auto* list : {&diff.removed, &diff.added}) {
        for (const zone::DiffRecord& record : *list)
          records.push_back(record_of(record.owner, record.type, record.ttl, record.rdata));
      }
    }
    if (records.size() > 1) records.push_back(newest);
    return records;
  }
  static dns::Message response_to(const dns::Message& question) {
    dns::Message message;
    message.header.id = question.header.id;
    message.header.flags = dns::kFlagQR | dns::kFlagAA;
    message.questions = question.questions;
    return message;
  }
  static std::vector<uint8_t> refusal(const dns::Message& question, dns::Rcode rcode) {
    dns::Message message = response_to(question);
    message.header.rcode = static_cast<uint8_t>(rcode);
    return dns::encode(message).value();
  }
  std::vector<std::vector<uint8_t>> messages(const dns::Message& question,
                                             const std::vector<dns::Record>& records) const {
    std::vector<std::vector<uint8_t>> all;
    for (size_t at = 0; at < records.size(); at += records_per_message) {
      dns::Message message = response_to(question);
      if (at == 0 && expire) {
        message.edns.emplace();
        message.edns->options.emplace_back(dns::ExpireOption{*expire});
      }
      for (size_t i = at; i < std::min(records.size(), at + records_per_message); ++i)
        message.answers.push_back(records[i]);
      all.push_back(dns::encode(message).value());
    }
    return all;
  }
};

// In place of the courier: carries errands to TestPrimaries by their addresses when it is told to.
class TestCarrier : public remotes::ErrandCarrier {
 public:
  std::map<std::string, TestPrimary> primaries;  // by "192.0.2.1:53"
  std::deque<remotes::Errand> errands;
  bool is_full = false;
  std::vector<uint8_t> update_answer;  // to whatever is forwarded; none: nobody answers

  bool submit(remotes::Errand errand) override {
    if (is_full) return false;
    errands.push_back(std::move(errand));
    return true;
  }
  // What comes of the first.
  remotes::Outcome carry() {
    remotes::Errand errand = std::move(errands.front());
    errands.pop_front();
    remotes::Outcome outcome;
    outcome.id = errand.id;
    outcome.endpoint_number = errand.endpoint;
    outcome.endpoint = errand.remote->endpoints.at(errand.endpoint);
    const auto found = primaries.find(outcome.endpoint.to_text());
    if (found == primaries.end() || !found->second.is_reachable) {
      if (found != primaries.end() && !errand.is_forwarded) (void)found->second.answer(errand.message);
      outcome.error = "no answer";
      return outcome;
    }
    outcome.result = remotes::Outcome::Result::kAnswered;
    if (errand.is_forwarded) {
      outcome.message = update_answer;
      if (update_answer.empty()) outcome.result = remotes::Outcome::Result::kUnreachable;
      return outcome;
    }
    const auto messages = found->second.answer(errand.message);
    if (errand.receiver == nullptr) {
      outcome.message = messages.front();
      return outcome;
    }
    if (auto received = receive(*errand.receiver, messages); !received) {
      outcome.result = remotes::Outcome::Result::kBroken;
      outcome.error = received.error().message;
    }
    outcome.receiver = std::move(errand.receiver);
    return outcome;
  }

 private:
  static base::Result<void> receive(remotes::Receiver& receiver,
                                    const std::vector<std::vector<uint8_t>>& messages) {
    for (const std::vector<uint8_t>& message : messages) {
      const auto state = receiver.take(message, 0);
      if (!state) return std::unexpected(state.error());
      if (*state == remotes::Receiver::State::kDone) return receiver.finish();
    }
    return base::fail("the answer ends too early");
  }
};

}  // namespace atlas::control::secondaries::testing
