// Lists of clients as other servers have them, first match decides, as sets of prefixes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/control/import/setup.h"
#include "atlas/net/address.h"

namespace atlas::control::import {

// A list with exceptions can become many prefixes: what is cut out of a prefix leaves up to 127.
inline constexpr size_t kPrefixesMax = 4'000;

// 0.0.0.0/0 and ::/0.
std::vector<net::Prefix> everybody();
bool is_everybody(const Clients& clients);

// "192.0.2.1", "192.0.2.0/24", BIND's "10/8"; bits behind the length are cleared.
base::Result<net::Prefix> parse_prefix(std::string_view text);
// The fewest prefixes from `first` to `last`, which are of one family.
std::vector<net::Prefix> range(const net::IpAddress& first, const net::IpAddress& last);

// Turns a list of which the first match decides into those that it allows.
class FirstMatch {
 public:
  // False if the result would have more than kPrefixesMax.
  bool add(const net::Prefix& prefix, bool allowed);
  const std::vector<net::Prefix>& allowed() const { return allowed_; }

 private:
  std::vector<net::Prefix> allowed_;
  std::vector<net::Prefix> decided_;
};

// Those in both. False if there would be more than kPrefixesMax.
bool intersect(const std::vector<net::Prefix>& a, const std::vector<net::Prefix>& b,
               std::vector<net::Prefix>& out);

// Whether both hold the same prefixes, in whatever order.
bool same_clients(Clients a, Clients b);

}  // namespace atlas::control::import
