// Requests and responses as views, the same for every version of HTTP. Nothing here owns memory: what a
// transport answers on the spot needs no copy. http::Request is the richer form, for routers.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "atlas/base/bytes.h"

namespace atlas::http {

enum class Method : uint8_t { kGet, kHead, kPost, kOptions, kOther };

// "GET" to kGet; methods are case-sensitive (RFC 9110 9.1).
Method method_of(std::string_view name);

// Names one exchange of a connection: the stream of HTTP/2 or of QUIC, the number of the request in HTTP/1.1.
using StreamId = uint64_t;

struct FieldView {
  std::string_view name;  // in any case; on the wire of HTTP/2 it is lower
  std::string_view value;
};

// A complete request. Fields that did not come are empty; of one that came more than once, the last counts.
struct RequestView {
  StreamId stream = 0;
  Method method = Method::kOther;
  std::string_view method_name = {};
  std::string_view path = {};   // begins with '/', still percent-encoded, without the query
  std::string_view query = {};  // what follows the first '?', still percent-encoded
  std::string_view content_type = {};
  std::string_view accept = {};
  std::string_view origin = {};
  std::string_view forwarded = {};  // the field that ServerSettings::forwarded_field names; see forwarded.h
  base::Bytes body = {};
};

struct ResponseView {
  int status = 200;
  std::string_view content_type = {};   // empty: no such field
  std::string_view cache_control = {};  // empty: no such field
  std::span<const FieldView> fields = {};
  base::Bytes body = {};  // left out in the answer to HEAD
};

}  // namespace atlas::http
