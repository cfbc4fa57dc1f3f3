#include "atlas/policy/update/update_policy.h"

#include <algorithm>
#include <array>

namespace atlas::policy::update {
namespace {

using dns::NameView;
using dns::RRType;

constexpr std::string_view kHexDigits = "0123456789abcdef";

// Puts the nibbles of `octets`, the last one first, in front of `suffix`.
std::optional<dns::Name> nibbles_name(base::Bytes octets, std::string_view suffix) {
  std::string text;
  for (size_t i = octets.size(); i-- > 0;) {
    for (const int nibble : {octets[i] & 0x0f, octets[i] >> 4}) {
      text += kHexDigits[static_cast<size_t>(nibble)];
      text += '.';
    }
  }
  const auto name = dns::parse_name(text + std::string(suffix));
  return name ? std::optional(*name) : std::nullopt;
}

// RFC 1035 3.5, RFC 3596 2.5.
std::optional<dns::Name> reverse_name(const net::IpAddress& address) {
  const base::Bytes octets = address.octets();
  if (!address.is_v4()) return nibbles_name(octets, "ip6.arpa.");
  std::string text;
  for (size_t i = 16; i-- > 12;) text += std::to_string(octets[i]) + '.';
  const auto name = dns::parse_name(text + "in-addr.arpa.");
  return name ? std::optional(*name) : std::nullopt;
}

// RFC 3056 2: the /48 that belongs to an IPv4 address, of which an IPv6 address may be part.
std::optional<dns::Name> six_to_four_name(const net::IpAddress& address) {
  const base::Bytes octets = address.octets();
  if (address.is_v4()) return nibbles_name(octets.last(4), "2.0.0.2.ip6.arpa.");
  if (base::load_u16(octets.data()) != 0x2002) return {};
  return nibbles_name(octets.first(6), "ip6.arpa.");
}

// The name that an address proves by itself; none of other kinds.
std::optional<dns::Name> proven_name(Match match, const Requester& requester) {
  if (!requester.over_tcp) return {};
  if (match == Match::kTcpSelf) return reverse_name(requester.address);
  if (match == Match::kSixToFourSelf) return six_to_four_name(requester.address);
  return {};
}

bool is_proven_by_address(Match match) {
  return match == Match::kTcpSelf || match == Match::kSixToFourSelf;
}

// A name, or all below a wildcard's parent.
bool matches(NameView pattern, NameView name) {
  return pattern.is_wildcard() ? name.is_below(pattern.parent()) : pattern == name;
}

// Who the rule's other fields are about: the key's name or the one that the address proves. None: the rule is
// not for this requester.
std::optional<dns::Name> subject_of(const Rule& rule, const Requester& requester) {
  if (is_proven_by_address(rule.match)) {
    const auto proven = proven_name(rule.match, requester);
    if (!proven) return {};
    if (rule.addresses) return rule.addresses->contains(requester.address) ? proven : std::nullopt;
    return matches(rule.identity, *proven) ? proven : std::nullopt;
  }
  if (rule.addresses) {
    if (requester.key || !rule.addresses->contains(requester.address)) return {};
    return dns::Name();
  }
  return requester.key && matches(rule.identity, *requester.key) ? requester.key : std::nullopt;
}

bool covers_name(const Rule& rule, NameView subject, NameView apex, NameView owner) {
  switch (rule.match) {
    case Match::kName:
      return owner == rule.name;
    case Match::kSubdomain:
      return owner.is_at_or_below(rule.name);
    case Match::kZoneSub:
      return owner.is_at_or_below(apex);
    case Match::kWildcard:
      return matches(rule.name, owner);
    case Match::kSelf:
    case Match::kTcpSelf:
    case Match::kSixToFourSelf:
      return owner == subject;
    case Match::kSelfSub:
      return owner.is_at_or_below(subject);
    case Match::kSelfWild:
      return owner.is_below(subject);
  }
  return false;
}

const TypeLimit* find_type(const Rule& rule, RRType type) {
  const auto found = std::ranges::find_if(
      rule.types, [type](const TypeLimit& each) { return each.type == type || each.type == RRType::ANY; });
  return found == rule.types.end() ? nullptr : &*found;
}

bool covers_type(const Rule& rule, RRType type) {
  if (type == RRType::NSEC || type == RRType::NSEC3) return false;
  if (!rule.types.empty()) return find_type(rule, type) != nullptr;
  return type != RRType::RRSIG && type != RRType::NS && type != RRType::SOA;
}

}  // namespace

uint16_t records_max(const Rule& rule, RRType type) {
  const TypeLimit* const limit = find_type(rule, type);
  return limit == nullptr ? uint16_t{0} : limit->records_max;
}

std::string Requester::to_text() const {
  if (key) return "key " + dns::to_text(*key);
  return address.to_text();
}

bool UpdatePolicy::knows(const Requester& requester, NameView apex) const {
  return std::ranges::any_of(rules_, [&](const Rule& rule) {
    if (!rule.grant) return false;
    const auto subject = subject_of(rule, requester);
    return subject && (!is_proven_by_address(rule.match) || subject->view().is_at_or_below(apex));
  });
}

UpdatePolicy::Decision UpdatePolicy::decide(const Requester& requester, NameView apex, NameView owner,
                                            RRType type, base::Bytes, size_t records) const {
  for (const Rule& rule : rules_) {
    if (!covers_type(rule, type)) continue;
    const auto subject = subject_of(rule, requester);
    if (!subject || !covers_name(rule, *subject, apex, owner)) continue;
    const uint16_t most = records_max(rule, type);
    return {rule.grant, &rule, rule.grant && most != 0 && records > most};
  }
  return {};
}

}  // namespace atlas::policy::update
