// What makes a request of HTTP/3 malformed (RFC 9114 4.1.2, 4.2, 4.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "atlas/http/qpack.h"

namespace atlas::http {

// Of one request, field by field. Each function is false if the request is malformed.
class RequestRules {
 public:
  bool field(const QpackField& field);
  bool end_of_header() const;
  // A field behind the body.
  static bool trailer(const QpackField& field);
  // A body of so many octets, and no more comes.
  bool end_of_body(uint64_t octets) const { return !content_length_ || *content_length_ == octets; }

 private:
  enum Seen : uint8_t { kMethod = 1, kScheme = 2, kAuthority = 4, kPath = 8, kHost = 16 };

  bool pseudo_field(const QpackField& field);
  bool see(Seen what) {
    const bool first = (seen_ & what) == 0;
    seen_ |= what;
    return first;
  }

  uint8_t seen_ = 0;
  bool pseudo_fields_over_ = false;
  bool connect_ = false;
  bool options_ = false;
  bool http_ = false;      // the scheme is "http" or "https"
  bool asterisk_ = false;  // the path is "*"
  bool absolute_ = false;  // it begins with "/"
  std::optional<uint64_t> content_length_;
};

}  // namespace atlas::http
