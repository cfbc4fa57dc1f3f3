#include "atlas/transfer/message_writer.h"

#include <algorithm>
#include <bit>

#include "atlas/base/assert.h"
#include "atlas/dns/message.h"
#include "atlas/dns/rdata.h"

namespace atlas::transfer {
namespace {

constexpr uint16_t kPointer = 0xc000;
constexpr size_t kPointerOctets = 2;
// Type, class, TTL and length of the RDATA.
constexpr size_t kRecordFixedOctets = 10;
// What is longer is copied by the library.
constexpr size_t kFewOctets = 64;
constexpr size_t kTypeAndClassOctets = 4;

uint64_t load_eight(const uint8_t* at) {
  uint64_t octets;
  std::memcpy(&octets, at, sizeof octets);
  return octets;
}

// Octets behind the last that differs, in eight of them of which two are taken XOR.
size_t octets_behind(uint64_t difference) {
  const int bits = std::endian::native == std::endian::little ? std::countl_zero(difference)
                                                              : std::countr_zero(difference);
  return static_cast<size_t>(bits) / 8;
}

// Good for a table of one message only.
size_t hash_of(const uint8_t* name, size_t octets) {
  constexpr uint64_t kFactor = 0x9fb21c651e98df25;
  uint64_t hash = octets;
  if (octets < 8) {
    for (size_t i = 0; i < octets; ++i) hash = (hash ^ name[i]) * kFactor;
  } else {
    for (size_t i = 0; i + 8 < octets; i += 8) hash = (hash ^ load_eight(name + i)) * kFactor;
    hash = (hash ^ load_eight(name + octets - 8)) * kFactor;
  }
  return static_cast<size_t>(hash >> 56);
}

}  // namespace

void MessageWriter::begin(std::span<uint8_t> out, base::Bytes question, size_t limit) {
  ATLAS_ASSERT(limit <= out.size() && dns::kHeaderOctets + question.size() <= limit);
  out_ = out.data();
  limit_ = limit;
  is_for_one_ = false;
  std::ranges::copy(question, out_ + dns::kHeaderOctets);
  has_question_ = !question.empty();
  records_begin_ = dns::kHeaderOctets + question.size();
  drop_records();
}

void MessageWriter::drop_records() {
  at_ = records_begin_;
  records_ = 0;
  reference_ = 0;
  last_octets_ = suffix_count_ = 0;
  slots_.fill(0);
  if (!has_question_) return;
  // The question's name is as good as an owner.
  const size_t octets = records_begin_ - dns::kHeaderOctets - kTypeAndClassOctets;
  const dns::NameView name(out_ + dns::kHeaderOctets, static_cast<uint8_t>(octets));
  std::array<uint8_t, dns::kLabelsMax> begins;
  size_t labels = 0;
  for (size_t at = 0; at + 1 < octets; at += name.data()[at] + 1u)
    begins[labels++] = static_cast<uint8_t>(at);
  for (; labels > 0; --labels) {
    const uint8_t begin = begins[labels - 1];
    suffixes_[suffix_count_++] = {static_cast<uint16_t>(dns::kHeaderOctets + begin),
                                  static_cast<uint8_t>(octets - begin)};
  }
  remember(name);
}

void MessageWriter::remember(dns::NameView name) {
  last_octets_ = name.size();
  base::copy_few(last_.data() + last_.size() - last_octets_, name.data(), last_octets_);
}

// Octets at the end of both.
size_t MessageWriter::common_with_last(dns::NameView name) const {
  const size_t most = std::min<size_t>(name.size(), last_octets_);
  const uint8_t* const a = name.data() + name.size();
  const uint8_t* const b = last_.data() + last_.size();
  size_t common = 0;
  for (; common + 8 <= most; common += 8) {
    const uint64_t differs = load_eight(a - common - 8) ^ load_eight(b - common - 8);
    if (differs != 0) return common + octets_behind(differs);
  }
  while (common < most && a[-1 - static_cast<ptrdiff_t>(common)] == b[-1 - static_cast<ptrdiff_t>(common)])
    ++common;
  return common;
}

// What both owners end in and begins with a label in both is a pointer.
uint8_t* MessageWriter::write_owner(uint8_t* to) {
  const size_t octets = owner_.size();
  const uint8_t* const wire = owner_.data();
  const auto offset = static_cast<size_t>(to - out_);
  const size_t common = common_with_last(owner_);
  while (suffix_count_ > 0 && suffixes_[suffix_count_ - 1].octets > common) --suffix_count_;
  std::array<uint8_t, dns::kLabelsMax> begins;
  size_t labels = 0, own = 0;
  uint16_t pointer = 0;
  for (;; own += wire[own] + 1u) {
    const size_t left = octets - own;
    while (suffix_count_ > 0 && suffixes_[suffix_count_ - 1].octets > left) --suffix_count_;
    if (suffix_count_ > 0 && suffixes_[suffix_count_ - 1].octets == left) {
      pointer = static_cast<uint16_t>(kPointer | suffixes_[suffix_count_ - 1].offset);
      break;
    }
    if (left == 1) break;
    begins[labels++] = static_cast<uint8_t>(own);
  }
  base::copy_few(to, wire, own);
  to += own;
  if (pointer != 0) {
    base::store_u16(to, pointer);
    to += kPointerOctets;
  } else {
    *to++ = 0;
  }
  if (labels > 0 && offset + own <= kPointerMax) {
    reference_ = static_cast<uint16_t>(kPointer | offset);
    for (; labels > 0; --labels) {
      const uint8_t begin = begins[labels - 1];
      suffixes_[suffix_count_++] = {static_cast<uint16_t>(offset + begin),
                                    static_cast<uint8_t>(octets - begin)};
    }
  } else {
    reference_ = labels == 0 ? pointer : uint16_t{0};
  }
  remember(owner_);
  return to;
}

// Whether the name is what begins at an offset, be it behind pointers. All names of the message are good.
bool MessageWriter::stands_at(dns::NameView name, size_t offset) const {
  const uint8_t* wire = name.data();
  for (;;) {
    const uint8_t* at = out_ + offset;
    if (*at >= kPointer >> 8) {
      offset = base::load_u16(at) & kPointerMax;
      continue;
    }
    const size_t octets = *at + size_t{1};
    if (*wire != *at || std::memcmp(wire, at, octets) != 0) return false;
    if (octets == 1) return true;
    wire += octets;
    offset += octets;
  }
}

uint8_t* MessageWriter::write_name(dns::NameView name, uint8_t* to) {
  const size_t octets = name.size();
  const uint8_t* const wire = name.data();
  const auto offset = static_cast<size_t>(to - out_);
  const size_t common = common_with_last(name);
  size_t suffixes = suffix_count_, looked_up = 0, own = 0;
  std::array<uint8_t, kLookedUpMax> begins;
  std::array<size_t, kLookedUpMax> slots;
  uint16_t pointer = 0;
  for (; octets - own > 1; own += wire[own] + 1u) {
    const size_t left = octets - own;
    while (suffixes > 0 && suffixes_[suffixes - 1].octets > left) --suffixes;
    if (left <= common && suffixes > 0 && suffixes_[suffixes - 1].octets == left) {
      pointer = static_cast<uint16_t>(kPointer | suffixes_[suffixes - 1].offset);
      break;
    }
    if (looked_up == kLookedUpMax) continue;
    const size_t slot = hash_of(wire + own, left);
    if (slots_[slot] != 0 && stands_at({wire + own, static_cast<uint8_t>(left)}, slots_[slot])) {
      pointer = static_cast<uint16_t>(kPointer | slots_[slot]);
      break;
    }
    begins[looked_up] = static_cast<uint8_t>(own);
    slots[looked_up++] = slot;
  }
  base::copy_few(to, wire, own);
  to += own;
  if (pointer != 0) {
    base::store_u16(to, pointer);
    to += kPointerOctets;
  } else {
    *to++ = 0;
  }
  for (size_t i = 0; i < looked_up && offset + begins[i] <= kPointerMax; ++i)
    slots_[slots[i]] = static_cast<uint16_t>(offset + begins[i]);
  return to;
}

// `names` names behind `prefix` octets, and what follows them.
uint8_t* MessageWriter::write_names(base::Bytes rdata, size_t prefix, size_t names, uint8_t* to) {
  std::ranges::copy(rdata.first(prefix), to);
  to += prefix;
  base::Bytes rest = rdata.subspan(prefix);
  for (; names > 0; --names) {
    const auto name = dns::view_name(rest);
    if (!name) break;  // it goes as it is
    to = write_name(*name, to);
    rest = rest.subspan(name->size());
  }
  return std::ranges::copy(rest, to).out;
}

bool MessageWriter::add(dns::RRType type, uint32_t ttl, base::Bytes rdata) {
  // Nothing gets longer by compression.
  const size_t owner_octets = reference_ != 0 ? kPointerOctets : owner_.size();
  if (at_ + owner_octets + kRecordFixedOctets + rdata.size() > limit_) return false;
  uint8_t* to = out_ + at_;
  if (reference_ != 0) {
    base::store_u16(to, reference_);
    to += kPointerOctets;
  } else {
    to = write_owner(to);
  }
  base::store_u16(to, static_cast<uint16_t>(type));
  base::store_u16(to + 2, static_cast<uint16_t>(dns::RRClass::IN));
  base::store_u32(to + 4, ttl);
  uint8_t* const octets_at = to + 8;
  to += kRecordFixedOctets;
  const dns::CompressibleNames names = dns::compressible_names(type);
  if (names.names != 0 && rdata.size() > names.prefix) {
    uint8_t* const begin = to;
    to = write_names(rdata, names.prefix, names.names, to);
    base::store_u16(octets_at, static_cast<uint16_t>(to - begin));
  } else {
    if (rdata.size() <= kFewOctets) {
      base::copy_few(to, rdata.data(), rdata.size());
    } else {
      std::memcpy(to, rdata.data(), rdata.size());
    }
    base::store_u16(octets_at, static_cast<uint16_t>(rdata.size()));
    to += rdata.size();
  }
  at_ = static_cast<size_t>(to - out_);
  ++records_;
  if (is_for_one_) limit_ = 0;
  return true;
}

size_t MessageWriter::finish(uint16_t id, uint16_t flags, base::Bytes additional) {
  const uint16_t counts[] = {id,
                             flags,
                             static_cast<uint16_t>(has_question_ ? 1 : 0),
                             static_cast<uint16_t>(records_),
                             0,
                             static_cast<uint16_t>(additional.empty() ? 0 : 1)};
  uint8_t* to = out_;
  for (const uint16_t each : counts) {
    base::store_u16(to, each);
    to += 2;
  }
  std::ranges::copy(additional, out_ + at_);
  return at_ + additional.size();
}

}  // namespace atlas::transfer
