// The query path. Every transport calls Pipeline::respond, and it calls the stages in order:
//
//   decode → admit → route → screen → answer → review → encode → record
//
// What only control can do is handed over in `admit`, and answered later. A zone that is asked for whole is
// an answer of several messages, which the transport takes one by one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "atlas/base/bytes.h"
#include "atlas/data/batch.h"
#include "atlas/data/tickets.h"
#include "atlas/data/transfers.h"
#include "atlas/handoff/counters.h"
#include "atlas/handoff/query_record.h"
#include "atlas/handoff/snapshot.h"
#include "atlas/policy/rate_limit/rate_limit.h"
#include "atlas/query/answer.h"
#include "atlas/query/encode.h"
#include "atlas/query/query.h"
#include "atlas/tsig/tsig.h"

namespace atlas::data {

// A message that has been read, and where its answer lies as far as the question tells. Valid as long as the
// message and the batch.
struct Foresight {
  query::DecodeResult decoded;
  query::Query query;
  const handoff::ZoneEntry* zone;  // that the question belongs to, if any
  zone::Zone::Foresight name;      // of this zone, if it has a version

  bool has_version() const { return zone != nullptr && zone->version != nullptr; }
};

// One worker's query path, with the room that its stages need. Never allocates, locks or reads a clock after
// its construction. Used by one thread.
class Pipeline {
 public:
  // `ring` is null where queries are not recorded, `tickets` where nobody takes what is handed over.
  Pipeline(const policy::rate_limit::Settings& rate_limit, handoff::WorkerCounters& counters,
           handoff::QueryRing* ring, Tickets* tickets = nullptr);

  // Whether respond() has an answer to such a message: it has none to responses, and to less than a header.
  static bool is_query(base::Bytes message) {
    constexpr size_t kFlagsAt = 2;
    return message.size() >= dns::kHeaderOctets &&
           (base::load_u16(message.data() + kFlagsAt) & dns::kFlagQR) == 0;
  }

  // Reads a group of messages and asks for the memory that respond() will need for each, so that they wait
  // for it together and not one after the other. `foresights` has an element for each.
  static void foresee(const Batch& batch, std::span<const base::Bytes> messages,
                      std::span<Foresight> foresights) noexcept;

  // The answer comes later: the caller says where it belongs, by await(), before it does anything else.
  static constexpr size_t kPending = SIZE_MAX;
  // The answer has several messages: the caller takes it, by take_transfer(), before it does anything else.
  // Only over TCP, TLS and QUIC.
  static constexpr size_t kTransfer = SIZE_MAX - 1;

  // Answers one message of which this was foreseen. Returns the octets of the response in `out`, 0 if nothing
  // must be sent, kPending or kTransfer. `out` must hold 65,535 octets for streams and 4,096 for UDP.
  size_t respond(const Batch& batch, const query::Client& client, base::Bytes message, std::span<uint8_t> out,
                 const Foresight& foresight) noexcept;
  // The same for one that comes alone.
  size_t respond(const Batch& batch, const query::Client& client, base::Bytes message,
                 std::span<uint8_t> out) noexcept;

  // Where the answer to what is pending belongs.
  void await(const ReplyPlace& place) { tickets_->set_place(place); }
  Transfer take_transfer();
  // An answer that came later is sent now.
  void count_reply(query::Transport transport, base::Bytes message);

  // Its worker's.
  handoff::WorkerCounters& counters() { return counters_; }

 private:
  // What a stage decides: go on, answer with what there is, send nothing, nothing yet, or a whole zone.
  enum class Next : uint8_t { kContinue, kRespond, kDrop, kPend, kTransfer };

  // One query on its way.
  struct Exchange {
    const Batch& batch;
    const query::Client& client;
    base::Bytes message;
    std::span<uint8_t> out;
    const Foresight& foresight;
    const query::Query& query = foresight.query;
    const handoff::ZoneEntry* zone = foresight.zone;
    query::EdnsReply edns{};
    std::array<uint8_t, 24> cookie{};
    bool cookie_good = false;
    const tsig::Signer* signer = nullptr;  // of a query that is signed
  };

  // Each is called from one place, and so becomes a part of respond().
  inline Next decode(Exchange& exchange);
  inline Next admit(Exchange& exchange);
  inline Next route(Exchange& exchange);
  inline Next screen(const Exchange& exchange);
  inline Next answer(Exchange& exchange);
  inline Next review(Exchange& exchange);
  inline size_t encode(Exchange& exchange);
  inline void record(const Exchange& exchange, size_t response_octets);

  // What admit() does with all that is not a plain, well-formed query.
  Next admit_other(Exchange& exchange);
  Next verify(Exchange& exchange);
  Next hand_over(const Exchange& exchange);
  Next hand_over_notify(const Exchange& exchange);
  Next refuse(dns::Rcode rcode, dns::ExtendedError error, std::string_view text = {});
  size_t encode_signed(const Exchange& exchange, size_t limit);
  inline void prepare_edns(Exchange& exchange);
  inline void describe_zone(Exchange& exchange);

  // Where no answer lies: pipeline_transfer.cc, with what screen() does with AXFR and IXFR.
  Next refuse_unknown(const Exchange& exchange);
  Next refuse_without_version(const Exchange& exchange);
  Next screen_transfer(const Exchange& exchange);
  bool may_transfer(const Exchange& exchange) const;
  Next begin_axfr(const Exchange& exchange, TransferPermit permit);
  Next hand_over_ixfr(const Exchange& exchange, TransferPermit permit);
  Next turn_transfer_away();

  Foresight alone_;  // of a message that comes alone
  query::Answer answer_;
  policy::rate_limit::Limiter limiter_;
  handoff::WorkerCounters& counters_;
  handoff::QueryRing* ring_;
  Tickets* tickets_;
  const tsig::KeyTable no_keys_;
  tsig::Verified signature_;  // of the latest query that is signed
  std::shared_ptr<TransferCounts> transfer_counts_;
  std::optional<Transfer> transfer_;  // of the latest query that is answered so
};

}  // namespace atlas::data
