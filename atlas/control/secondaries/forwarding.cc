// Updates of zones that belong to others, passed on (RFC 2136 6): the primary decides, and its answer goes
// back as it is.
#include <algorithm>

#include "atlas/control/remotes/errand_owners.h"
#include "atlas/control/secondaries/contents.h"
#include "atlas/tsig/tsig.h"
#include "atlas/update/respond.h"

namespace atlas::control::secondaries {

using handoff::EventId;

bool SecondaryZones::Contents::forward(handoff::Request& request, dns::NameView apex) {
  const Secondary* const zone = find(apex);
  if (zone == nullptr || !zone->forward_updates) return false;
  // A key of the primary's own need not be known here: then the address alone decides.
  const tsig::Verified verified = tsig::verify(request.message, *keys, base::wall_now());
  const bool is_signed = verified.outcome == tsig::Verified::Outcome::kGood;
  const policy::transfer::Requester requester{.address = request.client.remote.address,
                                              .key = is_signed ? &verified.signer.key->name : nullptr,
                                              .tls_names = request.client.tls_names};
  if (!zone->forward_updates->allows(requester)) return false;
  Forward forward{.request = std::move(request), .primaries = zone->primaries, .at = 0, .zone = zone->apex};
  if (forwards.size() >= kForwardedMax) {
    give_back(std::move(forward), "too many updates are on their way to primaries");
  } else {
    send(next_errand++, std::move(forward));
  }
  return true;
}

void SecondaryZones::Contents::send(uint64_t number, Forward forward) {
  if (forward.at == forward.primaries->size()) {
    give_back(std::move(forward), "no primary of the zone answers");
    return;
  }
  remotes::Errand errand;
  errand.id = remotes::errand_id(remotes::ErrandOwner::kSecondaries, number);
  errand.remote = (*forward.primaries)[forward.at];
  errand.message = forward.request.message;
  errand.is_forwarded = true;
  errand.is_urgent = true;
  const uint64_t id = errand.id;
  if (!courier.submit(std::move(errand))) {
    give_back(std::move(forward), "too much is on its way to other servers");
    return;
  }
  forwards.emplace(id, std::move(forward));
}

void SecondaryZones::Contents::take_forwarded(Forward forward, remotes::Outcome& outcome) {
  switch (outcome.result) {
    case remotes::Outcome::Result::kAnswered: {
      events.emit(EventId::kUpdateForwarded,
                  {{"zone", dns::to_text(forward.zone.view())},
                   {"client", forward.request.client.to_text()},
                   {"primary", name_of(*(*forward.primaries)[forward.at], outcome.endpoint)}});
      std::vector<handoff::Reply> replies;
      replies.push_back({.ticket = forward.request.ticket, .message = std::move(outcome.message)});
      requests.reply(forward.request.worker, std::move(replies));
      return;
    }
    case remotes::Outcome::Result::kCancelled:
      give_back(std::move(forward), "the server is stopping");
      return;
    case remotes::Outcome::Result::kBroken:
      // It may have been carried out.
      give_back(std::move(forward), outcome.error);
      return;
    case remotes::Outcome::Result::kUnreachable:
      ++forward.at;
      send(next_errand++, std::move(forward));
  }
}

// SERVFAIL: the client may ask again.
void SecondaryZones::Contents::give_back(Forward forward, const std::string& reason) {
  events.emit(EventId::kUpdateRefused, {{"zone", dns::to_text(forward.zone.view())},
                                        {"client", forward.request.client.to_text()},
                                        {"rcode", "SERVFAIL"},
                                        {"reason", reason}});
  handoff::Reply reply{.ticket = forward.request.ticket, .message = {}};
  const update::Refusal refusal{dns::Rcode::SERVFAIL, dns::ExtendedError::NetworkError, reason};
  const tsig::Verified verified = tsig::verify(forward.request.message, *keys, base::wall_now());
  reply.message.resize(update::kResponseOctetsMax + tsig::kRecordOctetsMax);
  std::vector<uint8_t> message = std::move(forward.request.message);
  const bool is_signed = verified.outcome == tsig::Verified::Outcome::kGood;
  if (is_signed) tsig::remove_signature(message, verified.message_octets);
  size_t octets = update::write_response(message, refusal, {}, reply.message);
  if (is_signed) octets = tsig::sign(verified.signer, reply.message, octets, base::wall_now());
  reply.message.resize(octets);
  std::vector<handoff::Reply> replies;
  replies.push_back(std::move(reply));
  requests.reply(forward.request.worker, std::move(replies));
}

}  // namespace atlas::control::secondaries
