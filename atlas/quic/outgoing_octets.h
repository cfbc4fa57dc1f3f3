// What a connection sends on its streams, from when the application gives it until the peer has acknowledged
// it. Octets lie in chunks that streams share, so that many small messages cost few allocations; nothing
// moves. Each stream has a queue of the pieces that are its own.
#pragma once

#include <cstdint>
#include <vector>

#include "atlas/base/bytes.h"

namespace atlas::quic {

// Of a chunk; what is longer has one to itself.
inline constexpr uint32_t kChunkOctets = 4096 - 32;

class OutgoingOctets {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // A stream's. Begins with what is not acknowledged yet; `unsent_piece` and `unsent_at` are where sending
  // goes on.
  struct Queue {
    uint32_t first = kNone;
    uint32_t last = kNone;
    uint32_t unsent_piece = kNone;
    uint32_t first_at = 0;   // of the first piece: acknowledged
    uint32_t unsent_at = 0;  // of the unsent piece: sent
    uint64_t kept = 0;       // octets in the queue
    uint64_t unsent = 0;     // of them
  };

  OutgoingOctets() = default;
  OutgoingOctets(const OutgoingOctets&) = delete;
  OutgoingOctets& operator=(const OutgoingOctets&) = delete;
  ~OutgoingOctets();

  // Of all queues.
  size_t kept() const { return kept_; }

  // False if there is no memory.
  bool append(Queue& queue, base::Bytes octets);
  // The pieces that are to be sent next, at most as many as `pieces` holds. Returns how many.
  size_t unsent(const Queue& queue, std::span<base::Bytes> pieces) const;
  void note_sent(Queue& queue, uint64_t octets);
  void note_acknowledged(Queue& queue, uint64_t octets);
  // All is to be sent again from the beginning, of which nothing is acknowledged.
  static void rewind(Queue& queue);
  void clear(Queue& queue);

 private:
  struct Chunk {
    uint32_t pieces;  // that lie in it
    uint32_t used;
    uint32_t capacity;

    uint8_t* octets() { return reinterpret_cast<uint8_t*>(this + 1); }
  };
  struct Piece {
    Chunk* chunk;
    const uint8_t* octets;
    uint32_t size;
    uint32_t next;
  };

  Chunk* chunk_with(uint32_t room);
  uint32_t take_piece();
  void drop_first(Queue& queue);

  std::vector<Piece> pieces_;
  uint32_t free_piece_ = kNone;
  uint32_t pieces_used_ = 0;
  Chunk* open_ = nullptr;  // takes what comes next
  size_t kept_ = 0;
};

}  // namespace atlas::quic
