// Bounds-checked cursors over bytes in network order. Neither allocates.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace atlas::base {

using Bytes = std::span<const uint8_t>;

inline Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}
inline std::string_view text_of(Bytes octets) {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

constexpr uint16_t load_u16(const uint8_t* at) {
  return static_cast<uint16_t>(at[0] << 8 | at[1]);
}
constexpr uint32_t load_u32(const uint8_t* at) {
  return uint32_t{at[0]} << 24 | uint32_t{at[1]} << 16 | uint32_t{at[2]} << 8 | uint32_t{at[3]};
}
constexpr void store_u16(uint8_t* at, uint16_t value) {
  at[0] = static_cast<uint8_t>(value >> 8);
  at[1] = static_cast<uint8_t>(value);
}
constexpr void store_u32(uint8_t* at, uint32_t value) {
  store_u16(at, static_cast<uint16_t>(value >> 16));
  store_u16(at + 2, static_cast<uint16_t>(value));
}

// For the octets of names and the like: GCC makes of a memcpy() that it knows to be of less than 256 a loop
// of single octets, or an instruction that takes as long. `to` may be `from`, but must not overlap it
// otherwise.
inline void copy_few(uint8_t* to, const uint8_t* from, size_t size) {
  if (size >= 8) {
    for (size_t at = 0; at + 8 < size; at += 8) std::memmove(to + at, from + at, 8);
    std::memmove(to + size - 8, from + size - 8, 8);
  } else if (size >= 4) {
    uint32_t first, last;
    std::memcpy(&first, from, 4);
    std::memcpy(&last, from + size - 4, 4);
    std::memcpy(to, &first, 4);
    std::memcpy(to + size - 4, &last, 4);
  } else {
    for (size_t at = 0; at < size; ++at) to[at] = from[at];
  }
}

// Reads forward. A read past the end returns zeros (or an empty span) and makes ok() false for good,
// so that a whole structure can be read first and checked once.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes, size_t offset = 0)
      : bytes_(bytes), offset_(offset), ok_(offset <= bytes.size()) {}

  uint8_t u8() { return take(1) ? bytes_[offset_ - 1] : uint8_t{0}; }
  uint16_t u16() { return take(2) ? load_u16(&bytes_[offset_ - 2]) : uint16_t{0}; }
  uint32_t u32() { return take(4) ? load_u32(&bytes_[offset_ - 4]) : 0u; }
  uint64_t u48() {
    const uint64_t high = u16();
    return high << 32 | u32();
  }
  uint64_t u64() {
    const uint64_t high = u32();
    return high << 32 | u32();
  }
  Bytes bytes(size_t count) { return take(count) ? bytes_.subspan(offset_ - count, count) : Bytes{}; }
  Bytes rest() { return bytes(remaining()); }
  void skip(size_t count) { take(count); }
  void seek(size_t offset) {
    if (offset <= bytes_.size()) {
      offset_ = offset;
    } else {
      ok_ = false;
    }
  }

  bool ok() const { return ok_; }
  bool at_end() const { return offset_ == bytes_.size(); }
  size_t offset() const { return offset_; }
  size_t remaining() const { return ok_ ? bytes_.size() - offset_ : 0; }
  Bytes whole() const { return bytes_; }

 private:
  bool take(size_t count) {
    if (!ok_ || count > bytes_.size() - offset_) {
      ok_ = false;
      return false;
    }
    offset_ += count;
    return true;
  }

  Bytes bytes_;
  size_t offset_;
  bool ok_;
};

// Writes forward into a fixed buffer. A write that does not fit writes nothing and makes ok() false until
// rewind(), so that an encoder can try, check once, and go back to the last whole record.
class ByteWriter {
 public:
  explicit ByteWriter(std::span<uint8_t> buffer) : buffer_(buffer), limit_(buffer.size()) {}

  void u8(uint8_t value) {
    if (uint8_t* at = take(1)) *at = value;
  }
  void u16(uint16_t value) {
    if (uint8_t* at = take(2)) store_u16(at, value);
  }
  void u32(uint32_t value) {
    if (uint8_t* at = take(4)) store_u32(at, value);
  }
  void u48(uint64_t value) {
    u16(static_cast<uint16_t>(value >> 32));
    u32(static_cast<uint32_t>(value));
  }
  void u64(uint64_t value) {
    u32(static_cast<uint32_t>(value >> 32));
    u32(static_cast<uint32_t>(value));
  }
  void bytes(Bytes from) {
    if (from.empty()) return;
    if (uint8_t* at = take(from.size())) std::memcpy(at, from.data(), from.size());
  }
  // The next `count` octets, for the caller to fill; null if they do not fit.
  uint8_t* take(size_t count) {
    if (!ok_ || count > remaining()) {
      ok_ = false;
      return nullptr;
    }
    offset_ += count;
    return buffer_.data() + offset_ - count;
  }
  // Overwrites two octets that were written before.
  void patch_u16(size_t at, uint16_t value) {
    if (at + 2 <= offset_) store_u16(&buffer_[at], value);
  }

  // Limits the writer to the first `limit` octets of the buffer (at most its size).
  void set_limit(size_t limit) { limit_ = limit < buffer_.size() ? limit : buffer_.size(); }
  void rewind(size_t offset) {
    offset_ = offset;
    ok_ = offset <= limit_;
  }

  bool ok() const { return ok_; }
  size_t offset() const { return offset_; }
  size_t limit() const { return limit_; }
  size_t remaining() const { return offset_ < limit_ ? limit_ - offset_ : 0; }
  Bytes written() const { return buffer_.first(offset_); }
  uint8_t* data() { return buffer_.data(); }

 private:
  std::span<uint8_t> buffer_;
  size_t offset_ = 0;
  size_t limit_;
  bool ok_ = true;
};

}  // namespace atlas::base
