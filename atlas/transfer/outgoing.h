// A zone on its way out: AXFR (RFC 5936) and IXFR (RFC 1995), message by message, as the client takes them.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/base/clock.h"
#include "atlas/dns/types.h"
#include "atlas/tsig/tsig.h"
#include "atlas/zone/zone.h"

namespace atlas::transfer {

// A message is filled up to this, which is about the work of a turn, and how far compression reaches; only
// one with a single large record is longer.
inline constexpr size_t kMessageOctets = 16'384;

// What all messages of a response share.
struct RequestFacts {
  uint16_t id = 0;
  uint16_t flags = 0;                // of the request: RD is returned
  std::vector<uint8_t> question;     // as it came, without compression
  bool has_edns = false;             // the first message has an OPT, and no other
  bool dnssec_ok = false;            // RFC 3225: returned
  uint16_t udp_payload_size = 512;   // at least 512 (RFC 6891 6.2.3)
  bool asks_expire = false;          // RFC 7314
  std::optional<uint32_t> expire{};  // what is said then; empty: the SOA's
  std::optional<tsig::Signer> signer{};
  std::shared_ptr<const tsig::KeyTable> keys{};  // that `signer` points into
};
// Of a request of one question; its signature, if any, was verified. What cannot be read is left out.
// `expire` is up to the caller: a secondary says what is left.
RequestFacts facts_of(base::Bytes request, const tsig::Verified& verified,
                      std::shared_ptr<const tsig::KeyTable> keys);

// One thread at a time; may move to another between two calls.
class Outgoing {
 public:
  virtual ~Outgoing() = default;
  // Writes the next message, signed if the request was; `out` has 65,535 octets. Returns its octets; 0: there
  // is no more. What fails, which only a damaged journal can make it do, ends in a message with SERVFAIL.
  virtual size_t next(std::span<uint8_t> out, base::WallTime now) noexcept = 0;
  // After the last message.
  virtual bool is_done() const = 0;
  // Records so far, for the log.
  virtual uint64_t records() const = 0;
};

// The whole version, which stays alive as long.
std::unique_ptr<Outgoing> make_axfr(RequestFacts facts, std::shared_ptr<const zone::Zone> version);

// One step of an IXFR, as the journal has it: zone::encode(ZoneDiff), whose lists begin with the SOAs.
using EncodedDiff = std::shared_ptr<const std::vector<uint8_t>>;
// From one version to the next and the next; `soa` is the RDATA of the last. Without any diff: the client has
// that version, or asked over UDP for more than fits, and gets the SOA alone.
std::unique_ptr<Outgoing> make_ixfr(RequestFacts facts, std::vector<uint8_t> soa, uint32_t soa_ttl,
                                    std::vector<EncodedDiff> diffs);
// An error in place of a transfer.
std::unique_ptr<Outgoing> make_refusal(RequestFacts facts, dns::Rcode rcode, dns::ExtendedError error,
                                       std::string_view text);

}  // namespace atlas::transfer
