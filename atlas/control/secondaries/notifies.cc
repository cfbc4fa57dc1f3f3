// NOTIFY (RFC 1996): answered at once, whatever comes of it.
#include <algorithm>
#include <map>

#include "atlas/control/secondaries/contents.h"
#include "atlas/dns/message.h"
#include "atlas/tsig/tsig.h"

namespace atlas::control::secondaries {
namespace {

using dns::Rcode;
using handoff::EventId;
using policy::transfer::Requester;

// The primary that speaks: by an address of its own, or its key.
std::optional<size_t> find_primary(const Primaries& primaries, const Requester& requester) {
  for (size_t i = 0; i < primaries.size(); ++i) {
    const remotes::Remote& remote = *primaries[i];
    if (std::ranges::find(remote.endpoints, requester.address, &net::Endpoint::address) !=
        remote.endpoints.end()) {
      return i;
    }
    if (requester.key != nullptr && remote.key != nullptr && remote.key->name == *requester.key) return i;
  }
  return {};
}

}  // namespace

void SecondaryZones::Contents::serve_notifies(size_t max) {
  std::map<size_t, std::vector<handoff::Reply>> replies;
  for (handoff::Request& request : requests.take_requests(handoff::RequestKind::kNotify, max)) {
    const size_t worker = request.worker;
    replies[worker].push_back(answer_notify(request));
  }
  for (auto& [worker, of_worker] : replies) requests.reply(worker, std::move(of_worker));
}

handoff::Reply SecondaryZones::Contents::answer_notify(handoff::Request& request) {
  handoff::Reply reply{.ticket = request.ticket, .message = {}};
  if (request.message.size() < dns::kHeaderOctets) return reply;
  const tsig::Verified verified = tsig::verify(request.message, *keys, base::wall_now());
  using Outcome = tsig::Verified::Outcome;
  std::vector<uint8_t> message = request.message;
  if (verified.outcome == Outcome::kGood) tsig::remove_signature(message, verified.message_octets);
  const Rcode rcode = verified.outcome == Outcome::kFormat   ? Rcode::FORMERR
                      : verified.outcome == Outcome::kFailed ? Rcode::NOTAUTH
                                                             : take_notify(request, verified, message);
  reply.message = transfer::make_notify_response(message, rcode);
  if (verified.outcome == Outcome::kGood || verified.outcome == Outcome::kFailed) {
    const size_t octets = reply.message.size();
    reply.message.resize(octets + tsig::kRecordOctetsMax);
    reply.message.resize(tsig::sign(verified.signer, reply.message, octets, base::wall_now()));
  }
  return reply;
}

Rcode SecondaryZones::Contents::take_notify(const handoff::Request& request, const tsig::Verified& verified,
                                            base::Bytes message) {
  const auto notify = transfer::parse_notify(message);
  if (!notify) return notify.error();
  const auto refuse = [&](Rcode rcode, const char* reason) {
    events.emit(EventId::kNotifyRefused, {{"zone", dns::to_text(notify->zone.view())},
                                          {"client", request.client.to_text()},
                                          {"reason", reason}});
    return rcode;
  };
  const auto place = places.find(notify->zone.view());
  if (place == places.end()) return refuse(Rcode::NOTAUTH, "no secondary here has this name");
  Secondary& zone = *slots[place->second];
  const bool is_signed = verified.outcome == tsig::Verified::Outcome::kGood;
  const Requester requester{.address = request.client.remote.address,
                            .key = is_signed ? &verified.signer.key->name : nullptr,
                            .tls_names = request.client.tls_names};
  const auto primary = find_primary(*zone.primaries, requester);
  if (!primary && !(zone.allow_notify && zone.allow_notify->allows(requester)))
    return refuse(Rcode::REFUSED, "it is no primary of the zone, and allow-notify does not name it");
  const auto version = changes.newest(zone.apex);
  // Nothing that is not here yet. Whoever serves nothing asks in any case.
  if (notify->serial && version != nullptr && !zone.is_expired &&
      !transfer::is_newer(*notify->serial, version->serial()))
    return Rcode::NOERROR;
  // The first that tells is asked first. Without a serial, or with several, what comes is looked at once
  // more.
  if (zone.wants_another && zone.wanted_serial && notify->serial) {
    if (transfer::is_newer(*notify->serial, *zone.wanted_serial)) zone.wanted_serial = notify->serial;
  } else {
    zone.wanted_serial = zone.wants_another ? std::nullopt : notify->serial;
  }
  if (primary) zone.preferred = primary;
  zone.wants_another = true;
  hurry(place->second, zone);
  return Rcode::NOERROR;
}

}  // namespace atlas::control::secondaries
