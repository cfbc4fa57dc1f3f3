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
  Composer(const Zone& zone, const query::Query& query, const dns::LabelledName& name, bool first,
           const Options& options, query::Answer& answer)
      : zone_(zone),
        type_(query.type),
        dnssec_ok_(query.dnssec_ok),
        name_(name),
        first_(first),
        options_(options),
        answer_(answer) {}

  Step compose(const Zone::Found& found);

 private:
  // Each of these ends the way of one name.
  Step refer(const Node& cut);
  Step substitute(const Node& dname);
  Step answer_node(const Node& node);
  Step answer_any(const Node& node);
  Step answer_rrsig(const Node& node);
  Step follow(const RRset& cname);
  Step deny_type();
  Step deny_name();
  void finish_positive();

  // The name of a node at or above the name asked for.
  NameView ancestor(const Node& node) const { return name_.suffix(node.label_count()); }
  // As a part of the name asked for: owners that lie in the question are the cheapest to write.
  NameView apex() const { return name_.suffix(zone_.apex_node().label_count()); }
  std::optional<RRset> smallest_rrset(const Node& node) const;
  // Inline, so that what was found goes from registers into the answer.
  [[gnu::always_inline]] void add(Section section, NameView owner, const RRset& rrset, bool required = true) {
    answer_.add(section, owner, rrset.view(), required);
    if (dnssec_ok_) answer_.add(section, owner, rrset.signatures(), required);
  }
  void add_negative_soa();
  void add_additionals(const RRset& rrset);
  void add_glue(NameView cut, const RRset& name_servers);
  void add_addresses(const Node& target, NameView name, bool required);

  const Zone& zone_;
  RRType type_;
  bool dnssec_ok_;
  const dns::LabelledName& name_;
  bool first_;
  const Options& options_;
  query::Answer& answer_;
  // Of an answer that a wildcard makes, or of a name that does not exist: the closest encloser.
  NameView encloser_;
  bool is_expanded_ = false;
};

Step Composer::compose(const Zone::Found& found) {
  if (found.node.has_boundary()) {
    const auto boundary = found.node.boundary();
    if (!boundary->is_zone_cut()) return substitute(*boundary);
    // DS lives on the parent's side of the cut (RFC 4035 3.1.4.1).
    const bool asks_parent_side = found.exact && found.node == *boundary && type_ == RRType::DS;
    if (!asks_parent_side) return refer(*boundary);
  } else if (!found.exact && found.node.has_dname()) {
    return substitute(found.node);
  }
  if (first_) answer_.authoritative = true;
  if (found.exact) return answer_node(found.node);
  encloser_ = ancestor(found.node);
  if (!found.wildcard) return deny_name();
  is_expanded_ = true;
  return answer_node(*found.wildcard);
}

// RFC 1034 4.3.2 step 3b.
Step Composer::refer(const Node& cut) {
  answer_.rcode = Rcode::NOERROR;
  const auto name_servers = cut.find(RRType::NS);
  const NameView owner = ancestor(cut);
  // The NS RRset of a cut is the child's, and so is not signed here.
  answer_.add(Section::kAuthority, owner, name_servers->view());
  if (dnssec_ok_) {
    if (const auto ds = cut.find(RRType::DS)) {
      add(Section::kAuthority, owner, *ds);
    } else {
      DenialProof(zone_, answer_).deny_type(owner);
    }
  }
  add_glue(owner, *name_servers);
  return {};
}

// RFC 6672 3.2 step 3C: the DNAME, and a CNAME made of it for those who do not know DNAME.
Step Composer::substitute(const Node& dname) {
  if (first_) answer_.authoritative = true;
  const NameView owner = ancestor(dname);
  const auto rrset = dname.find(RRType::DNAME);
  const base::Bytes rdata = rrset->view().first();
  const NameView dname_target(rdata.data(), static_cast<uint8_t>(rdata.size()));
  if (answer_.contains(name_, RRType::CNAME)) return {};
  add(Section::kAnswer, owner, *rrset);
  const auto target = dns::substitute_suffix(name_, owner, dname_target);
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
Step Composer::answer_node(const Node& node) {
  answer_.rcode = Rcode::NOERROR;
  if (type_ == RRType::ANY) return answer_any(node);
  if (type_ == RRType::RRSIG) return answer_rrsig(node);
  const auto rrset = node.find(type_);
  if (rrset) {
    add(Section::kAnswer, name_, *rrset);
    finish_positive();
    add_additionals(*rrset);
    return {};
  }
  // NSEC stands beside CNAME (RFC 4034 4.1.1), so that its absence is an answer of its own.
  const auto cname = type_ == RRType::NSEC ? std::nullopt : node.find(RRType::CNAME);
  if (cname) return follow(*cname);
  return deny_type();
}

Step Composer::answer_any(const Node& node) {
  if (options_.minimal_any) {
    const auto rrset = smallest_rrset(node);
    if (!rrset) return deny_type();
    add(Section::kAnswer, name_, *rrset);
    finish_positive();
    return {};
  }
  bool any = false;
  node.for_each_rrset([&](const RRset& rrset) {
    if (rrset.type() == RRType::RRSIG) return;
    add(Section::kAnswer, name_, rrset);
    any = true;
  });
  if (!any) return deny_type();
  finish_positive();
  return {};
}

// RRSIGs are no RRset (RFC 4035 2.2): whoever asks for them gets some or all, as with ANY.
Step Composer::answer_rrsig(const Node& node) {
  bool any = false;
  const auto add_signatures = [&](const RRset& rrset) {
    any |= !rrset.signatures().empty();
    answer_.add(Section::kAnswer, name_, rrset.signatures());
  };
  if (options_.minimal_any) {
    if (const auto rrset = smallest_rrset(node)) add_signatures(*rrset);
  } else {
    node.for_each_rrset(add_signatures);
  }
  if (!any) return deny_type();
  finish_positive();
  return {};
}

Step Composer::follow(const RRset& cname) {
  // A chain that comes back to itself has said all that it can.
  if (answer_.contains(name_, RRType::CNAME)) return {};
  add(Section::kAnswer, name_, cname);
  if (dnssec_ok_ && is_expanded_) DenialProof(zone_, answer_).deny_closer_match(name_, encloser_);
  const base::Bytes target = cname.view().first();
  return {.chase = true, .target = NameView(target.data(), static_cast<uint8_t>(target.size()))};
}

void Composer::finish_positive() {
  if (dnssec_ok_ && is_expanded_) DenialProof(zone_, answer_).deny_closer_match(name_, encloser_);
  if (!options_.minimal_responses) {
    if (const auto name_servers = zone_.apex_node().find(RRType::NS)) {
      add(Section::kAuthority, apex(), *name_servers);
    }
  }
}

Step Composer::deny_type() {
  add_negative_soa();
  if (!dnssec_ok_) return {};
  if (is_expanded_) {
    DenialProof(zone_, answer_).deny_wildcard_type(name_, encloser_);
  } else {
    DenialProof(zone_, answer_).deny_type(name_);
  }
  return {};
}

Step Composer::deny_name() {
  answer_.rcode = Rcode::NXDOMAIN;
  add_negative_soa();
  if (dnssec_ok_) DenialProof(zone_, answer_).deny_name(name_, encloser_);
  return {};
}

void Composer::add_negative_soa() {
  answer_.add(Section::kAuthority, apex(), zone_.negative_soa());
  if (!dnssec_ok_) return;
  answer_.add(Section::kAuthority, apex(), zone_.negative_soa_signatures());
  if (zone_.denial() == Denial::kNsec3Unsupported) {
    answer_.has_extended_error = true;
    answer_.extended_error = dns::ExtendedError::UnsupportedNsec3IterationsValue;
  }
}

std::optional<RRset> Composer::smallest_rrset(const Node& node) const {
  std::optional<RRset> smallest;
  std::optional<RRset> nsec;
  node.for_each_rrset([&](const RRset& rrset) {
    if (rrset.type() == RRType::RRSIG) return;
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
  const auto all = [](NameView) { return true; };
  zone_.for_each_additional(name_, rrset, all, [&](const Node& target, NameView name) {
    if (is_service_binding(type) || type == RRType::NAPTR) {
      const RRType next = type == RRType::NAPTR ? RRType::SRV : type;
      if (const auto found = target.find(next)) add(Section::kAdditional, name, *found, false);
    }
    add_addresses(target, name, false);
  });
}

// RFC 9471 3: a referral must carry the addresses of name servers that only the child can tell; those of
// others are welcome where there is room.
void Composer::add_glue(NameView cut, const RRset& name_servers) {
  for (const bool required : {true, false}) {
    const auto wants = [&](NameView name) { return name.is_at_or_below(cut) == required; };
    zone_.for_each_additional(cut, name_servers, wants, [&](const Node& target, NameView name) {
      add_addresses(target, name, required);
    });
  }
}

void Composer::add_addresses(const Node& target, NameView name, bool required) {
  // Two RRsets and their signatures. More name servers than an answer has room for are told without
  // addresses.
  if (answer_.rrsets().size() + 4 > query::kAnswerRRsetsMax) return;
  for (const RRType type : {RRType::A, RRType::AAAA}) {
    if (const auto rrset = target.find(type)) add(Section::kAdditional, name, *rrset, required);
  }
}

}  // namespace

Step answer_from_zone(const Zone& zone, const query::Query& query, const dns::LabelledName& name,
                      const Zone::Foresight& foresight, bool first, const Options& options,
                      query::Answer& answer) {
  return Composer(zone, query, name, first, options, answer).compose(zone.find(foresight));
}

}  // namespace atlas::source::zone
