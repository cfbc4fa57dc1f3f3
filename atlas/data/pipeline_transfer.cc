// Zones that are asked for whole (RFC 5936), or since a version (RFC 1995); and names that no answer is here
// for.
#include "atlas/data/pipeline.h"

namespace atlas::data {
namespace {

using dns::ExtendedError;
using dns::Rcode;
using dns::RRClass;
using dns::RRType;
using query::Transport;

bool is_transfer(RRType type) {
  return type == RRType::AXFR || type == RRType::IXFR;
}

}  // namespace

Pipeline::Next Pipeline::refuse_unknown(const Exchange& exchange) {
  // RFC 5936 2.2.1.
  const Rcode rcode = is_transfer(exchange.query.type) ? Rcode::NOTAUTH : Rcode::REFUSED;
  return refuse(rcode, ExtendedError::NotAuthoritative);
}

Pipeline::Next Pipeline::refuse_without_version(const Exchange& exchange) {
  if (exchange.zone->is_expired) {
    return refuse(Rcode::SERVFAIL, ExtendedError::InvalidData, "the zone has expired");
  }
  return refuse(Rcode::SERVFAIL, ExtendedError::NotReady, "the zone has not loaded");
}

Pipeline::Next Pipeline::screen_transfer(const Exchange& exchange) {
  const query::Query& query = exchange.query;
  // RFC 5936 2.2.1. BIND, Knot and NSD say the same of names below an apex.
  if (exchange.zone == nullptr || query.rr_class != RRClass::IN || exchange.zone->apex != query.name.view()) {
    return refuse(Rcode::NOTAUTH, ExtendedError::NotAuthoritative);
  }
  switch (exchange.client.transport) {
    case Transport::kUdp:
      // RFC 5936 4.2 does not define it. Knot and NSD answer NOTIMP; BIND answers FORMERR, which would have a
      // client that cannot read the extended error ask again without EDNS.
      if (query.type == RRType::IXFR) break;
      return refuse(Rcode::NOTIMP, ExtendedError::NotSupported, "AXFR needs TCP, TLS or QUIC");
    case Transport::kHttps:
    case Transport::kHttp3:
      return refuse(Rcode::REFUSED, ExtendedError::NotSupported, "no transfers over HTTPS");
    case Transport::kTcp:
    case Transport::kTls:
    case Transport::kQuic:
      break;
  }
  if (exchange.client.transfers_barred) {
    return refuse(Rcode::REFUSED, ExtendedError::NotSupported,
                  "transfers over TLS need version 1.3 and protocol dot (RFC 9103)");
  }
  if (!may_transfer(exchange)) {
    counters_.transfers_refused.add();
    return refuse(Rcode::REFUSED, ExtendedError::Prohibited);
  }
  TransferPermit permit =
      transfer_counts_->admit(exchange.batch.snapshot.transfers, exchange.client.remote.address);
  if (!permit) return turn_transfer_away();
  return query.type == RRType::AXFR ? begin_axfr(exchange, std::move(permit))
                                    : hand_over_ixfr(exchange, std::move(permit));
}

bool Pipeline::may_transfer(const Exchange& exchange) const {
  const policy::transfer::TransferPolicy* const policy = exchange.zone->transfers.get();
  if (policy == nullptr) return false;
  // A signature that is not good has been refused before.
  const dns::Name* const key = exchange.signer == nullptr ? nullptr : &exchange.signer->key->name;
  return policy->allows(
      {.address = exchange.client.remote.address, .key = key, .tls_names = exchange.client.tls_names});
}

Pipeline::Next Pipeline::begin_axfr(const Exchange& exchange, TransferPermit permit) {
  const tsig::Verified none;
  transfer::RequestFacts facts = transfer::facts_of(
      exchange.message, exchange.signer == nullptr ? none : signature_, exchange.batch.snapshot.keys);
  if (exchange.query.options.expire) {
    facts.expire = expire_seconds(*exchange.zone, exchange.batch.unix_seconds);
  }
  transfer_.emplace(transfer::make_axfr(std::move(facts), exchange.zone->version), std::move(permit),
                    exchange.client.transport, exchange.batch);
  return Next::kTransfer;
}

// To control, which has the journal.
Pipeline::Next Pipeline::hand_over_ixfr(const Exchange& exchange, TransferPermit permit) {
  if (tickets_ != nullptr && tickets_->submit(handoff::RequestKind::kTransfer, exchange.client,
                                              exchange.message, std::move(permit))) {
    return Next::kPend;
  }
  return turn_transfer_away();
}

Pipeline::Next Pipeline::turn_transfer_away() {
  counters_.transfers_turned_away.add();
  return refuse(Rcode::SERVFAIL, ExtendedError::NotReady, "no more transfers are begun at the moment");
}

Transfer Pipeline::take_transfer() {
  Transfer taken = std::move(*transfer_);
  transfer_.reset();
  return taken;
}

}  // namespace atlas::data
