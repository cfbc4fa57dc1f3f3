// Counts the memory that ngtcp2 takes for one connection, and gives no more than a peer may make it take:
// octets out of order, ranges of acknowledgements, frames that wait.
#pragma once

#include <cstddef>
#include <memory>

struct ngtcp2_mem;

namespace atlas::quic {

class LibraryMemory {
 public:
  explicit LibraryMemory(size_t octets_max);
  LibraryMemory(const LibraryMemory&) = delete;
  LibraryMemory& operator=(const LibraryMemory&) = delete;
  ~LibraryMemory();

  // For ngtcp2; lives as long as this.
  const ngtcp2_mem* functions() const { return functions_.get(); }
  size_t octets() const { return octets_; }
  // Whether the library has asked for more than it may have.
  bool was_exceeded() const { return was_exceeded_; }

 private:
  friend struct LibraryMemoryFunctions;

  bool may_take(size_t octets);
  void* note_taken(void* memory);

  std::unique_ptr<ngtcp2_mem> functions_;
  size_t octets_max_;
  size_t octets_ = 0;
  bool was_exceeded_ = false;
};

}  // namespace atlas::quic
