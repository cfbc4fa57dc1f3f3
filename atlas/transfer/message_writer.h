// Writes the records of one message after another, names as short as can be (RFC 1035 4.1.4).
//
// Pointers lead only to octets that are spelled the same: a zone that was transferred spells its names as it
// did. An owner is compared with the one before, which in canonical order has nearly always all that it can
// share, and names in RDATA (RFC 3597 4) with the owner's and those of earlier RDATA in the message.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "atlas/base/bytes.h"
#include "atlas/dns/name.h"
#include "atlas/dns/rrset.h"
#include "atlas/dns/types.h"

namespace atlas::transfer {

class MessageWriter {
 public:
  MessageWriter() {}  // NOLINT(cppcoreguidelines-pro-type-member-init)
  // Names are remembered by where they are.
  MessageWriter(const MessageWriter&) = delete;
  MessageWriter& operator=(const MessageWriter&) = delete;

  // A message with a header, which finish() fills in, and the question, one or none. Records reach to `limit`
  // at most.
  void begin(std::span<uint8_t> out, base::Bytes question, size_t limit);
  // One record that does not fit otherwise may reach further.
  void allow_one(size_t limit) {
    limit_ = limit;
    is_for_one_ = true;
  }

  // Of the records that follow, over the ends of messages too. Must stay until there is another.
  void set_owner(dns::NameView owner) {
    owner_ = owner;
    reference_ = 0;
  }
  // False, and nothing is written, if there may be no room for it.
  bool add(dns::RRType type, uint32_t ttl, base::Bytes rdata);
  // The records from `at` on, which moves behind those that fit. False if there are more.
  bool add(const dns::RRsetView& rrset, dns::RRsetView::Iterator& at) {
    for (const auto end = rrset.end(); at != end; ++at) {
      if (!add(rrset.type, rrset.ttl, *at)) return false;
    }
    return true;
  }
  size_t records() const { return records_; }

  // Takes back all records.
  void drop_records();
  // The header's counts, and what stands behind the records: `additional` is a whole record or nothing.
  // Returns the octets of the message, which is to have room for it.
  size_t finish(uint16_t id, uint16_t flags, base::Bytes additional);

 private:
  static constexpr size_t kPointerMax = 0x3fff;
  static constexpr size_t kSlots = 256;
  // Of a name in RDATA, so many of its suffixes are looked for.
  static constexpr size_t kLookedUpMax = 4;

  // A suffix of the owner written last, which is a pointer's target.
  struct Suffix {
    uint16_t offset;  // in the message
    uint8_t octets;
  };

  uint8_t* write_owner(uint8_t* to);
  uint8_t* write_name(dns::NameView name, uint8_t* to);
  uint8_t* write_names(base::Bytes rdata, size_t prefix, size_t names, uint8_t* to);
  size_t common_with_last(dns::NameView name) const;
  void remember(dns::NameView name);
  bool stands_at(dns::NameView name, size_t offset) const;

  uint8_t* out_ = nullptr;
  size_t at_ = 0;
  size_t limit_ = 0;
  bool is_for_one_ = false;
  size_t records_ = 0;
  size_t records_begin_ = 0;
  bool has_question_ = false;
  dns::NameView owner_;
  uint16_t reference_ = 0;  // a pointer to it; 0: it is not in the message, or the root
  // The owner written last at the array's end, and its suffixes, the shortest first.
  size_t last_octets_ = 0;
  std::array<uint8_t, dns::kNameOctetsMax> last_;
  size_t suffix_count_ = 0;
  std::array<Suffix, dns::kLabelsMax> suffixes_;
  // Where names of RDATA are, by hash; 0: nothing.
  std::array<uint16_t, kSlots> slots_;
};

}  // namespace atlas::transfer
