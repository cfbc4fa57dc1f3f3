// Writes names into a message, with pointers to the names before them (RFC 1035 4.1.4).
#pragma once

#include <array>
#include <cstdint>

#include "atlas/base/bytes.h"
#include "atlas/dns/name.h"

namespace atlas::query {

// Remembers where suffixes of earlier names lie in the message. Fixed in size: when it is full, later names
// find only the earlier ones. Never allocates.
class NameCompressor {
 public:
  // Writes the name, as a pointer from the longest suffix that is known. Spelling is not preserved across
  // pointers.
  void write(dns::NameView name, base::ByteWriter& writer);

  // The question's name lies uncompressed at `offset`. Its octets must outlive the compressor. A name that is
  // a part of these very octets, as owners in answers mostly are, costs no search.
  void set_question(dns::NameView name, size_t offset);

  // Forgets every suffix noted after the first `size`, for what was written and taken back.
  size_t size() const { return size_; }
  void truncate(size_t size);

 private:
  static constexpr size_t kSuffixesMax = 128;
  static constexpr size_t kSlots = 256;  // twice kSuffixesMax, so that probes stay short
  static constexpr uint16_t kPointerMax = 0x3fff;

  // Trivial, so that the table costs nothing before it is used.
  struct Suffix {
    const uint8_t* wire;
    uint32_t hash;
    uint16_t offset;
    uint8_t size;
    uint8_t slot;
  };

  // The offset of an equal suffix, or 0: no name lies at 0.
  uint16_t find(dns::NameView suffix, uint32_t hash) const;
  void insert(dns::NameView suffix, uint32_t hash, size_t offset);

  void note_question();

  dns::NameView question_;
  uint16_t question_offset_ = 0;  // 0: there is none
  bool question_noted_ = true;    // its suffixes are among suffixes_
  std::array<Suffix, kSuffixesMax> suffixes_;
  std::array<uint8_t, kSlots> slots_{};  // index into suffixes_ plus one; 0 = free
  size_t size_ = 0;
};

}  // namespace atlas::query
