#include "atlas/data/pipeline.h"

#include <algorithm>
#include <cstring>

#include "atlas/source/chaos/chaos.h"
#include "atlas/source/zone/answer.h"

namespace atlas::data {
namespace {

using dns::ExtendedError;
using dns::Rcode;
using dns::RRClass;
using dns::RRType;

bool is_udp(const query::Client& client) {
  return client.transport == query::Transport::kUdp;
}

bool is_replayable(dns::Opcode opcode) {
  return opcode == dns::Opcode::QUERY || opcode == dns::Opcode::NOTIFY;
}

// RFC 8467 4.1.
constexpr uint16_t kPaddingBlock = 468;

// Of a TSIG record: all but its names and the MAC (RFC 8945 4.2), with the time of a server that disagrees.
constexpr size_t kSignatureFixedOctets = 10 + 16 + 6;
// Left for the message itself, whose question and OPT must fit, however large its signature is.
constexpr size_t kSignedOctetsMin = 384;
static_assert(kSignedOctetsMin + tsig::kRecordOctetsMax < 1232);

// RFC 7828: units of 100 ms.
uint16_t keepalive_units(std::chrono::milliseconds idle) {
  return static_cast<uint16_t>(std::min<int64_t>(idle.count() / 100, 65535));
}

bool is_of_internet(RRClass rr_class) {
  return rr_class == RRClass::IN || rr_class == RRClass::ANY;
}

void foresee_one(const Batch& batch, base::Bytes message, Foresight& foresight) {
  query::Query& query = foresight.query;
  foresight.decoded = query::decode(message, query);
  foresight.zone = nullptr;
  if (foresight.decoded.outcome != query::Decoded::kQuery || !query.has_question) return;
  if (!is_of_internet(query.rr_class)) return;
  foresight.zone = batch.snapshot.zones.find(query.name, query.type);
  if (foresight.has_version()) foresight.zone->version->foresee(query.name, foresight.name);
}

}  // namespace

Pipeline::Pipeline(const policy::rate_limit::Settings& rate_limit, handoff::WorkerCounters& counters,
                   handoff::QueryRing* ring, Tickets* tickets)
    : limiter_(rate_limit),
      counters_(counters),
      ring_(ring),
      tickets_(tickets),
      transfer_counts_(std::make_shared<TransferCounts>(counters)) {}

void Pipeline::foresee(const Batch& batch, std::span<const base::Bytes> messages,
                       std::span<Foresight> foresights) noexcept {
  for (size_t i = 0; i < messages.size(); ++i) foresee_one(batch, messages[i], foresights[i]);
  for (Foresight& one : foresights) {
    if (one.has_version()) one.zone->version->approach_block(one.name);
  }
  for (const Foresight& one : foresights) {
    if (one.has_version()) one.zone->version->approach_node(one.name);
  }
}

size_t Pipeline::respond(const Batch& batch, const query::Client& client, base::Bytes message,
                         std::span<uint8_t> out, const Foresight& foresight) noexcept {
  Exchange exchange{batch, client, message, out, foresight};
  Next next = decode(exchange);
  if (next == Next::kContinue) next = admit(exchange);
  if (next == Next::kContinue) next = route(exchange);
  if (next == Next::kContinue) next = screen(exchange);
  if (next == Next::kContinue) next = answer(exchange);
  if (next == Next::kContinue) next = review(exchange);
  const size_t response_octets = next >= Next::kDrop ? 0 : encode(exchange);
  record(exchange, response_octets);
  if (next <= Next::kDrop) return response_octets;
  return next == Next::kPend ? kPending : kTransfer;
}

size_t Pipeline::respond(const Batch& batch, const query::Client& client, base::Bytes message,
                         std::span<uint8_t> out) noexcept {
  foresee_one(batch, message, alone_);
  return respond(batch, client, message, out, alone_);
}

// Bytes to a Query, as they were read. What is wrong with it is answered only to those who may ask.
Pipeline::Next Pipeline::decode(Exchange& exchange) {
  answer_.clear();
  if (exchange.foresight.decoded.outcome != query::Decoded::kDrop) return Next::kContinue;
  counters_.dropped_malformed.add();
  return Next::kDrop;
}

// Who asks, and how much: access list, cookies, rate.
Pipeline::Next Pipeline::admit(Exchange& exchange) {
  const handoff::ServingSnapshot& snapshot = exchange.batch.snapshot;
  const net::IpAddress& address = exchange.client.remote.address;
  prepare_edns(exchange);
  if (is_udp(exchange.client) && !exchange.cookie_good) {
    switch (limiter_.admit(snapshot.rate_limit, address, exchange.batch.now_ms)) {
      case policy::rate_limit::Verdict::kSend:
        break;
      case policy::rate_limit::Verdict::kTruncate:
        counters_.truncated_rate_limit.add();
        answer_.truncated = true;
        return Next::kRespond;
      case policy::rate_limit::Verdict::kDrop:
        counters_.dropped_rate_limit.add();
        return Next::kDrop;
    }
  }
  // Whose NOTIFY counts is for whoever has the zone's primaries.
  if (!snapshot.allow_query.allows(address) &&
      exchange.foresight.decoded.outcome != query::Decoded::kNotify) {
    counters_.refused_access.add();
    return refuse(Rcode::REFUSED, ExtendedError::Prohibited);
  }
  // RFC 9250 4.5: what changes something must not be done twice.
  if (exchange.client.replayable && !is_replayable(exchange.query.opcode)) {
    return refuse(Rcode::REFUSED, ExtendedError::TooEarly);
  }
  if (exchange.foresight.decoded.rcode != Rcode::NOERROR) {
    const Next next = admit_other(exchange);
    if (next != Next::kContinue) return next;
  }
  // RFC 7873 5.4: a query without a question wants a cookie and nothing else.
  if (!exchange.query.has_question) {
    if (exchange.query.cookie.server_size != 0 && !exchange.cookie_good) answer_.rcode = Rcode::BADCOOKIE;
    return Next::kRespond;
  }
  return Next::kContinue;
}

Pipeline::Next Pipeline::admit_other(Exchange& exchange) {
  const query::DecodeResult& decoded = exchange.foresight.decoded;
  if (decoded.outcome == query::Decoded::kQuery) return verify(exchange);
  if (decoded.outcome == query::Decoded::kUpdate && tickets_ != nullptr) return hand_over(exchange);
  if (decoded.outcome == query::Decoded::kNotify && tickets_ != nullptr) return hand_over_notify(exchange);
  answer_.rcode = decoded.rcode;
  return Next::kRespond;
}

// RFC 8945 5.2.
Pipeline::Next Pipeline::verify(Exchange& exchange) {
  using Outcome = tsig::Verified::Outcome;
  const tsig::KeyTable* const keys = exchange.batch.snapshot.keys.get();
  signature_ = tsig::verify(exchange.message, keys == nullptr ? no_keys_ : *keys, exchange.batch.wall_time);
  const bool is_good = signature_.outcome == Outcome::kGood;
  (is_good ? counters_.signatures_good : counters_.signatures_bad).add();
  if (is_good || signature_.outcome == Outcome::kFailed) exchange.signer = &signature_.signer;
  if (is_good) return Next::kContinue;
  answer_.rcode = signature_.outcome == Outcome::kFailed ? Rcode::NOTAUTH : Rcode::FORMERR;
  return Next::kRespond;
}

// To control, which alone may change zones.
Pipeline::Next Pipeline::hand_over(const Exchange& exchange) {
  counters_.updates_received.add();
  if (tickets_->submit(handoff::RequestKind::kUpdate, exchange.client, exchange.message)) return Next::kPend;
  counters_.updates_turned_away.add();
  return refuse(Rcode::SERVFAIL, ExtendedError::NotReady, "no more updates are taken at the moment");
}

// Without an answer, it comes again (RFC 1996 3.6).
Pipeline::Next Pipeline::hand_over_notify(const Exchange& exchange) {
  if (!tickets_->submit(handoff::RequestKind::kNotify, exchange.client, exchange.message)) return Next::kDrop;
  counters_.notifies_received.add();
  return Next::kPend;
}

// Which zone. RFC 1034 4.3.2 step 2.
Pipeline::Next Pipeline::route(Exchange& exchange) {
  if (exchange.query.rr_class == RRClass::CH) return Next::kContinue;
  if (!is_of_internet(exchange.query.rr_class)) {
    return refuse(Rcode::REFUSED, ExtendedError::NotSupported);
  }
  if (exchange.zone == nullptr) return refuse_unknown(exchange);
  if (exchange.zone->version == nullptr) return refuse_without_version(exchange);
  return Next::kContinue;
}

// Whether this question may be asked here at all.
Pipeline::Next Pipeline::screen(const Exchange& exchange) {
  switch (exchange.query.type) {
    case RRType::AXFR:
    case RRType::IXFR:
      return screen_transfer(exchange);
    case RRType::NXNAME:
      // RFC 9824 3.4: nobody may ask for it.
      return refuse(Rcode::FORMERR, ExtendedError::InvalidQueryType);
    default:
      return Next::kContinue;
  }
}

// Which records, as references. RFC 1034 4.3.2 steps 2 and 3: an alias leads back to the search for a zone.
Pipeline::Next Pipeline::answer(Exchange& exchange) {
  const handoff::ServingSnapshot& snapshot = exchange.batch.snapshot;
  if (exchange.query.rr_class == RRClass::CH) {
    source::chaos::answer(exchange.query, {snapshot.answers.version, snapshot.answers.server_id}, answer_);
    return Next::kContinue;
  }
  const source::zone::Options options{.minimal_responses = snapshot.answers.minimal_responses,
                                      .minimal_any = snapshot.answers.minimal_any};
  auto step = source::zone::answer_from_zone(*exchange.zone->version, exchange.query, exchange.query.name,
                                             exchange.foresight.name, true, options, answer_);
  for (size_t links = 0; step.chase && links < query::kChainLinksMax; ++links) {
    const dns::LabelledName name(step.target);
    const handoff::ZoneEntry* zone = snapshot.zones.find(name, exchange.query.type);
    if (zone == nullptr || zone->version == nullptr) break;
    zone::Zone::Foresight foresight;
    zone->version->foresee(name, foresight);
    step = source::zone::answer_from_zone(*zone->version, exchange.query, name, foresight, false, options,
                                          answer_);
  }
  describe_zone(exchange);
  return Next::kContinue;
}

// Whether this answer may leave: one that is not whole may not.
Pipeline::Next Pipeline::review(Exchange&) {
  if (answer_.overflowed())
    return refuse(Rcode::SERVFAIL, ExtendedError::Other, "the answer has too many records");
  return Next::kContinue;
}

// Bytes, once. UDP answers stay below the size that could be fragmented (RFC 9715).
size_t Pipeline::encode(Exchange& exchange) {
  size_t limit = exchange.out.size();
  if (is_udp(exchange.client)) {
    limit = std::min<size_t>(
        {limit, exchange.query.udp_payload_size, exchange.batch.snapshot.answers.udp_payload_size});
  }
  limit = std::max<size_t>(limit, 512);
  if (exchange.signer != nullptr) return encode_signed(exchange, limit);
  return query::encode(exchange.query, answer_, exchange.edns, limit, exchange.out);
}

// RFC 8945 5.3: truncated rather than unsigned.
size_t Pipeline::encode_signed(const Exchange& exchange, size_t limit) {
  const tsig::Signer& signer = *exchange.signer;
  const size_t mac = signer.key == nullptr ? 0 : tsig::mac_octets(signer.key->algorithm);
  const size_t room =
      signer.key_name.wire().size() + signer.algorithm_name.wire().size() + kSignatureFixedOctets + mac;
  const size_t octets = query::encode(exchange.query, answer_, exchange.edns,
                                      std::max(limit - room, kSignedOctetsMin), exchange.out);
  return tsig::sign(signer, exchange.out, octets, exchange.batch.wall_time);
}

// Counters, and a copy of both messages for those who record queries.
void Pipeline::record(const Exchange& exchange, size_t response_octets) {
  const auto transport = static_cast<size_t>(exchange.client.transport);
  counters_.queries[transport].add();
  if (!exchange.client.remote.address.is_v4()) counters_.queries_ipv6[transport].add();
  if (response_octets != 0) {
    counters_.responses[transport].add();
    counters_.rcodes[std::min<size_t>(static_cast<size_t>(answer_.rcode), handoff::kCountedRcodes - 1)].add();
    if (exchange.query.has_question) {
      counters_.types[std::min<size_t>(static_cast<size_t>(exchange.query.type), handoff::kCountedTypes - 1)]
          .add();
    }
    if ((exchange.out[2] & dns::kFlagTC >> 8) != 0 && !answer_.truncated) counters_.truncated.add();
  }
  if (ring_ == nullptr || !exchange.batch.snapshot.record_queries) return;
  handoff::QueryRecord* slot = ring_->reserve();
  if (slot == nullptr) {
    counters_.records_lost.add();
    return;
  }
  slot->client = exchange.client;
  slot->client.tls_names = {};  // which the record may outlive
  slot->received = exchange.batch.wall_time;
  slot->query_size = static_cast<uint16_t>(exchange.message.size());
  slot->response_size = static_cast<uint16_t>(response_octets);
  std::memcpy(slot->query.data(), exchange.message.data(),
              std::min(exchange.message.size(), slot->query.size()));
  std::memcpy(slot->response.data(), exchange.out.data(), std::min(response_octets, slot->response.size()));
  ring_->commit();
}

void Pipeline::count_reply(query::Transport transport, base::Bytes message) {
  constexpr size_t kRcodeAt = 3;
  counters_.responses[static_cast<size_t>(transport)].add();
  if (message.size() > kRcodeAt) counters_.rcodes[message[kRcodeAt] & 0x0f].add();
}

// The one place where refusals are made.
Pipeline::Next Pipeline::refuse(Rcode rcode, ExtendedError error, std::string_view text) {
  answer_.fail(rcode, error, text);
  return Next::kRespond;
}

// What goes into OPT whatever the answer is.
void Pipeline::prepare_edns(Exchange& exchange) {
  if (!exchange.query.has_edns) return;
  const handoff::ServingSnapshot& snapshot = exchange.batch.snapshot;
  query::EdnsReply& edns = exchange.edns;
  edns.udp_payload_size = snapshot.answers.udp_payload_size;
  const std::string& id = snapshot.answers.server_id;
  edns.nsid = {reinterpret_cast<const uint8_t*>(id.data()), id.size()};
  if (exchange.query.options.keepalive && !is_udp(exchange.client) &&
      !query::is_over_quic(exchange.client.transport)) {
    edns.has_keepalive = true;
    edns.keepalive = keepalive_units(snapshot.streams.idle);
  }
  if (exchange.query.options.padding && query::is_encrypted(exchange.client.transport)) {
    edns.padding_block = kPaddingBlock;
  }
  if (!exchange.query.options.cookie || !snapshot.cookies.enabled) return;
  const net::IpAddress& address = exchange.client.remote.address;
  const uint32_t now = exchange.batch.unix_seconds;
  const auto verdict = policy::cookies::verify(snapshot.cookies, exchange.query.cookie, address, now);
  exchange.cookie_good = verdict == policy::cookies::Verdict::kGood;
  if (verdict == policy::cookies::Verdict::kGood) counters_.cookies_good.add();
  if (verdict == policy::cookies::Verdict::kBad) counters_.cookies_bad.add();
  exchange.cookie = policy::cookies::make(snapshot.cookies, exchange.query.cookie, address, now);
  edns.cookie = exchange.cookie;
}

// What EDNS says of the zone that the query's own name lies in.
void Pipeline::describe_zone(Exchange& exchange) {
  query::EdnsReply& edns = exchange.edns;
  if (exchange.query.options.zone_version) {
    edns.has_zone_version = true;
    edns.zone_version_labels = static_cast<uint8_t>(exchange.zone->apex.label_count());
    edns.zone_version_serial = exchange.zone->version->serial();
  }
  if (!exchange.query.options.expire || exchange.query.type != RRType::SOA || answer_.rrsets().empty())
    return;
  const query::AnswerRRset& first = answer_.rrsets().front();
  if (first.section != query::Section::kAnswer || first.rrset.type != RRType::SOA) return;
  edns.has_expire = true;
  edns.expire = expire_seconds(*exchange.zone, exchange.batch.unix_seconds);
}

}  // namespace atlas::data
