// The wire of HTTP/3: frames on streams (RFC 9114 7) and the integers that they are made of (RFC 9000 16).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/http/exchange.h"

namespace atlas::http {

// Types of frames (RFC 9114 7.2, RFC 9218 7.2). Those of HTTP/2 that HTTP/3 has not are reserved.
enum class Http3Frame : uint64_t {
  kData = 0x0,
  kHeaders = 0x1,
  kHttp2Priority = 0x2,
  kCancelPush = 0x3,
  kSettings = 0x4,
  kPushPromise = 0x5,
  kHttp2Ping = 0x6,
  kGoaway = 0x7,
  kHttp2WindowUpdate = 0x8,
  kHttp2Continuation = 0x9,
  kMaxPushId = 0xd,
  kPriorityUpdate = 0xf0700,
  kPriorityUpdateOfPush = 0xf0701,
};

// Types of unidirectional streams (RFC 9114 6.2, RFC 9204 4.2).
enum class Http3StreamType : uint64_t {
  kControl = 0x0,
  kPush = 0x1,
  kQpackEncoder = 0x2,
  kQpackDecoder = 0x3
};

// Identifiers of settings (RFC 9114 7.2.4.1, RFC 9204 5). Those of HTTP/2 that HTTP/3 has not are reserved.
enum class Http3Setting : uint64_t {
  kQpackMaxTableCapacity = 0x1,
  kHttp2First = 0x2,
  kHttp2Last = 0x5,
  kMaxFieldSectionSize = 0x6,
  kQpackBlockedStreams = 0x7,
};

// The lowest bits of a stream's id (RFC 9000 2.1).
constexpr bool is_request_stream(StreamId stream) {
  return (stream & 3) == 0;
}
constexpr bool is_unidirectional_by_client(StreamId stream) {
  return (stream & 3) == 2;
}

inline constexpr uint64_t kVarintMax = (uint64_t{1} << 62) - 1;
inline constexpr size_t kVarintOctetsMax = 8;

// Writes it in as many octets, which varint_octets() names or more.
void store_varint(uint8_t* to, size_t octets, uint64_t value);
void append_varint(std::vector<uint8_t>& to, uint64_t value);
// How many octets append_varint() appends.
constexpr size_t varint_octets(uint64_t value) {
  return value < 1u << 6 ? 1 : value < 1u << 14 ? 2 : value < 1u << 30 ? 4 : 8;
}

void append_frame(std::vector<uint8_t>& to, Http3Frame type, base::Bytes payload);

// An integer that comes in pieces.
class VarintReader {
 public:
  // Takes octets of it off the front; the value with its last one.
  std::optional<uint64_t> read(base::Bytes& octets) {
    while (!octets.empty()) {
      const uint8_t next = octets.front();
      octets = octets.subspan(1);
      if (missing_ == 0) {
        missing_ = static_cast<uint8_t>(1 << (next >> 6));
        value_ = next & 0x3f;
      } else {
        value_ = value_ << 8 | next;
      }
      if (--missing_ == 0) return value_;
    }
    return {};
  }
  // Some of it has come.
  bool begun() const { return missing_ > 0; }

 private:
  uint64_t value_ = 0;
  uint8_t missing_ = 0;
};

// The header of a frame that comes in pieces, and how much of its payload is still to come.
class FrameReader {
 public:
  // Takes octets of the header off the front; true with its last one.
  bool read_header(base::Bytes& octets) {
    if (!has_type_) {
      const auto type = number_.read(octets);
      if (!type) return false;
      type_ = Http3Frame{*type};
      has_type_ = true;
    }
    const auto length = number_.read(octets);
    if (!length) return false;
    has_type_ = false;
    in_payload_ = true;
    left_ = *length;
    return true;
  }
  Http3Frame type() const { return type_; }
  // Of the payload.
  uint64_t left() const { return left_; }
  bool in_payload() const { return in_payload_; }
  // Takes octets of the payload off the front. in_payload() is false behind the last.
  base::Bytes take_payload(base::Bytes& octets) {
    const base::Bytes taken = octets.first(static_cast<size_t>(std::min<uint64_t>(left_, octets.size())));
    octets = octets.subspan(taken.size());
    left_ -= taken.size();
    in_payload_ = left_ > 0;
    return taken;
  }
  // Between two frames.
  bool at_rest() const { return !in_payload_ && !has_type_ && !number_.begun(); }

 private:
  VarintReader number_;
  Http3Frame type_{};
  uint64_t left_ = 0;
  bool has_type_ = false;
  bool in_payload_ = false;
};

}  // namespace atlas::http
