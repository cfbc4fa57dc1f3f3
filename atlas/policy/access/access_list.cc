#include "atlas/policy/access/access_list.h"

#include <algorithm>

namespace atlas::policy::access {

AccessList::AccessList(std::vector<net::Prefix> allowed) : prefixes_(std::move(allowed)) {
  for (const net::Prefix& prefix : prefixes_) {
    ranges_[prefix.is_v4() ? 0 : 1].push_back({prefix.first(), prefix.last()});
  }
  for (std::vector<Range>& ranges : ranges_) {
    std::ranges::sort(ranges, {}, &Range::first);
    // Two prefixes are apart or one holds the other, which sorts behind it unless both begin alike.
    std::vector<Range> apart;
    for (const Range& range : ranges) {
      if (apart.empty() || range.first > apart.back().last) {
        apart.push_back(range);
      } else {
        apart.back().last = std::max(apart.back().last, range.last);
      }
    }
    ranges = std::move(apart);
  }
}

AccessList AccessList::everybody() {
  return AccessList({net::Prefix(net::IpAddress::v4(0), 0), net::Prefix(net::IpAddress(), 0)});
}

bool AccessList::allows(const net::IpAddress& address) const {
  const std::vector<Range>& ranges = ranges_[address.is_v4() ? 0 : 1];
  const auto behind = std::ranges::upper_bound(ranges, address, {}, &Range::first);
  return behind != ranges.begin() && address <= std::prev(behind)->last;
}

}  // namespace atlas::policy::access
