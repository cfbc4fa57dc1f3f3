#include "atlas/control/import/addresses.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

namespace atlas::control::import {
namespace {

unsigned bits_of(const net::Prefix& prefix) {
  return prefix.is_v4() ? 32 : 128;
}

bool covers(const net::Prefix& outer, const net::Prefix& inner) {
  return outer.is_v4() == inner.is_v4() && outer.length() <= inner.length() && outer.contains(inner.first());
}

// The halves of a prefix that is no single address, the lower one first. The IPv4 addresses inside of ::/0
// are none of IPv6: a half that would hold them alone is left out.
std::vector<net::Prefix> halves(const net::Prefix& prefix) {
  const auto length = static_cast<uint8_t>(prefix.length() + 1);
  const size_t bit = length - 1u + (prefix.is_v4() ? 96 : 0);
  std::array<uint8_t, 16> octets = prefix.first().octets();
  octets[bit / 8] |= static_cast<uint8_t>(0x80 >> bit % 8);
  const net::IpAddress middle = net::IpAddress::v6(octets);
  std::vector<net::Prefix> both{net::Prefix(prefix.first(), length)};
  if (middle.is_v4() == prefix.is_v4()) both.emplace_back(middle, length);
  return both;
}

// Adds what of `prefix` none of `decided` covers.
bool add_rest(const net::Prefix& prefix, const std::vector<net::Prefix>& decided,
              std::vector<net::Prefix>& out) {
  std::vector<net::Prefix> inside;
  for (const net::Prefix& other : decided) {
    if (covers(other, prefix)) return true;
    if (covers(prefix, other)) inside.push_back(other);
  }
  if (inside.empty()) {
    if (out.size() == kPrefixesMax) return false;
    out.push_back(prefix);
    return true;
  }
  // A prefix that covers another has bits to split.
  return std::ranges::all_of(halves(prefix),
                             [&](const net::Prefix& half) { return add_rest(half, inside, out); });
}

}  // namespace

std::vector<net::Prefix> everybody() {
  return {net::Prefix(net::IpAddress::v4(0), 0), net::Prefix(net::IpAddress(), 0)};
}

bool is_everybody(const Clients& clients) {
  if (!clients) return true;
  const auto all = everybody();
  return std::ranges::all_of(
      all, [&](const net::Prefix& prefix) { return std::ranges::find(*clients, prefix) != clients->end(); });
}

base::Result<net::Prefix> parse_prefix(std::string_view text) {
  const size_t slash = text.find('/');
  std::string address(text.substr(0, slash));
  if (address.find(':') == std::string::npos && slash != std::string_view::npos) {
    for (auto dots = std::ranges::count(address, '.'); dots < 3; ++dots) address += ".0";
  }
  const auto parsed = net::IpAddress::parse(address);
  if (!parsed) return base::fail('"' + std::string(text.substr(0, slash)) + "\" is not an IP address");
  unsigned length = parsed->is_v4() ? 32 : 128;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    unsigned given = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), given);
    if (error != std::errc{} || end != digits.data() + digits.size() || given > length) {
      return base::fail('"' + std::string(digits) + "\" is not a prefix length");
    }
    length = given;
  }
  return net::Prefix(*parsed, static_cast<uint8_t>(length));
}

std::vector<net::Prefix> range(const net::IpAddress& first, const net::IpAddress& last) {
  std::vector<net::Prefix> found;
  if (first.is_v4() != last.is_v4()) return found;
  std::vector<net::Prefix> open{net::Prefix(first.is_v4() ? net::IpAddress::v4(0) : net::IpAddress(), 0)};
  // Each level of the tree has at most two prefixes that are neither inside nor outside.
  while (!open.empty()) {
    const net::Prefix prefix = open.back();
    open.pop_back();
    if (prefix.last() < first || prefix.first() > last) continue;
    if (prefix.first() >= first && prefix.last() <= last) {
      found.push_back(prefix);
    } else if (prefix.length() < bits_of(prefix)) {
      const auto both = halves(prefix);
      open.insert(open.end(), both.rbegin(), both.rend());
    }
  }
  return found;
}

bool FirstMatch::add(const net::Prefix& prefix, bool allowed) {
  if (decided_.size() == kPrefixesMax) return false;
  if (allowed && !add_rest(prefix, decided_, allowed_)) return false;
  decided_.push_back(prefix);
  return true;
}

bool intersect(const std::vector<net::Prefix>& a, const std::vector<net::Prefix>& b,
               std::vector<net::Prefix>& out) {
  for (const net::Prefix& one : a) {
    for (const net::Prefix& other : b) {
      const bool inner = covers(one, other);
      if (!inner && !covers(other, one)) continue;
      if (out.size() == kPrefixesMax) return false;
      out.push_back(inner ? other : one);
    }
  }
  return true;
}

bool same_clients(Clients a, Clients b) {
  if (is_everybody(a) || is_everybody(b)) return is_everybody(a) && is_everybody(b);
  std::ranges::sort(*a);
  std::ranges::sort(*b);
  const auto [a_end, a_last] = std::ranges::unique(*a);
  a->erase(a_end, a_last);
  const auto [b_end, b_last] = std::ranges::unique(*b);
  b->erase(b_end, b_last);
  return *a == *b;
}

}  // namespace atlas::control::import
