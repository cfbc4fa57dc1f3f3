#include <unordered_set>

#include "atlas/update/checks.h"

namespace atlas::update {
namespace {

using dns::Rcode;
using dns::RRClass;
using dns::RRType;
using policy::update::Requester;
using policy::update::UpdatePolicy;

using Checked = std::expected<void, Refusal>;

std::unexpected<Refusal> format_error(std::string reason) {
  return std::unexpected(Refusal{Rcode::FORMERR, {}, std::move(reason)});
}

std::string text_of(const Record& record) {
  return dns::to_text(record.owner.view()) + ' ' + dns::to_text(record.type);
}

Checked check_form(const zone::Zone& zone, const Record& record) {
  if (!record.owner.view().is_at_or_below(zone.apex()))
    return std::unexpected(
        Refusal{Rcode::NOTZONE, {}, text_of(record) + " to change is outside of the zone"});
  const bool is_meta = dns::is_meta_type(record.type);
  switch (record.rr_class) {
    case RRClass::IN:
      if (is_meta) return format_error(text_of(record) + " cannot be added");
      return {};
    case RRClass::ANY:
      if (record.ttl != 0 || !record.rdata.empty())
        return format_error(text_of(record) + " to delete has a TTL or RDATA");
      if (is_meta && record.type != RRType::ANY) return format_error(text_of(record) + " cannot be deleted");
      return {};
    case RRClass::NONE:
      if (record.ttl != 0) return format_error(text_of(record) + " to delete has a TTL");
      if (is_meta) return format_error(text_of(record) + " cannot be deleted");
      return {};
    default:
      return format_error(text_of(record) + " has the class " + dns::to_text(record.rr_class));
  }
}

// What only the signer of a zone changes.
Checked check_type(const zone::Zone& zone, const Record& record) {
  const bool is_apex = record.owner.view() == zone.apex();
  const bool adds_keys = record.rr_class == RRClass::IN && is_apex &&
                         (record.type == RRType::DNSKEY || record.type == RRType::NSEC3PARAM);
  if (record.type == RRType::NSEC || record.type == RRType::NSEC3 || adds_keys ||
      (record.type == RRType::RRSIG && !is_apex)) {
    return std::unexpected(
        refused(text_of(record) + " is not changed by updates", dns::ExtendedError::NotSupported));
  }
  return {};
}

class Permissions {
 public:
  Permissions(const zone::Zone& zone, const UpdatePolicy& policy, const Requester& requester)
      : zone_(zone), policy_(policy), requester_(requester) {}

  // The limit of the rule that allows it.
  std::expected<uint16_t, Refusal> check(const Record& record) {
    if (record.type == RRType::ANY) {
      // All that the name has is looked at once.
      if (!emptied_.insert(record.owner.view()).second) return uint16_t{0};
      const zone::Zone::Found found = zone_.find(record.owner);
      if (!found.exact) return uint16_t{0};
      std::optional<Refusal> refusal;
      found.node.for_each_rrset([&](const zone::RRset& rrset) {
        // They stay, or go with what they belong to.
        if (refusal || rrset.type() == RRType::RRSIG || rrset.type() == RRType::NSEC) return;
        const auto limit = check(record.owner, rrset.type(), {});
        if (!limit) refusal = limit.error();
      });
      if (refusal) return std::unexpected(std::move(*refusal));
      return uint16_t{0};
    }
    return check(record.owner, record.type, record.rdata);
  }

 private:
  std::expected<uint16_t, Refusal> check(dns::NameView owner, RRType type, base::Bytes rdata) const {
    const UpdatePolicy::Decision decision = policy_.decide(requester_, zone_.apex(), owner, type, rdata, 0);
    if (decision.allowed) return policy::update::records_max(*decision.rule, type);
    return std::unexpected(
        refused(requester_.to_text() + " may not change " + dns::to_text(owner) + ' ' + dns::to_text(type)));
  }

  const zone::Zone& zone_;
  const UpdatePolicy& policy_;
  const Requester& requester_;
  std::unordered_set<dns::NameView, dns::NameHash, dns::NameEqual> emptied_;
};

}  // namespace

Refusal refused(std::string reason, dns::ExtendedError error) {
  return {Rcode::REFUSED, error, std::move(reason)};
}

std::expected<std::vector<uint16_t>, Refusal> check_updates(const zone::Zone& zone, const Request& request,
                                                            const UpdatePolicy& policy,
                                                            const Requester& requester) {
  std::vector<uint16_t> limits;
  limits.reserve(request.updates.size());
  Permissions permissions(zone, policy, requester);
  for (const Record& record : request.updates) {
    if (auto checked = check_form(zone, record); !checked) return std::unexpected(checked.error());
    if (auto checked = check_type(zone, record); !checked) return std::unexpected(checked.error());
    const auto limit = permissions.check(record);
    if (!limit) return std::unexpected(limit.error());
    limits.push_back(*limit);
  }
  return limits;
}

}  // namespace atlas::update
