// Tells packets that were really the peer's from others: ngtcp2 drops those without a word.
#pragma once

#include <cstdint>

namespace atlas::quic {

// Packets whose protection this thread has removed.
extern thread_local uint64_t opened_packets;

}  // namespace atlas::quic
