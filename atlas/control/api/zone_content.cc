#include "atlas/control/api/zone_content.h"

#include "atlas/control/api/members.h"
#include "atlas/net/address.h"

namespace atlas::control::api {
namespace {

// Secondaries look every two hours where no NOTIFY reaches them, and go on for two weeks without the primary.
// What does not exist is forgotten after an hour (RFC 2308 5 wants one to three).
constexpr std::string_view kSoaNumbers = "1 7200 3600 1209600 3600";
constexpr uint32_t kTtl = 3600;
constexpr size_t kAddressesMax = 16;

}  // namespace

base::Result<dns::Name> contact_name(std::string_view text) {
  const size_t at = text.rfind('@');
  if (at == std::string_view::npos) return parse_absolute_name(text);
  if (at == 0 || at + 1 == text.size())
    return base::fail("a mail address has a name in front of @ and behind");
  // The whole of what is in front is one label.
  std::string label;
  for (const char c : text.substr(0, at)) {
    if (c == '.' || c == '\\') label += '\\';
    label += c;
  }
  return parse_absolute_name(label + '.' + std::string(text.substr(at + 1)));
}

base::Result<std::string> text_of(const PlainZone& zone, dns::NameView apex) {
  const std::string name = dns::to_text(apex), ns = dns::to_text(zone.primary_ns);
  const std::string ttl = ' ' + std::to_string(kTtl) + " IN ";
  std::string text = name + ttl + "SOA " + ns + ' ' + dns::to_text(zone.contact) + ' ' +
                     std::string(kSoaNumbers) + '\n' + name + ttl + "NS " + ns + '\n';
  const bool is_inside = zone.primary_ns.view().is_at_or_below(apex);
  if (is_inside && zone.addresses.empty()) {
    return base::fail("name server " + ns + " is in the zone and needs an address",
                      "say its addresses, or name a server elsewhere");
  }
  if (!is_inside && !zone.addresses.empty())
    return base::fail("the addresses of " + ns + " do not belong into zone " + name);
  if (zone.addresses.size() > kAddressesMax)
    return base::fail("a name server has at most " + std::to_string(kAddressesMax) + " addresses");
  for (const std::string& one : zone.addresses) {
    const auto address = net::IpAddress::parse(one);
    if (!address) return base::fail('"' + one + "\" is no IP address");
    text += ns + ttl + (address->is_v4() ? "A " : "AAAA ") + address->to_text() + '\n';
  }
  return text;
}

}  // namespace atlas::control::api
