// Writes datagrams: octets of many streams to a packet, packets of one size in a row.
#include <ngtcp2/ngtcp2.h>

#include <algorithm>
#include <array>

#include "atlas/quic/engine.h"
#include "atlas/quic/library_values.h"

namespace atlas::quic {
namespace {

// Of one stream to a packet.
constexpr size_t kPiecesMax = 8;
// With such a short way, a whole congestion window may go at once: no timer of ours is fine enough to space
// what is sent in it.
constexpr uint64_t kPacedRoundTripMin = 1'000'000;
// RFC 9000 10.2: three of the times after which a packet is said to be lost.
constexpr uint64_t kClosingProbeTimeouts = 3;
// Of the text of a goodbye.
constexpr size_t kReasonOctetsMax = 256;

class PacketWriter {
 public:
  PacketWriter(Engine& engine, Timestamp now) : engine_(engine), now_(now) {
    ngtcp2_path_storage_zero(&path_);
  }

  // Octets of the datagram; 0 if there is nothing to send, or nothing may be sent now; negative for an error.
  ngtcp2_ssize write(std::span<uint8_t> into) {
    for (;;) {
      Stream* stream = next_stream();
      ngtcp2_ssize taken = -1;
      const ngtcp2_ssize written =
          stream == nullptr ? write_frames(into, nullptr, {}, taken) : write_stream(into, *stream, taken);
      if (stream != nullptr && taken >= 0) note_sent(*stream, static_cast<uint64_t>(taken));
      switch (written) {
        case NGTCP2_ERR_WRITE_MORE:
          continue;
        case NGTCP2_ERR_STREAM_DATA_BLOCKED:
          stream->blocked = true;
          engine_.streams.dequeue(*stream);
          continue;
        case NGTCP2_ERR_STREAM_SHUT_WR:
        case NGTCP2_ERR_STREAM_NOT_FOUND:
          // STOP_SENDING has come, which ngtcp2 has answered.
          stream->deaf = true;
          engine_.streams.dequeue(*stream);
          engine_.tell({.kind = Event::Kind::kStreamStopped, .stream = stream->id});
          continue;
        default:
          return written;
      }
    }
  }

  const ngtcp2_path& path() const { return path_.path; }

 private:
  Stream* next_stream() {
    // Without room in the connection's window, only what has no octets can go.
    Stream* stream = engine_.streams.next();
    if (stream == nullptr || ngtcp2_conn_get_max_data_left(engine_.connection.get()) > 0) return stream;
    return stream->outgoing.unsent == 0 ? stream : nullptr;
  }

  ngtcp2_ssize write_stream(std::span<uint8_t> into, Stream& stream, ngtcp2_ssize& taken) {
    std::array<base::Bytes, kPiecesMax> pieces;
    const size_t count = engine_.outgoing.unsent(stream.outgoing, pieces);
    return write_frames(into, &stream, std::span(pieces).first(count), taken);
  }

  ngtcp2_ssize write_frames(std::span<uint8_t> into, const Stream* stream,
                            std::span<const base::Bytes> pieces, ngtcp2_ssize& taken) {
    std::array<ngtcp2_vec, kPiecesMax> vectors;
    uint64_t offered = 0;
    for (size_t i = 0; i < pieces.size(); ++i) {
      vectors[i] = {.base = const_cast<uint8_t*>(pieces[i].data()), .len = pieces[i].size()};
      offered += pieces[i].size();
    }
    uint32_t flags = NGTCP2_WRITE_STREAM_FLAG_NONE;
    if (stream != nullptr) {
      flags |= NGTCP2_WRITE_STREAM_FLAG_MORE;
      if (stream->fin && offered == stream->outgoing.unsent) flags |= NGTCP2_WRITE_STREAM_FLAG_FIN;
    }
    return ngtcp2_conn_writev_stream(engine_.connection.get(), &path_.path, &info_, into.data(), into.size(),
                                     &taken, flags, stream == nullptr ? -1 : stream->id, vectors.data(),
                                     pieces.size(), now_);
  }

  void note_sent(Stream& stream, uint64_t octets) {
    engine_.outgoing.note_sent(stream.outgoing, octets);
    if (stream.fin && stream.outgoing.unsent == 0) stream.fin_sent = true;
    // The others come first now.
    engine_.streams.dequeue(stream);
    if (stream.wants_to_send()) engine_.streams.enqueue(stream);
  }

  Engine& engine_;
  Timestamp now_;
  ngtcp2_path_storage path_;
  ngtcp2_pkt_info info_{};
};

size_t copy_to(std::span<uint8_t> into, base::Bytes octets) {
  std::ranges::copy(octets, into.begin());
  return octets.size();
}

bool goes_slowly(ngtcp2_conn* connection) {
  ngtcp2_conn_info info{};
  ngtcp2_conn_get_conn_info(connection, &info);
  return info.latest_rtt == 0 || info.smoothed_rtt >= kPacedRoundTripMin;
}

Datagrams write_packets(Engine& engine, std::span<uint8_t> into, Timestamp now) {
  ngtcp2_conn* connection = engine.connection.get();
  Datagrams out;
  PacketWriter writer(engine, now);
  const size_t full = ngtcp2_conn_get_path_max_tx_udp_payload_size(connection);
  const size_t octets_max = std::min(into.size(), std::max(ngtcp2_conn_get_send_quantum(connection), full));
  bool any = false;
  while (out.octets + std::max(out.segment, full) <= octets_max || out.octets == 0) {
    const size_t room = std::min(into.size() - out.octets, kDatagramOctetsMax);
    const ngtcp2_ssize written = writer.write(into.subspan(out.octets, room));
    if (written < 0) {
      engine.fail(static_cast<int>(written));
      return {};
    }
    if (written == 0) break;
    any = true;
    const auto size = static_cast<size_t>(written);
    const Path path = from_library(writer.path());
    if (out.octets == 0) {
      out.path = path;
      out.segment = size;
    } else if (size > out.segment || path != out.path) {
      // Of another size or to another place, as a probe of the path is.
      engine.held = std::make_unique<Engine::Held>(
          Engine::Held{.path = path,
                       .octets = {into.begin() + static_cast<ptrdiff_t>(out.octets),
                                  into.begin() + static_cast<ptrdiff_t>(out.octets + size)}});
      break;
    }
    out.octets += size;
    if (size < full || size < out.segment) break;
  }
  if (any && goes_slowly(connection)) ngtcp2_conn_update_pkt_tx_time(connection, now);
  return out;
}

Datagrams write_goodbye(Engine& engine, std::span<uint8_t> into, Timestamp now) {
  Engine::Goodbye& goodbye = *engine.goodbye;
  if (!goodbye.due) return {};
  goodbye.due = false;
  if (goodbye.datagram.empty()) {
    ngtcp2_path_storage path;
    ngtcp2_path_storage_zero(&path);
    ngtcp2_pkt_info info{};
    ngtcp2_ccerr error;
    const auto* reason = reinterpret_cast<const uint8_t*>(goodbye.reason.data());
    const size_t reason_size = std::min(goodbye.reason.size(), kReasonOctetsMax);
    if (goodbye.by_application) {
      ngtcp2_ccerr_set_application_error(&error, goodbye.code, reason, reason_size);
    } else {
      ngtcp2_ccerr_set_transport_error(&error, goodbye.code, reason, reason_size);
    }
    const ngtcp2_ssize written =
        ngtcp2_conn_write_connection_close(engine.connection.get(), &path.path, &info, into.data(),
                                           std::min(into.size(), kDatagramOctetsMax), &error, now);
    if (written <= 0) {
      engine.forget(engine.failure);
      return {};
    }
    goodbye.datagram.assign(into.begin(), into.begin() + written);
    engine.gone_at = now + kClosingProbeTimeouts * ngtcp2_conn_get_pto(engine.connection.get());
  }
  const size_t size = copy_to(into, goodbye.datagram);
  return {.octets = size, .segment = size, .path = engine.path};
}

}  // namespace

Datagrams Connection::next_datagrams(std::span<uint8_t> into, Timestamp now) {
  Engine& e = engine();
  now = e.advance(now);
  // ngtcp2 insists on room for a datagram.
  if (into.size() < kDatagramOctetsMax) return {};
  into = into.first(std::min(into.size(), kDatagramsOctetsMax));
  if (e.is_alive() && e.held != nullptr) {
    const std::unique_ptr<Engine::Held> held = std::move(e.held);
    const size_t size = copy_to(into, held->octets);
    return {.octets = size, .segment = size, .path = held->path};
  }
  if (e.is_alive()) {
    const Datagrams out = write_packets(e, into, now);
    if (out.octets > 0 || e.is_alive()) return out;
  }
  if (e.state == State::kClosing && e.goodbye != nullptr) return write_goodbye(e, into, now);
  return {};
}

}  // namespace atlas::quic
