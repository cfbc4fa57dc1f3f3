#include "atlas/query/name_compressor.h"

#include "atlas/dns/label_hash.h"

namespace atlas::query {
namespace {

// Hashes of all suffixes of a name, from the right. hashes[i] belongs to the suffix that begins at the i-th
// label from the left.
struct SuffixHashes {
  explicit SuffixHashes(dns::NameView name) {
    const uint8_t* wire = name.data();
    for (size_t at = 0; wire[at] != 0; at += wire[at] + 1u) offsets[count++] = static_cast<uint8_t>(at);
    uint64_t hash = 0;
    for (size_t i = count; i-- > 0;) {
      const uint8_t* label = wire + offsets[i];
      hash = dns::hash_label(hash, {label + 1, label[0]});
      hashes[i] = static_cast<uint32_t>(hash);
    }
  }

  std::array<uint8_t, dns::kLabelsMax> offsets;
  std::array<uint32_t, dns::kLabelsMax> hashes;
  size_t count = 0;
};

dns::NameView suffix_at(dns::NameView name, uint8_t offset) {
  return {name.data() + offset, static_cast<uint8_t>(name.size() - offset)};
}

}  // namespace

uint16_t NameCompressor::find(dns::NameView suffix, uint32_t hash) const {
  for (size_t slot = hash % kSlots; slots_[slot] != 0; slot = (slot + 1) % kSlots) {
    const Suffix& known = suffixes_[slots_[slot] - 1u];
    if (known.hash == hash && dns::NameView(known.wire, known.size) == suffix) return known.offset;
  }
  return 0;
}

void NameCompressor::insert(dns::NameView suffix, uint32_t hash, size_t offset) {
  if (size_ == kSuffixesMax || offset > kPointerMax) return;
  size_t slot = hash % kSlots;
  while (slots_[slot] != 0) slot = (slot + 1) % kSlots;
  suffixes_[size_] = {suffix.data(), hash, static_cast<uint16_t>(offset), suffix.size(),
                      static_cast<uint8_t>(slot)};
  slots_[slot] = static_cast<uint8_t>(++size_);
}

void NameCompressor::write(dns::NameView name, base::ByteWriter& writer) {
  // Names that lie elsewhere give a number that is out of range.
  const uintptr_t behind =
      reinterpret_cast<uintptr_t>(name.data()) - reinterpret_cast<uintptr_t>(question_.data());
  if (question_offset_ != 0 && !name.is_root() && behind < question_.size()) {
    writer.u16(static_cast<uint16_t>(0xc000 | (question_offset_ + behind)));
    return;
  }
  if (!question_noted_) note_question();
  const SuffixHashes suffixes(name);
  const size_t start = writer.offset();
  size_t known = 0;
  uint16_t pointer = 0;
  for (; known < suffixes.count; ++known) {
    pointer = find(suffix_at(name, suffixes.offsets[known]), suffixes.hashes[known]);
    if (pointer != 0) break;
  }
  if (known == suffixes.count) {
    writer.bytes(name.wire());
  } else {
    writer.bytes(name.wire().first(suffixes.offsets[known]));
    writer.u16(static_cast<uint16_t>(0xc000 | pointer));
  }
  if (!writer.ok()) return;
  for (size_t i = 0; i < known; ++i) {
    insert(suffix_at(name, suffixes.offsets[i]), suffixes.hashes[i], start + suffixes.offsets[i]);
  }
}

void NameCompressor::set_question(dns::NameView name, size_t offset) {
  question_ = name;
  question_offset_ = static_cast<uint16_t>(offset);
  question_noted_ = false;
}

void NameCompressor::note_question() {
  question_noted_ = true;
  const SuffixHashes suffixes(question_);
  for (size_t i = 0; i < suffixes.count; ++i) {
    insert(suffix_at(question_, suffixes.offsets[i]), suffixes.hashes[i],
           question_offset_ + suffixes.offsets[i]);
  }
}

// The last ones in were the last ones to take a free slot, so freeing them in reverse breaks no probe
// sequence.
void NameCompressor::truncate(size_t size) {
  while (size_ > size) slots_[suffixes_[--size_].slot] = 0;
  // The question's suffixes are the first.
  if (size_ == 0) question_noted_ = question_offset_ == 0;
}

}  // namespace atlas::query
