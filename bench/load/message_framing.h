// Messages behind their lengths, as TCP and TLS carry them (RFC 1035 4.2.2), and what comes of a stream in
// pieces.
#pragma once

#include <cstring>
#include <functional>
#include <vector>

#include "atlas/base/bytes.h"

namespace atlas::bench {

inline constexpr size_t kLengthOctets = 2;
// Taken from the kernel at a time.
inline constexpr size_t kReadOctetsMax = 64 << 10;

// Appends a query, whose first two octets become `id`, behind its length.
inline void append_message(std::vector<uint8_t>& to, uint16_t id, base::Bytes query) {
  const size_t at = to.size();
  to.resize(at + kLengthOctets + query.size());
  base::store_u16(&to[at], static_cast<uint16_t>(query.size()));
  std::memcpy(&to[at + kLengthOctets], query.data(), query.size());
  base::store_u16(&to[at + kLengthOctets], id);
}

// Calls take(message) for each whole message, and returns how many octets these had.
inline size_t take_messages(base::Bytes octets, const std::function<void(base::Bytes message)>& take) {
  size_t at = 0;
  while (octets.size() - at >= kLengthOctets) {
    const size_t end = at + kLengthOctets + base::load_u16(&octets[at]);
    if (end > octets.size()) break;
    take(octets.subspan(at + kLengthOctets, end - at - kLengthOctets));
    at = end;
  }
  return at;
}

// What has arrived and could not be used yet: nothing, as a rule, so that idle connections take no memory.
class StreamInput {
 public:
  // Gives `use` all that is here as one piece. It returns how many octets it has used.
  void add(base::Bytes arrived, const std::function<size_t(base::Bytes octets)>& use) {
    if (rest_.empty()) {
      const size_t used = use(arrived);
      rest_.assign(arrived.begin() + static_cast<ptrdiff_t>(used), arrived.end());
    } else {
      rest_.insert(rest_.end(), arrived.begin(), arrived.end());
      const size_t used = use(rest_);
      rest_.erase(rest_.begin(), rest_.begin() + static_cast<ptrdiff_t>(used));
    }
  }

 private:
  std::vector<uint8_t> rest_;
};

}  // namespace atlas::bench
