// Responses to AXFR and IXFR in a few words, for tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "atlas/dns/message.h"
#include "atlas/dns/rdata.h"
#include "atlas/transfer/incoming.h"

namespace atlas::transfer::test {

inline const dns::Name kZone = dns::parse_name("example.org.").value();
inline constexpr uint16_t kId = 0x1234;

using Octets = std::vector<uint8_t>;

// Between separators, without the blanks around.
inline std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const size_t end = text.find(separator);
    std::string_view part = text.substr(0, end);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) parts.emplace_back(part);
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

// "www A 192.0.2.1", "www:60 A 192.0.2.1" with a TTL of 60, "SOA 12" for the zone's SOA of that serial.
inline dns::Record record_of(const std::string& text) {
  std::string rest = text;
  const auto next = [&] {
    const std::string word = rest.substr(0, rest.find(' '));
    rest.erase(0, word.size() + 1);
    return word;
  };
  std::string owner = next();
  if (owner == "SOA") {
    owner = "@";
    rest = "SOA ns admin " + rest + " 3600 600 86400 300";
  }
  dns::Record record;
  record.ttl = 300;
  if (const size_t colon = owner.find(':'); colon != std::string::npos) {
    record.ttl = static_cast<uint32_t>(std::stoul(owner.substr(colon + 1)));
    owner.resize(colon);
  }
  record.owner = dns::parse_name(owner, kZone).value();
  record.type = dns::parse_rrtype(next()).value();
  const auto rdata = dns::parse_rdata(record.type, rest, kZone);
  EXPECT_TRUE(rdata) << text;
  record.rdata = rdata.value_or(Octets{});
  return record;
}

// Records are separated by ";".
inline dns::Message message_of(const std::string& records, dns::RRType type) {
  dns::Message message;
  message.header.id = kId;
  message.header.flags = dns::kFlagQR | dns::kFlagAA;
  message.questions.push_back({kZone, type, dns::RRClass::IN});
  for (const std::string& record : split(records, ';')) message.answers.push_back(record_of(record));
  return message;
}

// Messages are separated by "|"; "|" alone is one without a record.
inline std::vector<dns::Message> messages_of(const std::string& text, dns::RRType type) {
  std::vector<dns::Message> messages;
  size_t begin = 0;
  while (begin <= text.size()) {
    const size_t end = std::min(text.find('|', begin), text.size());
    messages.push_back(message_of(text.substr(begin, end - begin), type));
    begin = end + 1;
  }
  return messages;
}

inline std::vector<Octets> encoded(const std::vector<dns::Message>& messages) {
  std::vector<Octets> octets;
  for (const dns::Message& message : messages) octets.push_back(dns::encode(message).value());
  return octets;
}

inline std::string text_of(dns::NameView owner, dns::RRType type, uint32_t ttl, base::Bytes rdata) {
  if (type == dns::RRType::SOA && owner == kZone.view())
    return "SOA " + std::to_string(read_soa(rdata)->serial);
  std::string name = owner == kZone.view() ? "@." : dns::to_text(owner);
  constexpr std::string_view kSuffix = ".example.org.";
  if (name.ends_with(kSuffix)) name.resize(name.size() - kSuffix.size() + 1);
  name.pop_back();
  if (ttl != 300) name += ':' + std::to_string(ttl);
  return name + ' ' + dns::to_text(type) + ' ' + dns::rdata_to_text(type, rdata);
}

inline std::string text_of(const zone::ZoneDiff& diff) {
  std::string text;
  for (const auto& [sign, records] : {std::pair('-', &diff.removed), std::pair('+', &diff.added)}) {
    for (const zone::DiffRecord& record : *records) {
      if (!text.empty()) text += "; ";
      text += sign + text_of(record.owner, record.type, record.ttl, record.rdata);
    }
  }
  return text;
}

// "whole: SOA 12; www A 192.0.2.1", with "(2 ignored)" behind it; "steps: -SOA 10; ...; +SOA 12 / -SOA 12..."
inline std::string text_of(Incoming& incoming) {
  const auto result = incoming.release();
  if (const auto* const up_to_date = std::get_if<UpToDate>(&result))
    return "up to date: " + std::to_string(up_to_date->soa.serial);
  std::string text;
  if (const auto* const whole = std::get_if<Whole>(&result)) {
    for (const zone::ListedRecord& record : whole->records.records()) {
      text += (text.empty() ? "whole: " : "; ") +
              text_of(whole->records.owner(record), record.type, record.ttl, whole->records.rdata(record));
    }
    return whole->ignored == 0 ? text : text + " (" + std::to_string(whole->ignored) + " ignored)";
  }
  for (const zone::ZoneDiff& diff : std::get<Steps>(result).diffs)
    text += (text.empty() ? "steps: " : " / ") + text_of(diff);
  return text;
}

// What becomes of them: as above, "more" if they do not end, or the error.
inline std::string outcome_of(Incoming& incoming, const std::vector<Octets>& messages) {
  for (size_t i = 0; i < messages.size(); ++i) {
    const auto state = incoming.take(messages[i], kId);
    if (!state) return state.error().message;
    if (*state == Incoming::State::kMore) continue;
    if (i + 1 < messages.size()) return "done before the end";
    return text_of(incoming);
  }
  return "more";
}

// The version that is there, where there is one.
inline constexpr uint32_t kPresent = 10;

inline std::string axfr(const std::vector<Octets>& messages, const IncomingLimits& limits = {}) {
  Incoming incoming({kZone, {}, false}, limits);
  return outcome_of(incoming, messages);
}
inline std::string axfr(const std::string& stream, const IncomingLimits& limits = {}) {
  return axfr(encoded(messages_of(stream, dns::RRType::AXFR)), limits);
}
inline std::string ixfr(const std::vector<Octets>& messages, const IncomingLimits& limits = {}) {
  Incoming incoming({kZone, kPresent, false}, limits);
  return outcome_of(incoming, messages);
}
inline std::string ixfr(const std::string& stream, const IncomingLimits& limits = {}) {
  return ixfr(encoded(messages_of(stream, dns::RRType::IXFR)), limits);
}

struct StreamCase {
  const char* stream;
  const char* outcome;
};

}  // namespace atlas::transfer::test
