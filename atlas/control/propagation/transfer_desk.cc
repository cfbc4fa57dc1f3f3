#include "atlas/control/propagation/transfer_desk.h"

#include <algorithm>
#include <map>
#include <utility>

#include "atlas/dns/message.h"
#include "atlas/tsig/tsig.h"

namespace atlas::control::propagation {
namespace {

using dns::ExtendedError;
using dns::Rcode;
using handoff::EventId;

// RFC 9715.
constexpr uint16_t kUdpOctetsMax = 1232;

// RFC 1982: at or behind. Neither, half of all serials away, is not.
bool is_at_or_behind(uint32_t serial, uint32_t other) {
  return static_cast<int32_t>(serial - other) >= 0;
}

// RFC 7314 4: of a secondary, what is left; of a primary, what the SOA says.
std::optional<uint32_t> expire_of(const zones::ZoneState& zone) {
  if (zone.expires_unix_seconds == 0) return {};
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(base::wall_now().time_since_epoch());
  const auto left = static_cast<int32_t>(zone.expires_unix_seconds - static_cast<uint32_t>(now.count()));
  return static_cast<uint32_t>(std::max(left, 0));
}

// Its SOA alone, or with steps.
std::unique_ptr<transfer::Outgoing> make_steps(transfer::RequestFacts facts, const zone::Zone& version,
                                               std::vector<transfer::EncodedDiff> steps) {
  const dns::RRsetView soa = version.apex_node().find(dns::RRType::SOA)->view();
  const base::Bytes rdata = soa.first();
  return transfer::make_ixfr(std::move(facts), {rdata.begin(), rdata.end()}, soa.ttl, std::move(steps));
}

}  // namespace

TransferDesk::TransferDesk(handoff::RequestDesk& desk, store::Store& store, zones::ZoneSet& zones,
                           handoff::EventQueue& events)
    : desk_(desk),
      zones_(zones),
      events_(events),
      keys_(std::make_shared<const tsig::KeyTable>()),
      tail_(store) {}

size_t TransferDesk::serve(size_t max) {
  const std::vector<handoff::Request> requests = desk_.take_requests(handoff::RequestKind::kTransfer, max);
  std::map<size_t, std::vector<handoff::Reply>> replies;
  for (const handoff::Request& request : requests) replies[request.worker].push_back(answer(request));
  for (auto& [worker, of_worker] : replies) desk_.reply(worker, std::move(of_worker));
  return requests.size();
}

handoff::Reply TransferDesk::answer(const handoff::Request& request) {
  handoff::Reply reply{.ticket = request.ticket, .message = {}};
  if (request.message.size() < dns::kHeaderOctets) return reply;
  // By the keys that are in force here: what it is answered with is signed by one of them.
  const tsig::Verified verified = tsig::verify(request.message, *keys_, base::wall_now());
  transfer::RequestFacts facts = transfer::facts_of(request.message, verified, keys_);
  const auto question = transfer::parse_question(request.message);
  std::unique_ptr<transfer::Outgoing> outgoing;
  if (verified.outcome == tsig::Verified::Outcome::kFormat) {
    outgoing = transfer::make_refusal(facts, Rcode::FORMERR, ExtendedError::Other, "malformed TSIG");
  } else if (verified.outcome == tsig::Verified::Outcome::kFailed) {
    outgoing = transfer::make_refusal(facts, Rcode::NOTAUTH, ExtendedError::Other, "the signature is wrong");
  } else if (!question) {
    outgoing =
        transfer::make_refusal(facts, question.error(), ExtendedError::Other, "no question for a zone");
  } else {
    outgoing = outgoing_for(request, facts, *question);
  }
  if (request.client.transport != query::Transport::kUdp) {
    reply.transfer = std::move(outgoing);
    return reply;
  }
  const size_t octets_max = std::min(facts.udp_payload_size, kUdpOctetsMax);
  reply.message.resize(dns::kMessageOctetsMax);
  size_t octets = outgoing->next(reply.message, base::wall_now());
  // A refusal, which has no records, fits.
  if (outgoing->records() > 0 && (!outgoing->is_done() || octets > octets_max)) {
    const zones::ZoneState& zone = *zones_.find(question->zone);
    facts.expire = expire_of(zone);
    octets = make_steps(std::move(facts), *zone.version, {})->next(reply.message, base::wall_now());
  }
  reply.message.resize(octets);
  return reply;
}

std::unique_ptr<transfer::Outgoing> TransferDesk::outgoing_for(const handoff::Request& request,
                                                               const transfer::RequestFacts& facts,
                                                               const transfer::Question& question) {
  const zones::ZoneState* const zone = zones_.find(question.zone);
  if (zone == nullptr) {
    return transfer::make_refusal(facts, Rcode::NOTAUTH, ExtendedError::NotAuthoritative,
                                  "not a zone of this server");
  }
  if (zone->is_expired)
    return transfer::make_refusal(facts, Rcode::SERVFAIL, ExtendedError::InvalidData, "the zone has expired");
  if (zone->version == nullptr)
    return transfer::make_refusal(facts, Rcode::SERVFAIL, ExtendedError::NotReady, "the zone has not loaded");
  transfer::RequestFacts with_expire = facts;
  with_expire.expire = expire_of(*zone);
  if (question.incremental) {
    if (is_at_or_behind(question.serial, zone->version->serial()))
      return make_steps(std::move(with_expire), *zone->version, {});
    if (auto steps = steps_for(request, *zone, question.serial))
      return make_steps(std::move(with_expire), *zone->version, std::move(*steps));
  }
  return transfer::make_axfr(std::move(with_expire), zone->version);
}

std::optional<std::vector<transfer::EncodedDiff>> TransferDesk::steps_for(const handoff::Request& request,
                                                                          const zones::ZoneState& zone,
                                                                          uint32_t serial) {
  // A zone that was never changed here has no journal.
  if (!zone.row) return {};
  // Half of what the whole zone is about.
  const size_t octets_max = std::max(zone.version->memory_octets() / 2, kStepsOctetsMin);
  auto steps = tail_.steps(zone.row->id, serial, zone.version->serial(), octets_max);
  if (steps) return std::move(*steps);
  events_.emit(EventId::kTransferWithoutJournal, {{"zone", dns::to_text(zone.apex)},
                                                  {"client", request.client.to_text()},
                                                  {"error", steps.error().message}});
  return {};
}

}  // namespace atlas::control::propagation
