#include "atlas/quic/streams.h"

#include "atlas/base/assert.h"

namespace atlas::quic {
namespace {

// With the last stream, the memory of more than so many goes.
constexpr size_t kSlotsKept = 8;
constexpr size_t kPlacesMin = 16;

}  // namespace

size_t Streams::place_of(StreamId id) const {
  // The golden ratio spreads ids that follow each other.
  return static_cast<size_t>(static_cast<uint64_t>(id) * 0x9e37'79b9'7f4a'7c15 >> 32) & (places_.size() - 1);
}

uint32_t Streams::slot_of(StreamId id) const {
  if (places_.empty()) return kNone;
  size_t place = place_of(id);
  while (places_[place] != kNone && slots_[places_[place]].id != id)
    place = (place + 1) & (places_.size() - 1);
  return places_[place];
}

void Streams::rebuild(size_t places) {
  places_.assign(places, kNone);
  for (uint32_t slot = 0; slot < slots_.size(); ++slot) {
    if (slots_[slot].id == kFree) continue;
    size_t place = place_of(slots_[slot].id);
    while (places_[place] != kNone) place = (place + 1) & (places - 1);
    places_[place] = slot;
  }
}

Stream& Streams::add(StreamId id) {
  ATLAS_ASSERT(slot_of(id) == kNone);
  if ((size_ + 1) * 2 > places_.size()) rebuild(places_.empty() ? kPlacesMin : places_.size() * 2);
  uint32_t slot = free_slot_;
  if (slot == kNone) {
    slot = static_cast<uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    free_slot_ = slots_[slot].queue_next;
  }
  slots_[slot] = {.id = id, .outgoing = {}};
  size_t place = place_of(id);
  while (places_[place] != kNone) place = (place + 1) & (places_.size() - 1);
  places_[place] = slot;
  ++size_;
  return slots_[slot];
}

void Streams::remove(Stream& stream) {
  dequeue(stream);
  const size_t mask = places_.size() - 1;
  size_t hole = place_of(stream.id);
  while (slots_[places_[hole]].id != stream.id) hole = (hole + 1) & mask;
  const uint32_t slot = places_[hole];
  places_[hole] = kNone;
  // Those behind it that would no longer be found move up.
  for (size_t place = (hole + 1) & mask; places_[place] != kNone; place = (place + 1) & mask) {
    const size_t home = place_of(slots_[places_[place]].id);
    if (((place - home) & mask) < ((place - hole) & mask)) continue;
    places_[hole] = places_[place];
    places_[place] = kNone;
    hole = place;
  }
  if (--size_ == 0 && slots_.capacity() > kSlotsKept) {
    std::vector<Stream>().swap(slots_);
    std::vector<uint32_t>().swap(places_);
    free_slot_ = kNone;
    return;
  }
  stream = {};
  stream.id = kFree;
  stream.queue_next = free_slot_;
  free_slot_ = slot;
}

void Streams::enqueue(Stream& stream) {
  if (stream.queued) return;
  const auto slot = static_cast<uint32_t>(&stream - slots_.data());
  stream.queued = true;
  stream.queue_before = queue_last_;
  stream.queue_next = kNone;
  (queue_last_ == kNone ? queue_first_ : slots_[queue_last_].queue_next) = slot;
  queue_last_ = slot;
}

void Streams::dequeue(Stream& stream) {
  if (!stream.queued) return;
  stream.queued = false;
  (stream.queue_before == kNone ? queue_first_ : slots_[stream.queue_before].queue_next) = stream.queue_next;
  (stream.queue_next == kNone ? queue_last_ : slots_[stream.queue_next].queue_before) = stream.queue_before;
}

}  // namespace atlas::quic
