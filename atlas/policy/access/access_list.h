// Who may ask: a list of prefixes.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "atlas/net/address.h"

namespace atlas::policy::access {

// Immutable; allows() does not allocate and takes the logarithm of the list's length.
class AccessList {
 public:
  // Allows nobody.
  AccessList() = default;
  explicit AccessList(std::vector<net::Prefix> allowed);
  static AccessList everybody();

  bool allows(const net::IpAddress& address) const {
    const size_t family = address.is_v4() ? 0 : 1;
    return holds_all_[family] || lies_in(ranges_[family], address);
  }
  std::span<const net::Prefix> prefixes() const { return prefixes_; }

 private:
  struct Range {
    net::IpAddress first;
    net::IpAddress last;

    friend bool operator==(const Range&, const Range&) = default;
  };

  static bool lies_in(const std::vector<Range>& ranges, const net::IpAddress& address);

  std::vector<net::Prefix> prefixes_;
  // By family: sorted, and without overlaps. A prefix never spans both.
  std::array<std::vector<Range>, 2> ranges_;
  std::array<bool, 2> holds_all_{};  // every address of the family
};

}  // namespace atlas::policy::access
