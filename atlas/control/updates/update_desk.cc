#include "atlas/control/updates/update_desk.h"

#include <algorithm>
#include <map>

#include "atlas/dns/message.h"
#include "atlas/tsig/sig0.h"
#include "atlas/update/apply.h"
#include "atlas/update/respond.h"

namespace atlas::control::updates {
namespace {

using changes::Refused;
using dns::ExtendedError;
using dns::Rcode;
using handoff::EventId;
using handoff::EventSeverity;
using policy::update::Requester;
using update::Refusal;

std::unexpected<Refusal> refuse(Rcode rcode, std::string reason, std::optional<ExtendedError> error = {}) {
  return std::unexpected(Refusal{rcode, error, std::move(reason)});
}

Refusal refusal_of(const Refused& refused) {
  switch (refused.kind) {
    case Refused::Kind::kUnknown:
      return {Rcode::NOTAUTH, ExtendedError::NotAuthoritative, refused.message};
    case Refused::Kind::kStore:
      return {Rcode::SERVFAIL, ExtendedError::Other, refused.message};
    case Refused::Kind::kConflict:
      return {Rcode::SERVFAIL, ExtendedError::NotReady, refused.message};
    default:
      return {Rcode::REFUSED, ExtendedError::Other, refused.message};
  }
}

std::string_view word_of(Rcode tsig_error) {
  switch (tsig_error) {
    case Rcode::BADKEY:
      return "unknown key (BADKEY)";
    case Rcode::BADTIME:
      return "signed at another time (BADTIME): compare the clocks";
    case Rcode::BADTRUNC:
      return "the signature is cut too short (BADTRUNC)";
    default:
      return "the signature is wrong (BADSIG): compare the secrets";
  }
}

// The KEY RRset of a name of our own zones.
std::vector<std::vector<uint8_t>> find_keys(const changes::Changes& changes, dns::NameView signer) {
  std::vector<std::vector<uint8_t>> keys;
  for (dns::NameView apex = signer;; apex = apex.parent()) {
    if (const auto zone = changes.newest(apex)) {
      const auto found = zone->find(signer);
      if (!found.exact) return keys;
      if (const auto rrset = found.node.find(dns::RRType::KEY)) {
        for (const base::Bytes rdata : rrset->view()) keys.emplace_back(rdata.begin(), rdata.end());
      }
      return keys;
    }
    if (apex.is_root()) return keys;
  }
}

// As the message says it, whether the rest of it is good or not.
std::optional<dns::NameView> zone_of(base::Bytes message) {
  return dns::view_name(message.subspan(std::min(message.size(), dns::kHeaderOctets)));
}

std::string zone_in(base::Bytes message) {
  const auto name = zone_of(message);
  return name ? dns::to_text(*name) : "?";
}

uint32_t clamp_lease(uint32_t seconds, const config::UpdateSettings& settings) {
  const auto least = std::chrono::duration_cast<std::chrono::seconds>(settings.lease_min).count();
  const auto most = std::chrono::duration_cast<std::chrono::seconds>(settings.lease_max).count();
  return static_cast<uint32_t>(std::clamp<int64_t>(seconds, least, most));
}

}  // namespace

UpdateDesk::UpdateDesk(handoff::RequestDesk& desk, changes::Changes& changes, handoff::EventQueue& events)
    : desk_(desk), changes_(changes), events_(events), keys_(std::make_shared<const tsig::KeyTable>()) {}

size_t UpdateDesk::carry_out() {
  group_.clear();
  for (handoff::Request& request : desk_.take_requests(handoff::RequestKind::kUpdate, kGroupMax)) {
    if (forward_) {
      const auto zone = zone_of(request.message);
      if (zone && forward_(request, *zone)) continue;
    }
    Exchange& exchange = group_.emplace_back();
    exchange.request = std::move(request);
    carry_out(exchange);
  }
  return group_.size();
}

std::expected<Requester, Refusal> UpdateDesk::identify(Exchange& exchange) {
  std::vector<uint8_t>& message = exchange.request.message;
  const query::Client& client = exchange.request.client;
  Requester requester{
      .key = {}, .address = client.remote.address, .over_tcp = client.transport != query::Transport::kUdp};
  exchange.verified = tsig::verify(message, *keys_, base::wall_now());
  switch (exchange.verified.outcome) {
    case tsig::Verified::Outcome::kFormat:
      return refuse(Rcode::FORMERR, "the TSIG record is malformed");
    case tsig::Verified::Outcome::kFailed:
      return refuse(Rcode::NOTAUTH, std::string(word_of(exchange.verified.signer.error)));
    case tsig::Verified::Outcome::kGood:
      requester.key = exchange.verified.signer.key->name;
      tsig::remove_signature(message, exchange.verified.message_octets);
      return requester;
    case tsig::Verified::Outcome::kUnsigned:
      break;
  }
  const tsig::Sig0Result sig0 = tsig::verify_sig0(
      message, [this](dns::NameView signer) { return find_keys(changes_, signer); }, base::wall_now());
  switch (sig0.outcome) {
    case tsig::Sig0Result::Outcome::kFormat:
      return refuse(Rcode::FORMERR, std::string(sig0.reason));
    case tsig::Sig0Result::Outcome::kFailed:
      return refuse(Rcode::REFUSED,
                    "SIG(0) of " + dns::to_text(sig0.signer.view()) + ": " + std::string(sig0.reason),
                    ExtendedError::Prohibited);
    case tsig::Sig0Result::Outcome::kGood:
      requester.key = sig0.signer;
      tsig::remove_signature(message, sig0.message_octets);
      break;
    case tsig::Sig0Result::Outcome::kUnsigned:
      break;
  }
  return requester;
}

void UpdateDesk::carry_out(Exchange& exchange) {
  const auto requester = identify(exchange);
  if (!requester) {
    exchange.outcome = requester.error();
    report(exchange, {.key = {}, .address = exchange.request.client.remote.address});
    return;
  }
  const auto request = update::parse_request(exchange.request.message);
  exchange.outcome = request ? apply(exchange, *requester, *request) : request.error();
  report(exchange, *requester);
}

Refusal UpdateDesk::apply(Exchange& exchange, const Requester& requester, const update::Request& request) {
  const zones::ZoneState* zone = changes_.zones().find(request.zone);
  // RFC 2136 3.1.2.
  if (zone == nullptr || request.zone_class != dns::RRClass::IN)
    return {Rcode::NOTAUTH, ExtendedError::NotAuthoritative, "not a zone of this server"};
  const auto version = changes_.newest(request.zone);
  if (version == nullptr) return {Rcode::SERVFAIL, ExtendedError::NotReady, "the zone has not loaded"};
  if (!zone->policy->knows(requester, zone->apex)) {
    return {Rcode::REFUSED, ExtendedError::Prohibited,
            zone->policy->empty() ? "the zone takes no updates"
                                  : "no rule of the zone's update-policy is for this client"};
  }
  auto applied = update::apply(*version, request, *zone->policy, requester);
  if (!applied) return applied.error();
  const changes::ZoneEdit edit{
      .zone = zone->apex,
      .rrsets = std::move(applied->edits),
      .origin = {.actor = requester.key ? "key:" + dns::to_text(requester.key->view())
                                        : "address:" + requester.address.to_text(),
                 .source = exchange.request.client.to_text(),
                 .reason = {}},
      .beside_file = true,
  };
  const auto made = changes_.edit(edit);
  if (!made) return refusal_of(made.error());
  exchange.changes = made->change != store::ChangeId{};
  // A record that the zone's file brought along has no lease.
  const store::ZoneId id = zone->row ? zone->row->id : made->zone;
  if (id != store::ZoneId{}) keep_leases(exchange, request, applied->added, id);
  return {};
}

// RFC 9664 5: who asks for a lease gets one, and what comes without one stays.
void UpdateDesk::keep_leases(Exchange& exchange, const update::Request& request,
                             const std::vector<update::Record>& added, store::ZoneId zone) {
  if (!request.lease && !changes_.has_leases()) return;
  std::vector<store::LeaseRow> leases, ended;
  const base::WallTime now = base::wall_now();
  if (request.lease) {
    update::Lease& granted = exchange.granted.emplace();
    granted.lease = clamp_lease(request.lease->lease, settings_);
    if (request.lease->key_lease) granted.key_lease = clamp_lease(*request.lease->key_lease, settings_);
  }
  for (const update::Record& record : added) {
    store::LeaseRow row{
        .zone = zone, .owner = record.owner, .type = record.type, .rdata = record.rdata, .expires = now};
    if (!exchange.granted) {
      ended.push_back(std::move(row));
      continue;
    }
    const bool by_key_lease = record.type == dns::RRType::KEY && exchange.granted->key_lease;
    row.expires +=
        std::chrono::seconds(by_key_lease ? *exchange.granted->key_lease : exchange.granted->lease);
    leases.push_back(std::move(row));
  }
  exchange.changes = exchange.changes || !leases.empty() || !ended.empty();
  changes_.add_leases(std::move(leases), std::move(ended));
}

// What is refused always; what is done is in the history, and here for those who want to watch.
void UpdateDesk::report(const Exchange& exchange, const Requester& requester) {
  const bool refused = exchange.outcome.rcode != Rcode::NOERROR;
  if (!refused && events_.level() > EventSeverity::kDebug) return;
  std::string who = exchange.request.client.to_text();
  if (requester.key) who += ", key " + dns::to_text(requester.key->view());
  const std::string name = zone_in(exchange.request.message);
  if (refused) {
    events_.emit(EventId::kUpdateRefused, {{"zone", name},
                                           {"client", who},
                                           {"rcode", dns::to_text(exchange.outcome.rcode)},
                                           {"reason", exchange.outcome.reason}});
  } else {
    events_.emit(EventId::kUpdateDone, {{"zone", name}, {"client", who}});
  }
}

bool UpdateDesk::commit() {
  if (!changes_.pending()) return false;
  const auto committed = changes_.commit();
  if (committed) return *committed;
  for (Exchange& exchange : group_) {
    if (exchange.changes)
      exchange.outcome = {Rcode::SERVFAIL, ExtendedError::Other, committed.error().message};
  }
  return false;
}

void UpdateDesk::answer() {
  std::map<size_t, std::vector<handoff::Reply>> replies;
  for (const Exchange& exchange : group_) {
    handoff::Reply reply{.ticket = exchange.request.ticket, .message = {}};
    reply.message.resize(update::kResponseOctetsMax + tsig::kRecordOctetsMax);
    size_t octets =
        update::write_response(exchange.request.message, exchange.outcome, exchange.granted, reply.message);
    const auto outcome = exchange.verified.outcome;
    if (outcome == tsig::Verified::Outcome::kGood || outcome == tsig::Verified::Outcome::kFailed)
      octets = tsig::sign(exchange.verified.signer, reply.message, octets, base::wall_now());
    reply.message.resize(octets);
    replies[exchange.request.worker].push_back(std::move(reply));
  }
  for (auto& [worker, of_worker] : replies) desk_.reply(worker, std::move(of_worker));
}

}  // namespace atlas::control::updates
