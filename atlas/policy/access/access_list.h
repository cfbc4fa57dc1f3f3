// Who may ask: a list of prefixes.
#pragma once

#include <span>
#include <vector>

#include "atlas/net/address.h"

namespace atlas::policy::access {

// Immutable; allows() does not allocate.
class AccessList {
 public:
  // Allows nobody.
  AccessList() = default;
  explicit AccessList(std::vector<net::Prefix> allowed);
  static AccessList everybody();

  bool allows(const net::IpAddress& address) const;
  std::span<const net::Prefix> prefixes() const { return prefixes_; }

 private:
  std::vector<net::Prefix> prefixes_;
};

}  // namespace atlas::policy::access
