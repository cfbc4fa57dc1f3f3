// Updates from arbitrary octets, applied to a small zone: whatever is accepted leaves a zone that could be
// loaded. The message's ID chooses who asks and what may be changed.
#include <algorithm>
#include <string>

#include "atlas/base/assert.h"
#include "atlas/dns/message.h"
#include "atlas/update/apply.h"
#include "atlas/update/respond.h"
#include "atlas/zone/text/parser.h"

namespace {

using namespace atlas;
using dns::RRType;

constexpr const char* kZone = R"($TTL 300
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
*.wild TXT "wild"
)";

const dns::Name& apex() {
  static const dns::Name name = dns::parse_name("example.org.").value();
  return name;
}

std::shared_ptr<const zone::Zone> make_zone() {
  static const zone::RecordList records = [] {
    zone::SourceFiles sources;
    zone::RecordList read;
    zone::DiagnosticLog log(1);
    zone::text::parse_zone("fuzz", std::string(kZone), apex(), {}, sources, read, log);
    ATLAS_ASSERT(log.error_count() == 0);
    read.sort();
    return read;
  }();
  return zone::Zone::build(apex(), records);
}

const policy::update::UpdatePolicy& policy_of(size_t index) {
  static const auto policies = [] {
    const std::vector<std::vector<const char*>> texts = {
        {"grant * zonesub ANY"},
        {"grant * zonesub"},
        {"deny * name www.example.org A", "grant * zonesub ANY(3)"},
        {"grant * selfsub . A TXT(2)", "grant 192.0.2.0/24 zonesub AAAA", "grant * tcp-self . PTR"},
    };
    std::vector<policy::update::UpdatePolicy> made;
    for (const auto& rules : texts) {
      std::vector<policy::update::Rule> parsed;
      for (const char* text : rules) parsed.push_back(policy::update::parse_rule(text, apex()).value());
      made.emplace_back(std::move(parsed));
    }
    return made;
  }();
  return policies[index % policies.size()];
}

void check_zone(const zone::Zone& zone) {
  const zone::Node& apex_node = zone.apex_node();
  ATLAS_ASSERT(apex_node.find(RRType::SOA)->view().count == 1);
  ATLAS_ASSERT(apex_node.find(RRType::NS) && !apex_node.find(RRType::DNSKEY));
  dns::Name owner;
  bool has_cname = false, has_other = false;
  zone.for_each_rrset([&](dns::NameView name, const dns::RRsetView& rrset) {
    if (owner != name) {
      owner = name;
      has_cname = has_other = false;
    }
    ATLAS_ASSERT(!dns::is_meta_type(rrset.type) && rrset.ttl <= dns::kTtlMax);
    const bool single = rrset.type == RRType::CNAME || rrset.type == RRType::DNAME;
    ATLAS_ASSERT(!single || rrset.count == 1);
    has_cname |= rrset.type == RRType::CNAME;
    has_other |= rrset.type != RRType::CNAME && rrset.type != RRType::KEY && rrset.type != RRType::SIG &&
                 rrset.type != RRType::NXT && rrset.type != RRType::RRSIG;
    ATLAS_ASSERT(!has_cname || !has_other);
  });
}

void check_applied(const zone::Zone& before, const update::Applied& applied) {
  const auto after = zone::edit_zone(before, applied.edits);
  ATLAS_ASSERT(after);
  ATLAS_ASSERT((*after)->serial() != before.serial());
  check_zone(**after);
  for (const update::Record& record : applied.added) {
    const auto found = (*after)->find(record.owner);
    ATLAS_ASSERT(found.exact && (record.type == RRType::RRSIG || found.node.find(record.type)));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < dns::kHeaderOctets) {
    ATLAS_ASSERT(!update::parse_request({data, size}));
    return 0;
  }
  static std::shared_ptr<const zone::Zone> zone = make_zone();
  update::Refusal outcome;
  const auto request = update::parse_request({data, size});
  if (!request) {
    outcome = request.error();
    ATLAS_ASSERT(outcome.rcode != dns::Rcode::NOERROR && !outcome.reason.empty());
  } else {
    policy::update::Requester requester;
    requester.address = *net::IpAddress::parse("192.0.2.1");
    requester.over_tcp = (request->id & 4) != 0;
    if ((request->id & 8) == 0) requester.key = *dns::parse_name("www.example.org.");
    const auto applied = update::apply(*zone, *request, policy_of(request->id), requester);
    if (!applied) {
      outcome = applied.error();
      ATLAS_ASSERT(outcome.rcode != dns::Rcode::NOERROR && !outcome.reason.empty());
    } else if (!applied->edits.empty()) {
      check_applied(*zone, *applied);
      zone = make_zone();
    }
  }
  static uint8_t out[512];
  const std::optional<update::Lease> granted = request ? request->lease : std::nullopt;
  const size_t octets = update::write_response({data, size}, outcome, granted, out);
  const auto response = dns::parse_message({out, octets});
  ATLAS_ASSERT(response && response->header.id == base::load_u16(data));
  if (request) ATLAS_ASSERT(response->rcode() == outcome.rcode && response->questions.size() == 1);
  return 0;
}
