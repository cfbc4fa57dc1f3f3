#include "atlas/query/name_compressor.h"

namespace atlas::query {

void NameCompressor::search_and_write(const dns::LabelledName& name, base::ByteWriter& writer) {
  const dns::NameView view = name.view();
  const size_t labels = name.label_count();
  size_t own = labels;  // labels in front of the longest suffix that is known
  size_t pointer = 0;
  for (size_t i = 0; i < size_; ++i) {
    const Known& known = known_[i];
    // Suffixes are equal if they are of one size, begin with a label and have the same octets.
    size_t label = 0;
    for (size_t at = 0; at < known.written; at += known.wire[at] + 1u) {
      const size_t octets = known.octets - at;
      while (label < own && view.size() - name.begin_of(label) > octets) ++label;
      if (label == own || known.offset + at > kPointerMax) break;
      const dns::NameView suffix(known.wire + at, static_cast<uint8_t>(octets));
      if (view.size() - name.begin_of(label) != octets || suffix != name.suffix(labels - label)) continue;
      own = label;
      pointer = known.offset + at;
      break;
    }
  }

  const size_t start = writer.offset();
  const size_t own_octets = name.begin_of(own);
  const bool whole = own == labels;
  uint8_t* const to = writer.take(own_octets + (whole ? 1 : 2));
  if (to == nullptr) return;
  base::copy_few(to, view.data(), own_octets);
  if (whole) {
    to[own_octets] = 0;
  } else {
    base::store_u16(to + own_octets, static_cast<uint16_t>(kPointer | pointer));
  }
  if (own > 0) remember(view, start, own_octets);
}

}  // namespace atlas::query
