#include "atlas/zone/check/check.h"

#include <algorithm>
#include <array>
#include <bit>
#include <deque>

#include "atlas/zone/check/checks.h"
#include "atlas/zone/check/subject.h"

namespace atlas::zone::check {
namespace {

using enum base::Severity;
using dns::RRType;

// Checks of the whole zone run once.
constexpr TypeSet kOnce = 0;

struct Row {
  CheckName name;
  TypeSet triggers;  // run for owners of any of these types, or once
  Check* run;
};

// A check is an error where most of BIND, Knot and NSD refuse the zone for it.
constexpr Row kRows[] = {
    {{"soa-missing", kError, "RFC 1035 5.2"}, kOnce, soa_missing},
    {{"soa-several", kError, "RFC 1035 5.2"}, kOnce, soa_several},
    {{"soa-not-at-apex", kError, "RFC 1034 4.2.1"}, type_bits(RRType::SOA), soa_not_at_apex},
    {{"soa-timers", kWarning, "RFC 1912 2.2"}, kOnce, soa_timers},
    {{"soa-serial-zero", kWarning, "RFC 1982 7"}, kOnce, soa_serial_zero},
    {{"apex-ns-missing", kError, "RFC 1034 4.2.1"}, kOnce, apex_ns_missing},
    {{"apex-ns-is-alias", kError, "RFC 2181 10.3"}, kOnce, apex_ns_is_alias},
    {{"apex-ns-without-address", kError, "RFC 1912 2.8"}, kOnce, apex_ns_without_address},

    {{"ns-is-alias", kWarning, "RFC 2181 10.3"}, type_bits(RRType::NS), ns_is_alias},
    {{"ns-without-address", kWarning, "RFC 1912 2.8"}, type_bits(RRType::NS), ns_without_address},
    {{"glue-missing", kWarning, "RFC 9471 2.1"}, type_bits(RRType::NS), glue_missing},
    {{"ns-at-wildcard", kWarning, "RFC 4592 4.2"}, type_bits(RRType::NS), ns_at_wildcard},
    {{"ds-without-ns", kWarning, "RFC 4035 2.4"}, type_bits(RRType::DS), ds_without_ns},
    {{"ds-at-apex", kWarning, "RFC 4035 2.4"}, type_bits(RRType::DS), ds_at_apex},
    {{"ds-at-wildcard", kWarning, "RFC 4592 4.6"}, type_bits(RRType::DS), ds_at_wildcard},
    {{"occluded", kWarning, "RFC 2181 6.1"}, ~TypeSet{0}, occluded},

    {{"cname-and-other-data", kError, "RFC 1034 3.6.2"}, type_bits(RRType::CNAME), cname_and_other_data},
    {{"cname-several", kError, "RFC 2181 10.1"}, type_bits(RRType::CNAME), cname_several},
    {{"cname-loop", kWarning, "RFC 1034 3.6.2"}, type_bits(RRType::CNAME), cname_loop},
    {{"cname-to-nowhere", kWarning, "RFC 1912 2.4"}, type_bits(RRType::CNAME), cname_to_nowhere},
    {{"dname-several", kError, "RFC 6672 2.4"}, type_bits(RRType::DNAME), dname_several},
    {{"dname-with-names-below", kError, "RFC 6672 2.4"}, ~TypeSet{0}, dname_with_names_below},
    {{"dname-and-ns", kWarning, "RFC 6672 2.3"}, type_bits(RRType::DNAME), dname_and_ns},
    {{"dname-at-wildcard", kWarning, "RFC 4592 4.4"}, type_bits(RRType::DNAME), dname_at_wildcard},

    {{"owner-not-a-host-name", kWarning, "RFC 1123 2.1"},
     type_bits(RRType::A, RRType::AAAA, RRType::MX),
     owner_not_a_host_name},
    {{"target-not-a-host-name", kWarning, "RFC 1123 2.1"},
     type_bits(RRType::NS, RRType::MX, RRType::SRV),
     target_not_a_host_name},
    {{"target-is-an-address", kWarning, "RFC 1035 3.3"},
     type_bits(RRType::NS, RRType::MX, RRType::SRV),
     target_is_an_address},
    {{"mx-is-alias", kWarning, "RFC 2181 10.3"}, type_bits(RRType::MX), mx_is_alias},
    {{"mx-without-address", kWarning, "RFC 5321 5.1"}, type_bits(RRType::MX), mx_without_address},
    {{"mx-null-and-others", kWarning, "RFC 7505 3"}, type_bits(RRType::MX), mx_null_and_others},
    {{"srv-is-alias", kWarning, "RFC 2782"}, type_bits(RRType::SRV), srv_is_alias},
    {{"srv-without-address", kWarning, "RFC 2782"}, type_bits(RRType::SRV), srv_without_address},
    {{"ptr-into-reverse-zone", kWarning, "RFC 1035 3.5"}, type_bits(RRType::PTR), ptr_into_reverse_zone},
    {{"ttl-differs", kWarning, "RFC 2181 5.2"}, ~TypeSet{0}, ttl_differs},
    {{"obsolete-type", kWarning, "IANA"},
     type_bits(RRType::MD, RRType::MF, RRType::NXT, RRType::A6, RRType::SPF),
     obsolete_type},

    {{"dnskey-not-at-apex", kWarning, "RFC 4035 2.1"}, type_bits(RRType::DNSKEY), dnskey_not_at_apex},
    {{"dnskey-algorithm", kWarning, "RFC 9904 3"}, type_bits(RRType::DNSKEY), dnskey_algorithm},
    {{"ds-digest", kWarning, "RFC 9904 3"}, type_bits(RRType::DS), ds_digest},
    {{"nsec3param-not-at-apex", kWarning, "RFC 5155 4"},
     type_bits(RRType::NSEC3PARAM),
     nsec3param_not_at_apex},
    {{"nsec3-iterations", kWarning, "RFC 9276 3.1"}, type_bits(RRType::NSEC3PARAM), nsec3_iterations},
    {{"rrsig-expired", kWarning, "RFC 4035 5.3.1"}, type_bits(RRType::RRSIG), rrsig_expired},
    {{"rrsig-not-yet-valid", kWarning, "RFC 4035 5.3.1"}, type_bits(RRType::RRSIG), rrsig_not_yet_valid},
    {{"rrsig-without-data", kWarning, "RFC 4035 2.2"}, type_bits(RRType::RRSIG), rrsig_without_data},
    {{"rrsig-missing", kWarning, "RFC 4035 2.2"}, ~TypeSet{0}, rrsig_missing},
    {{"denial-missing", kWarning, "RFC 4035 2.3"}, kOnce, denial_missing},
    {{"rrsig-without-dnskey", kWarning, "RFC 4035 2.1"}, kOnce, rrsig_without_dnskey},
};

constexpr auto kNames = [] {
  std::array<CheckName, std::size(kRows)> names;
  for (size_t i = 0; i < names.size(); ++i) names[i] = kRows[i].name;
  return names;
}();

// The rows that sets of types trigger, as bits. Owners have few different sets.
class TriggeredRows {
 public:
  uint64_t by(TypeSet types) {
    Entry& entry = entries_[(types * 0x9e3779b97f4a7c15) >> 60];
    if (entry.types != types) entry = {types, find(types)};
    return entry.rows;
  }

 private:
  struct Entry {
    TypeSet types = 0;  // no owner has none
    uint64_t rows = 0;
  };
  static uint64_t find(TypeSet types) {
    static_assert(std::size(kRows) <= 64);
    uint64_t rows = 0;
    for (size_t i = 0; i < std::size(kRows); ++i) rows |= uint64_t{(kRows[i].triggers & types) != 0} << i;
    return rows;
  }

  std::array<Entry, 16> entries_;
};

// Nodes that are checked in one piece, beside others.
constexpr size_t kPieceNodes = 16'384;

constexpr uint64_t kErrorRows = [] {
  uint64_t rows = 0;
  for (size_t i = 0; i < std::size(kRows); ++i) rows |= uint64_t{kRows[i].name.severity == kError} << i;
  return rows;
}();

void run(const Row& row, const Subject& zone, const Node& node, Findings& findings) {
  findings.set_check(row.name);
  row.run(zone, node, findings);
}

// Checks pieces of a zone.
class Checker {
 public:
  // What the checkers of a zone share.
  struct Shared {
    DiagnosticLog& log;
    size_t next = 0;  // node
  };

  Checker(const Subject& zone, Shared& shared)
      : zone_(zone), shared_(shared), log_(shared.log.kept_max()), findings_(zone_, log_) {}

  bool take() {
    begin_ = shared_.next;
    end_ = std::min(begin_ + kPieceNodes, zone_.node_count());
    shared_.next = end_;
    return begin_ != end_;
  }
  void work() {
    log_ = DiagnosticLog(log_.kept_max());
    zone_.for_each_node(begin_, end_, [this](const Node& node) {
      for (uint64_t rows = triggered_.by(node.types); rows != 0; rows &= rows - 1)
        run(kRows[std::countr_zero(rows)], zone_, node, findings_);
    });
  }
  bool deliver() {
    shared_.log.append(std::move(log_));
    return true;
  }

 private:
  const Subject zone_;
  Shared& shared_;
  TriggeredRows triggered_;
  size_t begin_ = 0, end_ = 0;
  DiagnosticLog log_;
  Findings findings_;
};

// The checks of the whole zone that are among `rows`.
void run_once(const Subject& zone, uint64_t rows, DiagnosticLog& log) {
  Findings findings(zone, log);
  Node nothing;
  nothing.owner = zone.apex();
  nothing.is_apex = true;
  const Node apex_node = zone.apex_node().value_or(nothing);
  for (size_t i = 0; i < std::size(kRows); ++i) {
    if ((rows >> i & 1) != 0 && kRows[i].triggers == kOnce) run(kRows[i], zone, apex_node, findings);
  }
}

}  // namespace

std::span<const CheckName> check_names() {
  return kNames;
}

void check_zone(const RecordList& records, dns::NameView apex, base::WallTime now, DiagnosticLog& log,
                Work work) {
  const Subject zone(records, apex, now, work);
  run_once(zone, ~uint64_t{0}, log);
  Checker::Shared shared{log};
  std::deque<Checker> checkers;
  for (size_t i = 0; i < std::clamp<size_t>(zone.node_count() / kPieceNodes, 1, work.threads); ++i)
    checkers.emplace_back(zone, shared);
  run_in_order(checkers);
}

void check_errors(const RecordList& records, dns::NameView apex, DiagnosticLog& log) {
  const Subject zone(records, apex, {}, {});
  run_once(zone, kErrorRows, log);
  Findings findings(zone, log);
  TriggeredRows triggered;
  zone.for_each_node(0, zone.node_count(), [&](const Node& node) {
    for (uint64_t rows = triggered.by(node.types) & kErrorRows; rows != 0; rows &= rows - 1)
      run(kRows[std::countr_zero(rows)], zone, node, findings);
  });
}

}  // namespace atlas::zone::check
