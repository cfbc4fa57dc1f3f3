// The streams of a connection that are not over, by their ids; and those that have something to send, each in
// its turn.
#pragma once

#include <cstdint>
#include <vector>

#include "atlas/quic/events.h"
#include "atlas/quic/outgoing_octets.h"

namespace atlas::quic {

struct Stream {
  StreamId id = 0;
  OutgoingOctets::Queue outgoing;
  uint32_t queue_next = OutgoingOctets::kNone;
  uint32_t queue_before = OutgoingOctets::kNone;
  bool queued = false;
  bool fin = false;       // nothing follows what is in `outgoing`
  bool fin_sent = false;  // and the peer has been told
  bool blocked = false;   // by the peer's window
  bool deaf = false;      // the peer wants no more, or has been told that no more comes
  bool reset = false;     // it is us who gave up sending
  bool finished = false;  // the peer has sent all

  bool wants_to_send() const { return !blocked && !deaf && !fin_sent && (outgoing.unsent > 0 || fin); }
};

class Streams {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  size_t size() const { return size_; }
  // Pointers are good until the next add() or remove().
  Stream* find(StreamId id) { return slot_of(id) == kNone ? nullptr : &slots_[slot_of(id)]; }
  const Stream* find(StreamId id) const {
    const uint32_t slot = slot_of(id);
    return slot == kNone ? nullptr : &slots_[slot];
  }
  Stream& add(StreamId id);
  // `stream` has no octets any more.
  void remove(Stream& stream);
  template <class Visit>
  void visit(Visit visit) {
    for (Stream& stream : slots_) {
      if (stream.id != kFree) visit(stream);
    }
  }

  // Puts it at the end of those that wait to send, unless it is there already.
  void enqueue(Stream& stream);
  void dequeue(Stream& stream);
  // Whose turn it is; null if nobody waits.
  Stream* next() { return queue_first_ == kNone ? nullptr : &slots_[queue_first_]; }

 private:
  static constexpr StreamId kFree = -1;

  uint32_t slot_of(StreamId id) const;
  size_t place_of(StreamId id) const;
  void rebuild(size_t places);

  std::vector<Stream> slots_;
  std::vector<uint32_t> places_;  // slots by hash, with linear probing; at most half of them are taken
  uint32_t free_slot_ = kNone;    // a list through queue_next
  uint32_t size_ = 0;
  uint32_t queue_first_ = kNone;
  uint32_t queue_last_ = kNone;
};

}  // namespace atlas::quic
