#include "atlas/quic/library_memory.h"

#include <malloc.h>
#include <ngtcp2/ngtcp2.h>

#include <cstdlib>

namespace atlas::quic {

struct LibraryMemoryFunctions {
  static LibraryMemory& of(void* memory) { return *static_cast<LibraryMemory*>(memory); }

  static void* take(size_t size, void* memory) {
    return of(memory).may_take(size) ? of(memory).note_taken(std::malloc(size)) : nullptr;
  }
  static void* take_zeroed(size_t count, size_t size, void* memory) {
    return of(memory).may_take(count * size) ? of(memory).note_taken(std::calloc(count, size)) : nullptr;
  }
  static void* resize(void* at, size_t size, void* memory) {
    const size_t before = ::malloc_usable_size(at);
    if (size > before && !of(memory).may_take(size - before)) return nullptr;
    void* moved = std::realloc(at, size);
    if (moved == nullptr) return nullptr;
    of(memory).octets_ -= before;
    return of(memory).note_taken(moved);
  }
  static void give_back(void* at, void* memory) {
    of(memory).octets_ -= ::malloc_usable_size(at);
    std::free(at);
  }
};

LibraryMemory::LibraryMemory(size_t octets_max)
    : functions_(new ngtcp2_mem{.user_data = this,
                                .malloc = LibraryMemoryFunctions::take,
                                .free = LibraryMemoryFunctions::give_back,
                                .calloc = LibraryMemoryFunctions::take_zeroed,
                                .realloc = LibraryMemoryFunctions::resize}),
      octets_max_(octets_max) {}

LibraryMemory::~LibraryMemory() = default;

bool LibraryMemory::may_take(size_t octets) {
  if (octets <= octets_max_ - octets_) return true;
  was_exceeded_ = true;
  return false;
}

void* LibraryMemory::note_taken(void* memory) {
  octets_ += ::malloc_usable_size(memory);
  // What malloc() gives beyond what was asked for.
  if (octets_ > octets_max_) octets_max_ = octets_;
  return memory;
}

}  // namespace atlas::quic
