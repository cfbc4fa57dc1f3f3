#include "atlas/source/zone/answer.h"

#include <optional>

#include "atlas/source/zone/denial.h"

namespace atlas::source::zone {
namespace {

using atlas::zone::Denial;
using atlas::zone::Node;
using atlas::zone::RRset;
using atlas::zone::Zone;
using dns::NameView;
using dns::Rcode;
using dns::RRType;
using query::Section;

bool is_service_binding(RRType type) {
  return type == RRType::SVCB || type == RRType::HTTPS;
}

// One name's part of an answer.
class Composer {
 public:
  Composer(const Zone& zone, const query::Query& query, NameView name, bool first, const Options& options,
           query::Answer& answer)
      : zone_(zone),
        type_(query.type),
        dnssec_ok_(query.dnssec_ok),
        name_(name),
        first_(first),
        options_(options),
        answer_(answer) {}

  Step compose();

 private:
  // Each of these ends the way of one name.
  Step refer(Node cut);
  Step substitute(Node dname);
  Step answer_node(Node node);
  Step answer_any(Node node);
  Step answer_rrsig(Node node);
  Step follow(const RRset& cname, Node node);
  Step deny_type(Node node);
  Step deny_name(Node encloser);
  Step finish_positive(Node node);

  bool is_expanded(Node node) const { return node.name().size() != name_.size() || node.name() != name_; }
  std::optional<RRset> smallest_rrset(Node node) const;
  void add(Section section, NameView owner, const RRset& rrset, bool required = true);
  void add_negative_soa();
  void add_additionals(const RRset& rrset);
  void add_glue(Node cut, const RRset& name_servers);
  void add_addresses(Node target, bool required);

  const Zone& zone_;
  RRType type_;
  bool dnssec_ok_;
  NameView name_;
  bool first_;
  const Options& options_;
  query::Answer& answer_;
};

Step Composer::compose() {
  const Zone::Found found = zone_.find(name_);
  if (const auto boundary = found.node.boundary()) {
    if (!boundary->is_zone_cut()) return substitute(*boundary);
    // DS lives on the parent's side of the cut (RFC 4035 3.1.4.1).
    const bool asks_parent_side = found.exact && found.node == *boundary && type_ == RRType::DS;
    if (!asks_parent_side) return refer(*boundary);
  } else if (!found.exact && found.node.find(RRType::DNAME)) {
    return substitute(found.node);
  }
  if (first_) answer_.authoritative = true;
  if (found.exact) return answer_node(found.node);
  if (const auto wildcard = found.node.wildcard()) return answer_node(*wildcard);
  return deny_name(found.node);
}

// RFC 1034 4.3.2 step 3b.
Step Composer::refer(Node cut) {
  answer_.rcode = Rcode::NOERROR;
  const auto name_servers = cut.find(RRType::NS);
  // The NS RRset of a cut is the child's, and so is not signed here.
  answer_.add(Section::kAuthority, cut.name(), name_servers->view());
  if (dnssec_ok_) {
    if (const auto ds = cut.find(RRType::DS)) {
      add(Section::kAuthority, cut.name(), *ds);
    } else {
      DenialProof(zone_, answer_).deny_ds(cut);
    }
  }
  add_glue(cut, *name_servers);
  return {};
}

// RFC 6672 3.2 step 3C: the DNAME, and a CNAME made of it for those who do not know DNAME.
Step Composer::substitute(Node dname) {
  if (first_) answer_.authoritative = true;
  const auto rrset = dname.find(RRType::DNAME);
  const base::Bytes rdata = rrset->view().first();
  const NameView dname_target(rdata.data(), static_cast<uint8_t>(rdata.size()));
  if (answer_.contains(name_, RRType::CNAME)) return {};
  add(Section::kAnswer, dname.name(), *rrset);
  const auto target = dns::substitute_suffix(name_, dname.name(), dname_target);
  if (!target) {
    answer_.rcode = Rcode::YXDOMAIN;
    return {};
  }
  answer_.rcode = Rcode::NOERROR;
  const dns::RRsetView cname = answer_.make_rrset(RRType::CNAME, rrset->view().ttl, target->wire());
  if (cname.empty()) return {};
  answer_.add(Section::kAnswer, name_, cname);
  if (type_ == RRType::CNAME || type_ == RRType::ANY) return {};
  return {.chase = true, .target = NameView(cname.first().data(), target->view().size())};
}

// RFC 1034 4.3.2 step 3a and 3c: `node` is the name's own or the wildcard that stands for it.
Step Composer::answer_node(Node node) {
  answer_.rcode = Rcode::NOERROR;
  if (type_ == RRType::ANY) return answer_any(node);
  if (type_ == RRType::RRSIG) return answer_rrsig(node);
  // NSEC3 owners do not exist for queries, not even where the hash is the name of something else (RFC
  // 5155 7.2.8).
  const auto rrset = type_ == RRType::NSEC3 ? std::nullopt : node.find(type_);
  if (rrset) {
    add(Section::kAnswer, name_, *rrset);
    const Step step = finish_positive(node);
    add_additionals(*rrset);
    return step;
  }
  // NSEC stands beside CNAME (RFC 4034 4.1.1), so that its absence is an answer of its own.
  const auto cname = type_ == RRType::NSEC ? std::nullopt : node.find(RRType::CNAME);
  if (cname) return follow(*cname, node);
  return deny_type(node);
}

Step Composer::answer_any(Node node) {
  if (options_.minimal_any) {
    const auto rrset = smallest_rrset(node);
    if (!rrset) return deny_type(node);
    add(Section::kAnswer, name_, *rrset);
    return finish_positive(node);
  }
  bool any = false;
  node.for_each_rrset([&](const RRset& rrset) {
    if (rrset.type() == RRType::RRSIG || rrset.type() == RRType::NSEC3) return;
    add(Section::kAnswer, name_, rrset);
    any = true;
  });
  return any ? finish_positive(node) : deny_type(node);
}

// RRSIGs are no RRset (RFC 4035 2.2): whoever asks for them gets some or all, as with ANY.
Step Composer::answer_rrsig(Node node) {
  bool any = false;
  const auto add_signatures = [&](const RRset& rrset) {
    if (rrset.type() == RRType::NSEC3) return;
    any |= !rrset.signatures().empty();
    answer_.add(Section::kAnswer, name_, rrset.signatures());
  };
  if (options_.minimal_any) {
    if (const auto rrset = smallest_rrset(node)) add_signatures(*rrset);
  } else {
    node.for_each_rrset(add_signatures);
  }
  return any ? finish_positive(node) : deny_type(node);
}

Step Composer::follow(const RRset& cname, Node node) {
  // A chain that comes back to itself has said all that it can.
  if (answer_.contains(name_, RRType::CNAME)) return {};
  add(Section::kAnswer, name_, cname);
  if (dnssec_ok_ && is_expanded(node)) DenialProof(zone_, answer_).deny_closer_match(name_, node);
  const base::Bytes target = cname.view().first();
  return {.chase = true, .target = NameView(target.data(), static_cast<uint8_t>(target.size()))};
}

Step Composer::finish_positive(Node node) {
  if (dnssec_ok_ && is_expanded(node)) DenialProof(zone_, answer_).deny_closer_match(name_, node);
  if (!options_.minimal_responses) {
    if (const auto name_servers = zone_.apex_node().find(RRType::NS)) {
      add(Section::kAuthority, zone_.apex(), *name_servers);
    }
  }
  return {};
}

Step Composer::deny_type(Node node) {
  add_negative_soa();
  if (!dnssec_ok_) return {};
  if (is_expanded(node)) {
    DenialProof(zone_, answer_).deny_wildcard_type(name_, node);
  } else {
    DenialProof(zone_, answer_).deny_type(node);
  }
  return {};
}

Step Composer::deny_name(Node encloser) {
  answer_.rcode = Rcode::NXDOMAIN;
  add_negative_soa();
  if (dnssec_ok_) DenialProof(zone_, answer_).deny_name(name_, encloser);
  return {};
}

void Composer::add_negative_soa() {
  answer_.add(Section::kAuthority, zone_.apex(), zone_.negative_soa());
  if (!dnssec_ok_) return;
  answer_.add(Section::kAuthority, zone_.apex(), zone_.negative_soa_signatures());
  if (zone_.denial() == Denial::kNsec3Unsupported) {
    answer_.has_extended_error = true;
    answer_.extended_error = dns::ExtendedError::UnsupportedNsec3IterationsValue;
  }
}

void Composer::add(Section section, NameView owner, const RRset& rrset, bool required) {
  answer_.add(section, owner, rrset.view(), required);
  if (dnssec_ok_) answer_.add(section, owner, rrset.signatures(), required);
}

std::optional<RRset> Composer::smallest_rrset(Node node) const {
  std::optional<RRset> smallest;
  std::optional<RRset> nsec;
  node.for_each_rrset([&](const RRset& rrset) {
    if (rrset.type() == RRType::RRSIG || rrset.type() == RRType::NSEC3) return;
    if (rrset.type() == RRType::NSEC) {
      nsec = rrset;
    } else if (!smallest || rrset.view().octets < smallest->view().octets) {
      smallest = rrset;
    }
  });
  return smallest ? smallest : nsec;
}

// RFC 1034 4.3.2 step 6.
void Composer::add_additionals(const RRset& rrset) {
  const RRType type = rrset.type();
  if (options_.minimal_responses && type != RRType::NS && !is_service_binding(type)) return;
  zone_.for_each_additional(rrset, [&](Node target) {
    if (is_service_binding(type) || type == RRType::NAPTR) {
      const RRType next = type == RRType::NAPTR ? RRType::SRV : type;
      if (const auto found = target.find(next)) add(Section::kAdditional, target.name(), *found, false);
    }
    add_addresses(target, false);
  });
}

// RFC 9471 3: a referral must carry the addresses of name servers that only the child can tell; those of
// others are welcome where there is room.
void Composer::add_glue(Node cut, const RRset& name_servers) {
  zone_.for_each_additional(name_servers, [&](Node target) {
    if (target.name().is_at_or_below(cut.name())) add_addresses(target, true);
  });
  zone_.for_each_additional(name_servers, [&](Node target) {
    if (!target.name().is_at_or_below(cut.name())) add_addresses(target, false);
  });
}

void Composer::add_addresses(Node target, bool required) {
  // Two RRsets and their signatures. More name servers than an answer has room for are told without
  // addresses.
  if (answer_.rrsets().size() + 4 > query::kAnswerRRsetsMax) return;
  for (const RRType type : {RRType::A, RRType::AAAA}) {
    if (const auto rrset = target.find(type)) add(Section::kAdditional, target.name(), *rrset, required);
  }
}

}  // namespace

Step answer_from_zone(const Zone& zone, const query::Query& query, NameView name, bool first,
                      const Options& options, query::Answer& answer) {
  return Composer(zone, query, name, first, options, answer).compose();
}

}  // namespace atlas::source::zone
