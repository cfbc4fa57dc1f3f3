#include "atlas/query/name_compressor.h"

#include "atlas/dns/label_hash.h"

namespace atlas::query {
namespace {

// Hashes of all suffixes of a name: hashes[i] belongs to the one that begins at the i-th label from the left.
struct SuffixHashes {
  explicit SuffixHashes(const dns::LabelledName& name) {
    uint64_t hash = 0;
    for (size_t i = name.label_count(); i-- > 0;) {
      hash = dns::hash_label(hash, name.label(i));
      hashes[i] = static_cast<uint32_t>(hash);
    }
  }

  std::array<uint32_t, dns::kLabelsMax> hashes;
};

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

void NameCompressor::search_and_write(const dns::LabelledName& name, base::ByteWriter& writer) {
  if (!begun_) begin();
  const SuffixHashes suffixes(name);
  const size_t labels = name.label_count();
  const size_t start = writer.offset();
  size_t known = 0;
  uint16_t pointer = 0;
  for (; known < labels; ++known) {
    pointer = find(name.suffix(labels - known), suffixes.hashes[known]);
    if (pointer != 0) break;
  }
  if (pointer == 0) {
    writer.bytes(name.view().wire());
  } else {
    writer.bytes(name.view().wire().first(name.begin_of(known)));
    writer.u16(static_cast<uint16_t>(0xc000 | pointer));
  }
  if (!writer.ok()) return;
  for (size_t i = 0; i < known; ++i) {
    insert(name.suffix(labels - i), suffixes.hashes[i], start + name.begin_of(i));
  }
}

void NameCompressor::set_question(const dns::LabelledName& name, size_t offset) {
  question_ = &name;
  question_begin_ = reinterpret_cast<uintptr_t>(name.view().data());
  question_octets_ = name.view().size();
  question_offset_ = offset;
}

void NameCompressor::begin() {
  begun_ = true;
  slots_.fill(0);
  if (question_ == nullptr) return;
  const SuffixHashes suffixes(*question_);
  const size_t labels = question_->label_count();
  for (size_t i = 0; i < labels; ++i) {
    insert(question_->suffix(labels - i), suffixes.hashes[i], question_offset_ + question_->begin_of(i));
  }
}

// The last ones in were the last ones to take a free slot, so freeing them in reverse breaks no probe
// sequence.
void NameCompressor::truncate(size_t size) {
  while (size_ > size) slots_[suffixes_[--size_].slot] = 0;
  // The question's suffixes are the first.
  if (size_ == 0) begun_ = false;
}

}  // namespace atlas::query
