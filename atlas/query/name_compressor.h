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
  // The question's name lies uncompressed at `offset`. It must outlive the compressor.
  void set_question(const dns::LabelledName& name, size_t offset);

  // Writes the name, as a pointer from the longest suffix that is known. Spelling is not preserved across
  // pointers. A name that is a part of the question's very octets, as owners in answers mostly are, costs no
  // search.
  void write(dns::NameView name, base::ByteWriter& writer) {
    // Names that lie elsewhere give a number that is out of range.
    const uintptr_t behind = reinterpret_cast<uintptr_t>(name.data()) - question_begin_;
    if (behind < question_octets_ && !name.is_root()) {
      writer.u16(static_cast<uint16_t>(0xc000 | (question_offset_ + behind)));
    } else {
      search_and_write(name, writer);
    }
  }
  // For names that lie elsewhere.
  void search_and_write(const dns::LabelledName& name, base::ByteWriter& writer);

  // Forgets every suffix noted after the first `size`, for what was written and taken back.
  size_t size() const { return size_; }
  void truncate(size_t size);

 private:
  static constexpr size_t kSuffixesMax = 128;
  static constexpr size_t kSlots = 256;  // twice kSuffixesMax, so that probes stay short
  static constexpr uint16_t kPointerMax = 0x3fff;

  // Trivial, so that the tables cost nothing before a name is searched for.
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

  void begin();

  const dns::LabelledName* question_ = nullptr;
  uintptr_t question_begin_ = 0;
  size_t question_octets_ = 0;
  size_t question_offset_ = 0;
  bool begun_ = false;  // the slots are cleared, and the question's suffixes are among suffixes_
  size_t size_ = 0;
  std::array<Suffix, kSuffixesMax> suffixes_;
  std::array<uint8_t, kSlots> slots_;  // index into suffixes_ plus one; 0 = free
};

}  // namespace atlas::query
