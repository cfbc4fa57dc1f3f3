// Answers IXFR (RFC 1995), which needs the journal. Workers have looked at the question, at who asks and at
// their limits already; AXFR they answer themselves.
#pragma once

#include "atlas/control/changes/changes.h"
#include "atlas/control/propagation/journal_tail.h"
#include "atlas/handoff/event.h"
#include "atlas/handoff/request.h"
#include "atlas/transfer/messages.h"
#include "atlas/tsig/key.h"

namespace atlas::control::propagation {

// Steps that take no more than this are sent, however small the zone is.
inline constexpr size_t kStepsOctetsMin = 64 << 10;

// Control's thread.
class TransferDesk {
 public:
  TransferDesk(handoff::RequestDesk& desk, store::Store& store, zones::ZoneSet& zones,
               handoff::EventQueue& events);

  void use_keys(std::shared_ptr<const tsig::KeyTable> keys) { keys_ = std::move(keys); }
  // Answers at most `max` of those that wait; returns how many there were. Over UDP one message: what does
  // not fit is the SOA alone.
  size_t serve(size_t max);

 private:
  handoff::Reply answer(const handoff::Request& request);
  std::unique_ptr<transfer::Outgoing> outgoing_for(const handoff::Request& request,
                                                   const transfer::RequestFacts& facts,
                                                   const transfer::Question& question);
  // Empty: the zone is to be sent whole.
  std::optional<std::vector<transfer::EncodedDiff>> steps_for(const handoff::Request& request,
                                                              const zones::ZoneState& zone, uint32_t serial);

  handoff::RequestDesk& desk_;
  zones::ZoneSet& zones_;
  handoff::EventQueue& events_;
  std::shared_ptr<const tsig::KeyTable> keys_;
  JournalTail tail_;
};

}  // namespace atlas::control::propagation
