// For tests and fuzzing: zones from text, signed in form only. Signatures are of the right shape and cover
// what real ones would, but nobody made them with a key.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "atlas/base/encoding.h"
#include "atlas/crypto/nsec3_hash.h"
#include "atlas/dns/rdata.h"
#include "atlas/source/zone/answer.h"
#include "atlas/zone/diagnostic_log.h"
#include "atlas/zone/text/parser.h"
#include "atlas/zone/zone.h"

namespace atlas::source::zone {

// Something of everything that an answer can be made of, for the apex z.test.
inline constexpr char kRichZone[] = R"($TTL 300
@            SOA    ns admin 1 3600 600 86400 60
             NS     ns
             NS     ns.elsewhere.
             MX     10 mail
ns           A      192.0.2.1
             AAAA   2001:db8::1
mail         A      192.0.2.25
www          A      192.0.2.80
             TXT    "one"
alias        CNAME  www
away         CNAME  www.elsewhere.
loop         CNAME  pool
pool         CNAME  loop
a.b.c        A      192.0.2.3
*.wild       A      192.0.2.4
             TXT    "wild"
x.y.wild     A      192.0.2.5
*.aliases    CNAME  www
old          DNAME  new
new          A      192.0.2.6
www.new      A      192.0.2.7
wide         DNAME  aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb.c
sub          NS     ns.sub
             NS     ns.other
             NS     ns
ns.sub       A      192.0.2.53
below.sub    A      192.0.2.54
other        NS     ns.other
ns.other     A      192.0.2.55
safe         NS     ns.elsewhere.
             DS     1 13 200 00
_s._tcp      SRV    1 1 80 www
svc          HTTPS  1 . alpn=h2
             A      192.0.2.8
svcalias     HTTPS  0 svc
)";

struct CanonicalLess {
  bool operator()(const dns::Name& a, const dns::Name& b) const { return dns::compare_canonical(a, b) < 0; }
};
using TypesByName = std::map<dns::Name, std::vector<dns::RRType>, CanonicalLess>;

// Empty if the text has an error.
inline std::optional<atlas::zone::RecordList> records_from_text(dns::NameView apex, std::string text) {
  atlas::zone::SourceFiles sources;
  atlas::zone::RecordList records;
  atlas::zone::DiagnosticLog log(10);
  atlas::zone::text::ParseOptions options;
  options.generated_records_max = 1000;
  atlas::zone::text::parse_zone("test", std::move(text), apex, options, sources, records, log);
  if (log.error_count() != 0) return {};
  records.sort();
  return records;
}

// The names that the zone has authority over, cuts included, and the types that their denial lists.
inline TypesByName authoritative_types(dns::NameView apex, const atlas::zone::RecordList& records) {
  TypesByName types;
  std::optional<dns::Name> cut;
  for (const auto& record : records.records()) {
    const dns::Name owner = records.owner(record);
    if (cut && owner.view().is_below(*cut)) continue;
    if (record.type == dns::RRType::NS && owner.view() != apex) cut = owner;
    auto& list = types[owner];
    if (list.empty() || list.back() != record.type) list.push_back(record.type);
  }
  for (auto& [owner, list] : types) {
    const bool is_cut = owner.view() != apex && std::ranges::count(list, dns::RRType::NS) != 0;
    if (is_cut) {
      std::erase_if(list,
                    [](dns::RRType type) { return type != dns::RRType::NS && type != dns::RRType::DS; });
    }
  }
  return types;
}

inline void add_rdata(atlas::zone::RecordList& records, dns::NameView owner, dns::RRType type,
                      const std::string& text) {
  records.add(owner, type, 300, dns::parse_rdata(type, text).value());
}

inline void add_signature(atlas::zone::RecordList& records, dns::NameView owner, dns::RRType covered) {
  const size_t labels = owner.label_count() - (owner.is_wildcard() ? 1 : 0);
  add_rdata(records, owner, dns::RRType::RRSIG,
            dns::to_text(covered) + " 13 " + std::to_string(labels) +
                " 300 20400101000000 20200101000000 1 . AAAA");
}

inline void add_signatures(atlas::zone::RecordList& records, dns::NameView apex, const TypesByName& types) {
  for (const auto& [owner, list] : types) {
    for (const dns::RRType type : list) {
      if (type != dns::RRType::NS || owner.view() == apex) add_signature(records, owner, type);
    }
  }
}

inline std::string bitmap_text(const std::vector<dns::RRType>& types, const char* more) {
  std::string text;
  for (const dns::RRType type : types) text += ' ' + dns::to_text(type);
  return text + more;
}

inline void sign_with_nsec(dns::NameView apex, atlas::zone::RecordList& records) {
  const TypesByName types = authoritative_types(apex, records);
  add_signatures(records, apex, types);
  for (auto at = types.begin(); at != types.end(); ++at) {
    const auto next = std::next(at) == types.end() ? types.begin() : std::next(at);
    add_rdata(records, at->first, dns::RRType::NSEC,
              dns::to_text(next->first.view()) + bitmap_text(at->second, " RRSIG NSEC"));
    add_signature(records, at->first, dns::RRType::NSEC);
  }
  records.sort();
}

// One additional iteration, salt "ab". With opt-out, delegations without DS have no NSEC3.
inline void sign_with_nsec3(dns::NameView apex, atlas::zone::RecordList& records, bool opt_out) {
  const TypesByName types = authoritative_types(apex, records);
  add_signatures(records, apex, types);
  add_rdata(records, apex, dns::RRType::NSEC3PARAM, "1 0 1 ab");
  add_signature(records, apex, dns::RRType::NSEC3PARAM);

  std::map<crypto::Nsec3Hash, std::string> chain;  // hash to the text of its types
  const uint8_t salt[] = {0xab};
  const auto add = [&](dns::Name name, const std::string& bitmap) {
    name.make_lower();
    chain.emplace(crypto::nsec3_hash(name.wire(), 1, salt), bitmap);
  };
  for (const auto& [owner, list] : types) {
    const bool insecure = owner.view() != apex && list == std::vector{dns::RRType::NS};
    if (insecure && opt_out) continue;
    add(owner, bitmap_text(list, insecure ? "" : owner.view() == apex ? " RRSIG NSEC3PARAM" : " RRSIG"));
    for (dns::NameView name = owner; name != apex; name = name.parent()) {
      if (!types.contains(name)) add(name, "");
    }
  }
  for (auto at = chain.begin(); at != chain.end(); ++at) {
    const auto next = std::next(at) == chain.end() ? chain.begin() : std::next(at);
    std::string label, next_hash;
    base::append_base32hex(at->first, label);
    base::append_base32hex(next->first, next_hash);
    const dns::Name owner = dns::parse_name(label, apex).value();
    add_rdata(records, owner, dns::RRType::NSEC3,
              (opt_out ? "1 1 1 ab " : "1 0 1 ab ") + next_hash + at->second);
    add_signature(records, owner, dns::RRType::NSEC3);
  }
  records.sort();
}

// Answers from one zone and follows aliases within it, as the query path does among all zones.
inline void answer_and_chase(const atlas::zone::Zone& zone, const query::Query& query, const Options& options,
                             query::Answer& answer) {
  answer.clear();
  dns::NameView name = query.name;
  for (size_t links = 0; links <= query::kChainLinksMax; ++links) {
    const dns::LabelledName labelled(name);
    atlas::zone::Zone::Foresight foresight;
    zone.foresee(labelled, foresight);
    const Step step = answer_from_zone(zone, query, labelled, foresight, links == 0, options, answer);
    if (!step.chase || !step.target.is_at_or_below(zone.apex())) return;
    name = step.target;
  }
}

}  // namespace atlas::source::zone
