// What a client may ask of a server's codec, and what comes of asking for more.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace atlas::http {

// Why a codec refused a request or gave a connection up. To those before kProtocolError HTTP/1.1 answers with
// the status and closes; HTTP/2 and HTTP/3 answer on the stream and go on. The others end the connection:
// GOAWAY, CONNECTION_CLOSE.
enum class Outcome : uint8_t {
  kNone,
  kMalformed,          // 400; or what is reset with PROTOCOL_ERROR and its kin, or H3_MESSAGE_ERROR
  kBodyTooLarge,       // 413
  kTargetTooLong,      // 414
  kExpectationFailed,  // 417
  kFieldsTooLarge,     // 431
  kMethodUnknown,      // 501: CONNECT
  kTransferCoding,     // 501: any but "chunked"
  kVersion,            // 505
  kTooManyStreams,     // REFUSED_STREAM, H3_REQUEST_REJECTED: more at a time than allowed
  kProtocolError,  // the frames or their compression are broken, or a limit that was announced is not kept
  kHeaderFlood,    // header blocks that decompress to far more than a request may have, or in many pieces
  kResetFlood,     // requests taken back by the peer (CVE-2023-44487)
  kProvokedResetFlood,  // errors that make us reset streams (CVE-2025-8671)
  kPingFlood,
  kSettingsFlood,
  kPriorityFlood,
  kWindowUpdateFlood,
  kEmptyDataFlood,
  kIgnoredFrameFlood,  // HTTP/3: frames and streams that nobody needs
  kOctetFlood,         // many octets, of whatever frames, and no request
  kOutOfMemory,
};
inline constexpr size_t kOutcomesLast = static_cast<size_t>(Outcome::kOutOfMemory);

// "body-too-large": for counters and logs.
std::string_view to_text(Outcome outcome);

// How often each has happened. Of one thread.
using OutcomeCounts = std::array<uint64_t, kOutcomesLast + 1>;

// Frames that cost work and bring no request. Each may come so many times an interval, and some more for each
// request that did come, since good clients send, say, a WINDOW_UPDATE for every answer.
struct FloodLimits {
  std::chrono::milliseconds interval{10'000};
  // A browser that closes a page takes its questions back; 100 are all that may be open at a time.
  uint32_t resets_max = 200;
  // Only broken requests provoke one, and a client seldom has more than one such.
  uint32_t provoked_resets_max = 100;
  // Clients ask whether the server lives every few seconds at most.
  uint32_t pings_max = 100;
  // At the start, and when a client changes its mind.
  uint32_t settings_max = 20;
  // Firefox sends six to begin with, and one a request.
  uint32_t priorities_max = 100;
  uint32_t window_updates_max = 100;
  // Ends a body whose end was not known before.
  uint32_t empty_data_max = 50;
  // HTTP/3: of unknown types, which Chrome sends one of now and then, and GOAWAY, MAX_PUSH_ID, and streams of
  // one direction.
  uint32_t ignored_frames_max = 100;
  // Octets that come before the next complete request, beside its body: nghttp2 does not tell of frames that
  // it ignores, of unknown types (RFC 9113 5.5) or for streams that are gone.
  uint32_t octets_max = 256 << 10;
  // PRIORITY, WINDOW_UPDATE (of the stream and of the connection) and empty DATA, for each request.
  uint32_t frames_per_request = 4;
};

struct Limits {
  // Names and values of one request's fields, and 32 octets more for each in HTTP/2 (RFC 9113 6.5.2) and
  // HTTP/3 (RFC 9114 4.2.2).
  uint32_t header_octets_max = 16 << 10;
  // Browsers send about 20; each costs a look at its name.
  uint32_t fields_max = 100;
  // RFC 9110 4.1 wants 8,000 at least; the longest useful one is a DNS message of 4 KiB in base64.
  uint32_t target_octets_max = 8 << 10;
  uint64_t body_octets_max = 1 << 20;
  // RFC 9113 6.5.2 wants 100 at least.
  uint32_t streams_max = 100;
  // Answers that wait for the peer's window or for the caller: beyond, no request is handed out.
  uint32_t output_octets_max = 64 << 10;
  // What the client may let us remember of its fields (HPACK): 0 saves memory and costs time. HTTP/3
  // remembers nothing.
  uint32_t field_table_octets = 4096;
  FloodLimits floods = {};
};

}  // namespace atlas::http
