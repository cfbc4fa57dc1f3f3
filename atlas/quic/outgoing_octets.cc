#include "atlas/quic/outgoing_octets.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "atlas/base/assert.h"

namespace atlas::quic {
namespace {

// When all is acknowledged, the table of a larger number of pieces is given back: connections are idle for
// most of their lives.
constexpr size_t kPiecesKept = 16;

}  // namespace

OutgoingOctets::~OutgoingOctets() {
  // Queues go without being cleared.
  if (open_ != nullptr && open_->pieces == 0) std::free(open_);
  for (const Piece& piece : pieces_) {
    if (piece.chunk != nullptr && --piece.chunk->pieces == 0) std::free(piece.chunk);
  }
}

OutgoingOctets::Chunk* OutgoingOctets::chunk_with(uint32_t room) {
  if (open_ != nullptr && open_->capacity - open_->used >= room) return open_;
  const uint32_t capacity = std::max(room, kChunkOctets);
  auto* made = static_cast<Chunk*>(std::malloc(sizeof(Chunk) + capacity));
  if (made == nullptr) return nullptr;
  *made = {.pieces = 0, .used = 0, .capacity = capacity};
  if (open_ != nullptr && open_->pieces == 0) std::free(open_);
  open_ = made;
  return made;
}

uint32_t OutgoingOctets::take_piece() {
  ++pieces_used_;
  if (free_piece_ == kNone) {
    pieces_.emplace_back();
    return static_cast<uint32_t>(pieces_.size() - 1);
  }
  const uint32_t taken = free_piece_;
  free_piece_ = pieces_[taken].next;
  return taken;
}

bool OutgoingOctets::append(Queue& queue, base::Bytes octets) {
  if (octets.empty()) return true;
  const auto size = static_cast<uint32_t>(octets.size());
  Chunk* chunk = chunk_with(size);
  if (chunk == nullptr) return false;
  uint8_t* at = chunk->octets() + chunk->used;
  std::memcpy(at, octets.data(), size);
  chunk->used += size;
  queue.kept += size;
  queue.unsent += size;
  kept_ += size;
  if (queue.last != kNone) {
    Piece& last = pieces_[queue.last];
    // What follows in the same place is the same piece, unless that one was sent to its end.
    if (last.chunk == chunk && last.octets + last.size == at && queue.unsent_piece != kNone) {
      last.size += size;
      return true;
    }
  }
  const uint32_t index = take_piece();
  pieces_[index] = {.chunk = chunk, .octets = at, .size = size, .next = kNone};
  ++chunk->pieces;
  if (queue.last == kNone) {
    queue.first = index;
    queue.first_at = 0;
  } else {
    pieces_[queue.last].next = index;
  }
  queue.last = index;
  if (queue.unsent_piece == kNone) {
    queue.unsent_piece = index;
    queue.unsent_at = 0;
  }
  return true;
}

size_t OutgoingOctets::unsent(const Queue& queue, std::span<base::Bytes> pieces) const {
  size_t count = 0;
  uint32_t skip = queue.unsent_at;
  for (uint32_t at = queue.unsent_piece; at != kNone && count < pieces.size(); at = pieces_[at].next) {
    pieces[count++] = base::Bytes(pieces_[at].octets, pieces_[at].size).subspan(skip);
    skip = 0;
  }
  return count;
}

void OutgoingOctets::note_sent(Queue& queue, uint64_t octets) {
  ATLAS_ASSERT(octets <= queue.unsent);
  queue.unsent -= octets;
  while (octets > 0) {
    const Piece& piece = pieces_[queue.unsent_piece];
    const auto taken = static_cast<uint32_t>(std::min<uint64_t>(octets, piece.size - queue.unsent_at));
    octets -= taken;
    queue.unsent_at += taken;
    if (queue.unsent_at == piece.size) {
      queue.unsent_piece = piece.next;
      queue.unsent_at = 0;
    }
  }
}

void OutgoingOctets::note_acknowledged(Queue& queue, uint64_t octets) {
  ATLAS_ASSERT(octets <= queue.kept - queue.unsent);
  queue.kept -= octets;
  kept_ -= octets;
  while (octets > 0) {
    const Piece& piece = pieces_[queue.first];
    const auto taken = static_cast<uint32_t>(std::min<uint64_t>(octets, piece.size - queue.first_at));
    octets -= taken;
    queue.first_at += taken;
    if (queue.first_at < piece.size) break;
    drop_first(queue);
  }
}

void OutgoingOctets::rewind(Queue& queue) {
  queue.unsent_piece = queue.first;
  queue.unsent_at = queue.first_at;
  queue.unsent = queue.kept;
}

void OutgoingOctets::clear(Queue& queue) {
  kept_ -= queue.kept;
  while (queue.first != kNone) drop_first(queue);
  queue = {};
}

void OutgoingOctets::drop_first(Queue& queue) {
  const uint32_t index = queue.first;
  Piece& piece = pieces_[index];
  Chunk* chunk = piece.chunk;
  queue.first = piece.next;
  queue.first_at = 0;
  if (queue.first == kNone) queue.last = kNone;
  if (queue.unsent_piece == index) queue.unsent_piece = queue.first;
  piece = {.chunk = nullptr, .octets = nullptr, .size = 0, .next = free_piece_};
  free_piece_ = index;
  if (--chunk->pieces == 0) {
    if (chunk == open_) open_ = nullptr;
    std::free(chunk);
  }
  if (--pieces_used_ == 0 && pieces_.capacity() > kPiecesKept) {
    std::vector<Piece>().swap(pieces_);
    free_piece_ = kNone;
  }
}

}  // namespace atlas::quic
