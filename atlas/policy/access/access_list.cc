#include "atlas/policy/access/access_list.h"

#include <algorithm>

namespace atlas::policy::access {
namespace {

// Every address of a family: that of IPv4 first.
std::array<net::Prefix, 2> whole_families() {
  return {net::Prefix(net::IpAddress::v4(0), 0), net::Prefix(net::IpAddress(), 0)};
}

}  // namespace

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
  for (size_t family = 0; const net::Prefix& whole : whole_families()) {
    const std::vector<Range>& ranges = ranges_[family];
    holds_all_[family++] = !ranges.empty() && ranges[0] == Range{whole.first(), whole.last()};
  }
}

AccessList AccessList::everybody() {
  const auto whole = whole_families();
  return AccessList({whole.begin(), whole.end()});
}

bool AccessList::lies_in(const std::vector<Range>& ranges, const net::IpAddress& address) {
  const auto behind = std::ranges::upper_bound(ranges, address, {}, &Range::first);
  return behind != ranges.begin() && address <= std::prev(behind)->last;
}

}  // namespace atlas::policy::access
