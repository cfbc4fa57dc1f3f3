// Updates in nsupdate's words, for tests.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "atlas/dns/rdata.h"
#include "atlas/update/apply.h"
#include "atlas/zone/text/parser.h"

namespace atlas::update::test {

using dns::Name;
using dns::RRClass;
using dns::RRType;

inline const Name kApex = dns::parse_name("example.org.").value();

inline constexpr const char* kZone = R"($TTL 300
@ SOA ns admin 10 3600 600 86400 300
@ NS ns
@ NS ns.elsewhere.net.
@ MX 10 mail
@ TXT "apex"
ns A 192.0.2.53
www A 192.0.2.1
www A 192.0.2.2
www TXT "web"
mail AAAA 2001:db8::25
alias CNAME www
d DNAME elsewhere.net.
sub NS ns.sub
sub DS 12345 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
ns.sub A 192.0.2.54
a.b.deep TXT "deep"
wks WKS 192.0.2.1 6 25
wks WKS 192.0.2.1 17 53
srv SRV 0 0 80 www
host PTR www
)";

inline std::shared_ptr<const zone::Zone> zone_of(std::string text) {
  zone::SourceFiles sources;
  zone::RecordList records;
  zone::DiagnosticLog log(1);
  zone::text::parse_zone("test", std::move(text), kApex, {}, sources, records, log);
  EXPECT_EQ(log.error_count(), 0u);
  records.sort();
  return zone::Zone::build(kApex, records);
}

inline Name name_of(const std::string& text) {
  return dns::parse_name(text, kApex).value();
}

inline std::vector<uint8_t> rdata_of(RRType type, const std::string& text) {
  const auto rdata = dns::parse_rdata(type, text, kApex);
  EXPECT_TRUE(rdata) << text;
  return rdata.value_or(std::vector<uint8_t>{});
}

// A line in nsupdate's words, without "prereq" and "update".
inline void add_line(const std::string& line, Request& request) {
  std::string rest = line;
  const auto next = [&] {
    const std::string word = rest.substr(0, rest.find(' '));
    rest.erase(0, word.size() + 1);
    return word;
  };
  const std::string verb = next(), owner = next();
  Record record;
  record.owner = name_of(owner);
  record.type = RRType::ANY;
  if (verb == "add") record.ttl = static_cast<uint32_t>(std::stoul(next()));
  if (!rest.empty()) record.type = dns::parse_rrtype(next()).value();
  if (!rest.empty()) record.rdata = rdata_of(record.type, rest);
  const bool deletes = verb == "delete";
  if (verb == "add" || (verb == "yxrrset" && !rest.empty())) {
    record.rr_class = RRClass::IN;
  } else if (verb == "nxdomain" || verb == "nxrrset" || (deletes && !rest.empty())) {
    record.rr_class = RRClass::NONE;
  } else {
    record.rr_class = RRClass::ANY;
  }
  (verb == "add" || deletes ? request.updates : request.prerequisites).push_back(std::move(record));
}

inline Request request_of(const std::vector<std::string>& lines) {
  Request request;
  request.zone = kApex;
  for (const std::string& line : lines) add_line(line, request);
  return request;
}

inline std::vector<std::string> lines_of(const zone::Zone& zone) {
  std::vector<std::string> lines;
  zone.for_each_rrset([&](dns::NameView owner, const dns::RRsetView& rrset) {
    if (rrset.type == RRType::SOA) return;
    for (const base::Bytes rdata : rrset) {
      lines.push_back(dns::to_text(owner) + ' ' + std::to_string(rrset.ttl) + ' ' + dns::to_text(rrset.type) +
                      ' ' + dns::rdata_to_text(rrset.type, rdata));
    }
  });
  std::ranges::sort(lines);
  return lines;
}

inline const policy::update::Requester kRequester{dns::parse_name("k.").value(), {}, false};

inline policy::update::UpdatePolicy policy_of(const std::vector<std::string>& rules) {
  std::vector<policy::update::Rule> parsed;
  for (const std::string& rule : rules) parsed.push_back(policy::update::parse_rule(rule, kApex).value());
  return policy::update::UpdatePolicy(parsed);
}

// "REFUSED", or the serial and what changed: "11 -RECORD +RECORD"; "10" if nothing did.
inline std::string outcome_of(const zone::Zone& zone, const Request& request,
                              const std::vector<std::string>& rules = {"grant k zonesub ANY"}) {
  const auto applied = apply(zone, request, policy_of(rules), kRequester);
  if (!applied) {
    EXPECT_FALSE(applied.error().reason.empty());
    return dns::to_text(applied.error().rcode);
  }
  if (applied->edits.empty()) return std::to_string(zone.serial());
  const auto edited = zone::edit_zone(zone, applied->edits);
  EXPECT_TRUE(edited) << edited.error().message;
  const auto before = lines_of(zone), after = lines_of(**edited);
  std::string outcome = std::to_string((*edited)->serial());
  std::vector<std::string> lines;
  std::ranges::set_difference(before, after, std::back_inserter(lines));
  for (const std::string& line : lines) outcome += "\n-" + line;
  lines.clear();
  std::ranges::set_difference(after, before, std::back_inserter(lines));
  for (const std::string& line : lines) outcome += "\n+" + line;
  return outcome;
}

struct Case {
  std::vector<std::string> lines;
  const char* outcome;
};

inline void check(const std::vector<Case>& cases) {
  for (const Case& each : cases) {
    std::string all;
    for (const std::string& line : each.lines) all += line + "; ";
    EXPECT_EQ(outcome_of(*zone_of(kZone), request_of(each.lines)), each.outcome) << all;
  }
}

}  // namespace atlas::update::test
