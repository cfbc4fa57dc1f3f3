#include "atlas/transfer/messages.h"

#include <algorithm>

#include "atlas/base/assert.h"
#include "atlas/dns/message.h"
#include "atlas/dns/rdata.h"
#include "atlas/transfer/refusal_text.h"

namespace atlas::transfer {
namespace {

using dns::Rcode;
using dns::RRClass;
using dns::RRType;

// Behind the two names of a SOA: RFC 1035 3.3.13.
constexpr size_t kSoaNumbersOctets = 20;
// Of a NOTIFY and of a question for a transfer, which have one: what stands behind these is not looked at.
constexpr unsigned kRecordsReadMax = 16;
constexpr uint8_t kSoaSerialVersion = 0;  // RFC 9660 4.1

dns::Message message_of(dns::NameView zone, RRType type) {
  dns::Message message;
  message.questions.push_back({zone, type, RRClass::IN});
  return message;
}

dns::Message question_of(dns::NameView zone, RRType type) {
  dns::Message message = message_of(zone, type);
  message.edns.emplace();
  message.edns->options.emplace_back(dns::ExpireOption{});
  return message;
}

dns::Record soa_record(dns::NameView zone, base::Bytes soa) {
  return {zone, RRType::SOA, RRClass::IN, 0, std::vector<uint8_t>(soa.begin(), soa.end())};
}

std::vector<uint8_t> encoded(const dns::Message& message) {
  auto octets = dns::encode(message);
  // A few names are far below 65,535 octets.
  ATLAS_ASSERT(octets);
  return std::move(*octets);
}

// What stands in front of the records of a request.
struct Opening {
  dns::Header header;
  dns::LabelledName zone;
  RRType type{};
  RRClass rr_class{};
};

// The reader is behind the question then.
std::optional<Opening> read_opening(base::ByteReader& reader) {
  Opening opening;
  const auto header = dns::read_header(reader);
  if (!header || header->question_count != 1) return {};
  opening.header = *header;
  // RFC 1035 4.1.4: nothing stands before the question that a pointer could lead to.
  if (!opening.zone.read(reader.whole().subspan(dns::kHeaderOctets))) return {};
  reader.skip(opening.zone.view().size());
  opening.type = static_cast<RRType>(reader.u16());
  opening.rr_class = static_cast<RRClass>(reader.u16());
  if (!reader.ok()) return {};
  return opening;
}

enum class Found : uint8_t { kNone, kSoa, kMalformed };

// Looks for the zone's SOA among the next `count` records.
Found find_soa(base::ByteReader& reader, unsigned count, dns::NameView zone, Soa& soa) {
  for (unsigned i = 0; i < std::min(count, kRecordsReadMax); ++i) {
    const auto owner = dns::read_name(reader);
    const auto type = static_cast<RRType>(reader.u16());
    const auto rr_class = static_cast<RRClass>(reader.u16());
    reader.skip(4);  // TTL
    const uint16_t octets = reader.u16();
    if (!owner || !reader.ok() || octets > reader.remaining()) return Found::kMalformed;
    if (type != RRType::SOA || rr_class != RRClass::IN || owner->view() != zone) {
      reader.skip(octets);
      continue;
    }
    std::vector<uint8_t> rdata;
    if (!dns::read_rdata(type, reader, octets, rdata)) return Found::kMalformed;
    const auto read = read_soa(rdata);
    if (!read) return Found::kMalformed;
    soa = *read;
    return Found::kSoa;
  }
  return Found::kNone;
}

}  // namespace

std::optional<Soa> read_soa(base::Bytes rdata) {
  if (!dns::is_valid_rdata(RRType::SOA, rdata)) return {};
  base::ByteReader numbers(rdata.last(kSoaNumbersOctets));
  Soa soa;
  soa.serial = numbers.u32();
  soa.refresh = numbers.u32();
  soa.retry = numbers.u32();
  soa.expire = numbers.u32();
  soa.minimum = numbers.u32();
  return soa;
}

std::vector<uint8_t> make_soa_query(dns::NameView zone) {
  dns::Message message = question_of(zone, RRType::SOA);
  message.edns->options.emplace_back(dns::ZoneVersionOption{});
  return encoded(message);
}

std::vector<uint8_t> make_axfr_query(dns::NameView zone) {
  return encoded(question_of(zone, RRType::AXFR));
}

std::vector<uint8_t> make_ixfr_query(dns::NameView zone, base::Bytes soa) {
  dns::Message message = question_of(zone, RRType::IXFR);
  message.authorities.push_back(soa_record(zone, soa));
  return encoded(message);
}

std::vector<uint8_t> make_notify(dns::NameView zone, base::Bytes soa) {
  dns::Message message = message_of(zone, RRType::SOA);
  message.header.opcode = dns::Opcode::NOTIFY;
  message.header.flags = dns::kFlagAA;
  message.answers.push_back(soa_record(zone, soa));
  return encoded(message);
}

base::Result<SoaAnswer> parse_soa_answer(base::Bytes octets, dns::NameView zone) {
  const auto message = dns::parse_message(octets);
  if (!message) return base::fail("the answer is malformed: " + message.error().message);
  const dns::Header& header = message->header;
  if ((header.flags & dns::kFlagQR) == 0 || header.opcode != dns::Opcode::QUERY)
    return base::fail("the answer is no response to a question");
  if (message->rcode() != Rcode::NOERROR)
    return base::fail(refusal_text(message->rcode(), message->edns ? &*message->edns : nullptr));
  if ((header.flags & dns::kFlagTC) != 0) return base::fail("the answer is truncated");
  if (message->questions != std::vector{dns::Question{zone, RRType::SOA, RRClass::IN}})
    return base::fail("the answer is to another question");
  if ((header.flags & dns::kFlagAA) == 0) return base::fail("the answer is not authoritative");
  const auto record = std::ranges::find_if(message->answers, [&](const dns::Record& each) {
    return each.type == RRType::SOA && each.rr_class == RRClass::IN && each.owner.view() == zone;
  });
  if (record == message->answers.end()) return base::fail("the answer has no SOA of the zone");
  SoaAnswer answer;
  // RDATA that parse_message() took is valid.
  answer.soa = read_soa(record->rdata).value_or(Soa{});
  if (!message->edns) return answer;
  if (const auto* const expire = message->edns->find<dns::ExpireOption>()) answer.expire = expire->seconds;
  const auto* const version = message->edns->find<dns::ZoneVersionOption>();
  if (version != nullptr && version->label_count == zone.label_count() &&
      version->type == kSoaSerialVersion && version->version.size() == 4) {
    answer.zone_version_serial = base::load_u32(version->version.data());
  }
  return answer;
}

std::expected<Notify, Rcode> parse_notify(base::Bytes message) {
  base::ByteReader reader(message);
  const auto opening = read_opening(reader);
  if (!opening || (opening->header.flags & dns::kFlagQR) != 0) return std::unexpected(Rcode::FORMERR);
  if (opening->header.opcode != dns::Opcode::NOTIFY || opening->type != RRType::SOA ||
      opening->rr_class != RRClass::IN) {
    return std::unexpected(Rcode::NOTIMP);
  }
  Notify notify{opening->header.id, opening->zone, {}};
  Soa soa;
  const Found found = find_soa(reader, opening->header.answer_count, notify.zone, soa);
  if (found == Found::kMalformed) return std::unexpected(Rcode::FORMERR);
  if (found == Found::kSoa) notify.serial = soa.serial;
  return notify;
}

std::vector<uint8_t> make_notify_response(base::Bytes request, Rcode rcode) {
  base::ByteReader reader(request);
  const auto request_header = dns::read_header(reader);
  if (!request_header) return {};
  base::ByteReader from_start(request);
  const auto opening = read_opening(from_start);
  dns::Message message;
  message.header.id = request_header->id;
  message.header.opcode = request_header->opcode;
  message.header.flags =
      static_cast<uint16_t>(rcode == Rcode::NOERROR ? dns::kFlagQR | dns::kFlagAA : dns::kFlagQR);
  // Without EDNS an extended RCODE cannot be said.
  message.header.rcode = static_cast<uint8_t>(rcode > static_cast<Rcode>(15) ? Rcode::FORMERR : rcode);
  if (opening) message.questions.push_back({opening->zone.view(), opening->type, opening->rr_class});
  return encoded(message);
}

std::expected<Question, Rcode> parse_question(base::Bytes message) {
  base::ByteReader reader(message);
  const auto opening = read_opening(reader);
  if (!opening || (opening->header.flags & dns::kFlagQR) != 0) return std::unexpected(Rcode::FORMERR);
  Question question{opening->zone, opening->type == RRType::IXFR, 0};
  if (opening->header.opcode != dns::Opcode::QUERY ||
      (!question.incremental && opening->type != RRType::AXFR))
    return std::unexpected(Rcode::NOTIMP);
  if (opening->rr_class != RRClass::IN) return std::unexpected(Rcode::NOTAUTH);
  // RFC 5936 2.1 has no records behind the question, and RFC 1995 3 none before the version that is there.
  if (!question.incremental) return question;
  Soa soa;
  const unsigned records = unsigned{opening->header.answer_count} + opening->header.authority_count;
  if (find_soa(reader, records, question.zone, soa) != Found::kSoa) return std::unexpected(Rcode::FORMERR);
  question.serial = soa.serial;
  return question;
}

}  // namespace atlas::transfer
