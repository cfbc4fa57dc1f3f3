// Writes names into a message, with pointers to the names before them (RFC 1035 4.1.4).
#pragma once

#include <array>
#include <cstdint>

#include "atlas/base/bytes.h"
#include "atlas/dns/name.h"

namespace atlas::query {

// Remembers where names lie in the message. Fixed in size: when it is full, later names find only the earlier
// ones. Never allocates.
class NameCompressor {
 public:
  // The question's name lies uncompressed at `offset`. The first to be told; it must outlive the compressor.
  void set_question(dns::NameView name, size_t offset) {
    question_begin_ = reinterpret_cast<uintptr_t>(name.data());
    question_octets_ = name.size();
    question_offset_ = offset;
    if (!name.is_root()) remember(name, offset, name.size() - 1u);
  }

  // Writes the name, as a pointer from the longest suffix that is known. Spelling is not preserved across
  // pointers. A name that is a part of the question's very octets, as owners in answers mostly are, or that
  // was written from the very same octets, as those of glue are, costs no search.
  void write(dns::NameView name, base::ByteWriter& writer) {
    // Names that lie elsewhere give a number that is out of range.
    const uintptr_t behind = reinterpret_cast<uintptr_t>(name.data()) - question_begin_;
    if (behind < question_octets_ && !name.is_root())
      return writer.u16(static_cast<uint16_t>(kPointer | (question_offset_ + behind)));
    for (size_t i = 0; i < size_; ++i) {
      if (known_[i].wire == name.data())
        return writer.u16(static_cast<uint16_t>(kPointer | known_[i].offset));
    }
    search_and_write(name, writer);
  }
  // For names that lie elsewhere.
  void search_and_write(const dns::LabelledName& name, base::ByteWriter& writer);

  // Forgets every name noted after the first `size`, for what was written and taken back.
  size_t size() const { return size_; }
  void truncate(size_t size) { size_ = size; }

 private:
  static constexpr size_t kNamesMax = 64;
  static constexpr uint16_t kPointer = 0xc000;
  static constexpr size_t kPointerMax = 0x3fff;

  // A name in the message. What of it stands behind a pointer is found where that leads to.
  struct Known {
    const uint8_t* wire;
    uint16_t offset;  // in the message
    uint8_t octets;   // of the name
    uint8_t written;  // of these, in the message itself
  };

  void remember(dns::NameView name, size_t offset, size_t written) {
    if (size_ == kNamesMax || offset > kPointerMax) return;
    Known& known = known_[size_++];
    known.wire = name.data();
    known.offset = static_cast<uint16_t>(offset);
    known.octets = name.size();
    known.written = static_cast<uint8_t>(written);
  }

  uintptr_t question_begin_ = 0;
  size_t question_octets_ = 0;
  size_t question_offset_ = 0;
  size_t size_ = 0;
  std::array<Known, kNamesMax> known_;
};

}  // namespace atlas::query
