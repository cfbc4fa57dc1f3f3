#include "atlas/transfer/incoming.h"

#include "atlas/base/assert.h"
#include "atlas/dns/message.h"
#include "atlas/dns/rdata.h"
#include "atlas/transfer/assembly.h"
#include "atlas/transfer/refusal_text.h"

namespace atlas::transfer {
namespace {

using dns::RRClass;
using dns::RRType;

// Type, class, TTL and length of the RDATA.
constexpr size_t kRecordFixedOctets = 10;
constexpr size_t kNoOwner = SIZE_MAX;

// Owners of the records of one message. A sender that compresses names points back to the owner before.
class OwnerReader {
 public:
  explicit OwnerReader(dns::NameView apex) : apex_(apex) {}

  void begin_message() { at_ = kNoOwner; }
  // The name that the reader stands at, and moves behind. False if it is malformed.
  bool read(base::ByteReader& reader) {
    const base::Bytes message = reader.whole();
    size_t at = reader.offset();
    if (reader.remaining() >= 2 && message[at] >= 0xc0) {
      at = base::load_u16(&message[at]) & 0x3fffu;
      if (at == at_) {
        reader.skip(2);
        return true;
      }
    }
    const auto name = dns::read_name(reader);
    if (!name) return false;
    name_ = *name;
    is_inside_ = name_.view().is_at_or_below(apex_);
    at_ = at;
    return true;
  }

  dns::NameView name() const { return name_; }
  bool is_inside() const { return is_inside_; }

 private:
  const dns::Name apex_;
  dns::Name name_;
  bool is_inside_ = false;
  size_t at_ = kNoOwner;  // in the message
};

struct RecordHead {
  RRType type{};
  RRClass rr_class{};
  uint32_t ttl = 0;
  uint16_t rdata_octets = 0;  // which are there
};

std::optional<RecordHead> read_head(base::ByteReader& reader) {
  const base::Bytes fixed = reader.bytes(kRecordFixedOctets);
  if (!reader.ok()) return {};
  const RecordHead head{static_cast<RRType>(base::load_u16(fixed.data())),
                        static_cast<RRClass>(base::load_u16(fixed.data() + 2)),
                        base::load_u32(fixed.data() + 4), base::load_u16(fixed.data() + 8)};
  if (head.rdata_octets > reader.remaining()) return {};
  return head;
}

bool is_plain_address(RRType type, uint16_t octets) {
  return (type == RRType::A && octets == 4) || (type == RRType::AAAA && octets == 16);
}

}  // namespace

struct Incoming::Contents {
  Contents(const Wanted& wanted_zone, const IncomingLimits& its_limits)
      : wanted(wanted_zone), limits(its_limits), assembly(wanted, limits), owners(wanted.zone) {}

  base::Result<State> take(base::Bytes message, uint16_t id);
  base::Result<void> take_header(base::Bytes message, const dns::Header& header, uint16_t id);
  base::Result<void> take_question(base::ByteReader& reader, const dns::Header& header);
  base::Result<void> take_answer(base::ByteReader& reader);
  base::Result<void> take_others(base::ByteReader& reader, const dns::Header& header);
  base::Result<void> take_opt(const RecordHead& head, base::Bytes rdata);
  std::unexpected<base::Error> fail_at(RRType type, const std::string& what) const;
  std::unexpected<base::Error> refused(dns::Rcode code, const dns::Edns* edns);

  const Wanted wanted;
  const IncomingLimits limits;
  Assembly assembly;
  OwnerReader owners;
  std::vector<uint8_t> rdata;  // of a record whose names may be compressed
  uint64_t octets = 0;
  uint64_t records = 0;
  uint64_t messages = 0;
  uint32_t messages_without_record = 0;
  std::optional<dns::Rcode> rcode;
  std::optional<uint32_t> expire;
  bool has_failed = false;
};

std::unexpected<base::Error> Incoming::Contents::fail_at(RRType type, const std::string& what) const {
  return base::fail("record " + std::to_string(records) + " (" + dns::to_text(owners.name()) + ' ' +
                    dns::to_text(type) + ") " + what);
}

std::unexpected<base::Error> Incoming::Contents::refused(dns::Rcode code, const dns::Edns* edns) {
  rcode = code;
  return base::fail(refusal_text(code, edns));
}

base::Result<void> Incoming::Contents::take_header(base::Bytes message, const dns::Header& header,
                                                   uint16_t id) {
  if (header.id != id) return base::fail("a message has another ID than the question");
  if ((header.flags & dns::kFlagQR) == 0 || header.opcode != dns::Opcode::QUERY)
    return base::fail("a message is no response to a question");
  if (header.rcode != 0) {
    const auto whole = dns::parse_message(message);
    if (!whole) return refused(static_cast<dns::Rcode>(header.rcode), nullptr);
    return refused(whole->rcode(), whole->edns ? &*whole->edns : nullptr);
  }
  if ((header.flags & dns::kFlagTC) != 0) return base::fail("a message is truncated");
  return {};
}

// RFC 5936 2.2.2: in the first message, and in later ones or not.
base::Result<void> Incoming::Contents::take_question(base::ByteReader& reader, const dns::Header& header) {
  if (header.question_count > 1) return base::fail("a message has more than one question");
  if (header.question_count == 0) {
    if (messages == 1) return base::fail("the first message has no question");
    return {};
  }
  const auto name = dns::read_name(reader);
  const auto type = static_cast<RRType>(reader.u16());
  const auto rr_class = static_cast<RRClass>(reader.u16());
  if (!name || !reader.ok()) return base::fail("the question of a message is malformed");
  if (name->view() != wanted.zone.view() || type != (wanted.serial ? RRType::IXFR : RRType::AXFR) ||
      rr_class != RRClass::IN) {
    return base::fail("a message is an answer to another question");
  }
  return {};
}

base::Result<void> Incoming::Contents::take_answer(base::ByteReader& reader) {
  if (++records > limits.records_max)
    return base::fail("there are more than " + std::to_string(limits.records_max) + " records");
  const bool has_owner = owners.read(reader);
  const auto head = has_owner ? read_head(reader) : std::nullopt;
  if (!head) return base::fail("record " + std::to_string(records) + " is malformed or cut off");
  if (head->rr_class != RRClass::IN)
    return fail_at(head->type, "is of class " + dns::to_text(head->rr_class) + ", not IN");
  if (dns::is_meta_type(head->type)) return fail_at(head->type, "has a type that no zone holds");
  IncomingRecord record{owners.name(), owners.is_inside(), head->type, head->ttl, {}};
  // RFC 2181 8.
  if (record.ttl > dns::kTtlMax) record.ttl = 0;
  if (is_plain_address(head->type, head->rdata_octets)) {
    record.rdata = reader.bytes(head->rdata_octets);
  } else if (dns::compressible_names(head->type).names == 0) {
    record.rdata = reader.bytes(head->rdata_octets);
    if (!dns::is_valid_rdata(head->type, record.rdata))
      return fail_at(head->type, "has RDATA that is malformed");
  } else {
    rdata.clear();
    if (!dns::read_rdata(head->type, reader, head->rdata_octets, rdata))
      return fail_at(head->type, "has RDATA that is malformed");
    record.rdata = rdata;
  }
  if (const auto taken = assembly.take(record); !taken) return fail_at(head->type, taken.error());
  return {};
}

base::Result<void> Incoming::Contents::take_opt(const RecordHead& head, base::Bytes options) {
  dns::Edns edns;
  base::ByteReader reader(options);
  while (!reader.at_end()) {
    const auto code = static_cast<dns::EdnsOption>(reader.u16());
    const base::Bytes data = reader.bytes(reader.u16());
    if (!reader.ok()) return base::fail("the options of EDNS are malformed");
    if (code == dns::EdnsOption::EXPIRE || code == dns::EdnsOption::EXTENDED_ERROR)
      edns.options.push_back(dns::parse_option(code, data));
  }
  // RFC 6891 6.1.3: the upper bits of the RCODE.
  if (const uint32_t upper = head.ttl >> 24; upper != 0)
    return refused(static_cast<dns::Rcode>(upper << 4), &edns);
  if (messages != 1) return {};
  if (const auto* const option = edns.find<dns::ExpireOption>()) expire = option->seconds;
  return {};
}

// Behind the answers: EDNS and a signature that was looked at already.
base::Result<void> Incoming::Contents::take_others(base::ByteReader& reader, const dns::Header& header) {
  const size_t count = size_t{header.authority_count} + header.additional_count;
  for (size_t i = 0; i < count; ++i) {
    const bool is_owned_by_root = reader.remaining() != 0 && reader.whole()[reader.offset()] == 0;
    const auto head = dns::skip_name(reader) ? read_head(reader) : std::nullopt;
    if (!head) return base::fail("a record behind the answers is malformed or cut off");
    const base::Bytes octets_of_rdata = reader.bytes(head->rdata_octets);
    if (head->type != RRType::OPT || !is_owned_by_root || i < header.authority_count) continue;
    if (auto taken = take_opt(*head, octets_of_rdata); !taken) return taken;
  }
  if (!reader.at_end())
    return base::fail(std::to_string(reader.remaining()) + " octets are left over behind a message");
  return {};
}

base::Result<Incoming::State> Incoming::Contents::take(base::Bytes message, uint16_t id) {
  if (has_failed || assembly.is_done()) return base::fail("a message stands behind the end");
  octets += message.size();
  ++messages;
  if (octets > limits.octets_max)
    return base::fail("there are more than " + std::to_string(limits.octets_max) + " octets");
  base::ByteReader reader(message);
  const auto header = dns::read_header(reader);
  if (!header) return base::fail("a message is shorter than a header");
  auto taken = take_header(message, *header, id);
  if (taken) taken = take_question(reader, *header);
  if (!taken) return std::unexpected(std::move(taken.error()));
  owners.begin_message();
  for (size_t i = 0; taken && i < header->answer_count; ++i) taken = take_answer(reader);
  if (taken) taken = take_others(reader, *header);
  if (!taken) return std::unexpected(std::move(taken.error()));
  if (header->answer_count == 0) {
    if (messages == 1) return base::fail("the answer has no record");
    if (++messages_without_record > limits.messages_without_record_max) {
      return base::fail("more than " + std::to_string(limits.messages_without_record_max) +
                        " messages have no record");
    }
  }
  assembly.end_message();
  return assembly.is_done() ? State::kDone : State::kMore;
}

Incoming::Incoming(Wanted wanted, const IncomingLimits& limits)
    : contents_(std::make_unique<Contents>(wanted, limits)) {}
Incoming::Incoming(Incoming&&) noexcept = default;
Incoming& Incoming::operator=(Incoming&&) noexcept = default;
Incoming::~Incoming() = default;

base::Result<Incoming::State> Incoming::take(base::Bytes message, uint16_t id) {
  auto taken = contents_->take(message, id);
  if (!taken) contents_->has_failed = true;
  return taken;
}

uint64_t Incoming::octets() const {
  return contents_->octets;
}
uint64_t Incoming::records() const {
  return contents_->records;
}
std::optional<dns::Rcode> Incoming::rcode() const {
  return contents_->rcode;
}
std::optional<uint32_t> Incoming::expire() const {
  return contents_->expire;
}

std::variant<Steps, Whole, UpToDate> Incoming::release() {
  ATLAS_ASSERT(!contents_->has_failed);
  return contents_->assembly.release();
}

}  // namespace atlas::transfer
