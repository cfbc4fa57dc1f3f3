#include "atlas/dns/message.h"

#include <string>
#include <unordered_map>

#include "atlas/dns/rdata.h"

namespace atlas::dns {
namespace {

constexpr uint16_t kPointerOffsetMax = 0x3fff;

// EDNS keeps its own fields in OPT's class and TTL (RFC 6891 6.1.3).
constexpr uint32_t kDnssecOkBit = 0x8000;
constexpr uint32_t kCompactAnswersOkBit = 0x4000;

std::optional<Edns> read_edns(uint16_t rr_class, uint32_t ttl, base::Bytes rdata) {
  Edns edns;
  edns.udp_payload_size = rr_class;
  edns.extended_rcode = static_cast<uint8_t>(ttl >> 24);
  edns.version = static_cast<uint8_t>(ttl >> 16);
  edns.dnssec_ok = (ttl & kDnssecOkBit) != 0;
  edns.compact_answers_ok = (ttl & kCompactAnswersOkBit) != 0;
  base::ByteReader reader(rdata);
  while (!reader.at_end()) {
    const auto code = static_cast<EdnsOption>(reader.u16());
    const base::Bytes data = reader.bytes(reader.u16());
    if (!reader.ok()) return {};
    edns.options.push_back(parse_option(code, data));
  }
  return edns;
}

class Parser {
 public:
  explicit Parser(base::Bytes wire) : reader_(wire) {}

  base::Result<Message> parse() {
    const auto header = read_header(reader_);
    if (!header) return base::fail("the message is shorter than a header");
    message_.header = *header;
    for (unsigned i = 0; i < header->question_count; ++i) {
      if (!read_question()) return malformed("question", i);
    }
    const struct {
      const char* name;
      uint16_t count;
      std::vector<Record>* records;
    } sections[] = {{"answer", header->answer_count, &message_.answers},
                    {"authority", header->authority_count, &message_.authorities},
                    {"additional", header->additional_count, &message_.additionals}};
    for (const auto& section : sections) {
      for (unsigned i = 0; i < section.count; ++i) {
        if (!read_record(*section.records, section.records == &message_.additionals)) {
          return malformed(section.name, i);
        }
      }
    }
    if (!reader_.at_end()) {
      return base::fail(std::to_string(reader_.remaining()) + " octets are left over behind the message");
    }
    return std::move(message_);
  }

 private:
  std::unexpected<base::Error> malformed(const char* section, unsigned index) const {
    return base::fail("record " + std::to_string(index + 1) + " of the " + section + " section is malformed");
  }

  bool read_question() {
    const auto name = read_name(reader_);
    if (!name) return false;
    const auto type = static_cast<RRType>(reader_.u16());
    const auto rr_class = static_cast<RRClass>(reader_.u16());
    message_.questions.push_back({*name, type, rr_class});
    return reader_.ok();
  }

  bool read_record(std::vector<Record>& section, bool may_be_opt) {
    const auto owner = read_name(reader_);
    if (!owner) return false;
    const auto type = static_cast<RRType>(reader_.u16());
    const uint16_t rr_class = reader_.u16();
    const uint32_t ttl = reader_.u32();
    const uint16_t length = reader_.u16();
    if (!reader_.ok() || length > reader_.remaining()) return false;
    if (type == RRType::OPT) {
      if (!may_be_opt || message_.edns || !owner->view().is_root()) return false;
      message_.edns = read_edns(rr_class, ttl, reader_.bytes(length));
      return message_.edns.has_value();
    }
    Record record{*owner, type, static_cast<RRClass>(rr_class), ttl, {}};
    if (length == 0) {
      // RFC 2136 2.4: prerequisites and deletions have no RDATA.
    } else if (!read_rdata(type, reader_, length, record.rdata)) {
      return false;
    }
    section.push_back(std::move(record));
    return true;
  }

  base::ByteReader reader_;
  Message message_;
};

class Encoder {
 public:
  explicit Encoder(size_t size_max) : size_max_(size_max) {}

  base::Result<std::vector<uint8_t>> encode(const Message& message) {
    Header header = message.header;
    header.question_count = static_cast<uint16_t>(message.questions.size());
    header.answer_count = static_cast<uint16_t>(message.answers.size());
    header.authority_count = static_cast<uint16_t>(message.authorities.size());
    header.additional_count = static_cast<uint16_t>(message.additionals.size() + (message.edns ? 1 : 0));
    out_.resize(kHeaderOctets);
    base::ByteWriter writer(out_);
    write_header(header, writer);

    for (const Question& question : message.questions) {
      put_name(question.name);
      put_u16(static_cast<uint16_t>(question.type));
      put_u16(static_cast<uint16_t>(question.rr_class));
    }
    for (const auto* section : {&message.answers, &message.authorities, &message.additionals}) {
      for (const Record& record : *section) put_record(record);
    }
    if (message.edns) put_edns(*message.edns);
    if (out_.size() > size_max_) {
      return base::fail("the message has " + std::to_string(out_.size()) + " octets, more than " +
                        std::to_string(size_max_));
    }
    return std::move(out_);
  }

 private:
  void put_u16(uint16_t value) {
    out_.push_back(static_cast<uint8_t>(value >> 8));
    out_.push_back(static_cast<uint8_t>(value));
  }
  void put_u32(uint32_t value) {
    put_u16(static_cast<uint16_t>(value >> 16));
    put_u16(static_cast<uint16_t>(value));
  }
  void put_bytes(base::Bytes bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }

  void put_name(NameView name) {
    for (; !name.is_root(); name = name.parent()) {
      const base::Bytes wire = name.wire();
      const auto [known, added] = offsets_.try_emplace(
          std::string(reinterpret_cast<const char*>(wire.data()), wire.size()), out_.size());
      if (!added) {
        put_u16(static_cast<uint16_t>(0xc000 | known->second));
        return;
      }
      if (out_.size() > kPointerOffsetMax) offsets_.erase(known);
      out_.push_back(static_cast<uint8_t>(name.first_label().size()));
      put_bytes(name.first_label());
    }
    out_.push_back(0);
  }

  void put_record(const Record& record) {
    put_name(record.owner);
    put_u16(static_cast<uint16_t>(record.type));
    put_u16(static_cast<uint16_t>(record.rr_class));
    put_u32(record.ttl);
    const size_t length_at = out_.size();
    put_u16(0);
    put_rdata(record);
    base::store_u16(&out_[length_at], static_cast<uint16_t>(out_.size() - length_at - 2));
  }

  void put_rdata(const Record& record) {
    base::Bytes rdata = record.rdata;
    const CompressibleNames layout = compressible_names(record.type);
    if (layout.names != 0 && is_valid_rdata(record.type, rdata)) {
      put_bytes(rdata.first(layout.prefix));
      rdata = rdata.subspan(layout.prefix);
      for (int i = 0; i < layout.names; ++i) {
        const auto name = view_name(rdata);
        put_name(*name);
        rdata = rdata.subspan(name->size());
      }
    }
    put_bytes(rdata);
  }

  void put_edns(const Edns& edns) {
    out_.push_back(0);
    put_u16(static_cast<uint16_t>(RRType::OPT));
    put_u16(edns.udp_payload_size);
    put_u32(uint32_t{edns.extended_rcode} << 24 | uint32_t{edns.version} << 16 |
            (edns.dnssec_ok ? kDnssecOkBit : 0) | (edns.compact_answers_ok ? kCompactAnswersOkBit : 0));
    const size_t length_at = out_.size();
    put_u16(0);
    for (const Option& option : edns.options) append_option(option, out_);
    base::store_u16(&out_[length_at], static_cast<uint16_t>(out_.size() - length_at - 2));
  }

  size_t size_max_;
  std::vector<uint8_t> out_;
  // By octets: names that differ in case keep it (RFC 4343 4.1).
  std::unordered_map<std::string, size_t> offsets_;
};

}  // namespace

void write_header(const Header& header, base::ByteWriter& writer) {
  writer.u16(header.id);
  writer.u16(static_cast<uint16_t>(header.flags | static_cast<uint16_t>(header.opcode) << 11 |
                                   (header.rcode & 0x0f)));
  writer.u16(header.question_count);
  writer.u16(header.answer_count);
  writer.u16(header.authority_count);
  writer.u16(header.additional_count);
}

Rcode Message::rcode() const {
  const unsigned upper = edns ? edns->extended_rcode : 0u;
  return static_cast<Rcode>(upper << 4 | header.rcode);
}

base::Result<Message> parse_message(base::Bytes wire) {
  return Parser(wire).parse();
}

base::Result<std::vector<uint8_t>> encode(const Message& message, size_t size_max) {
  return Encoder(size_max).encode(message);
}

std::string to_text(const Record& record) {
  std::string text = to_text(record.owner.view());
  text += '\t' + std::to_string(record.ttl) + '\t' + to_text(record.rr_class) + '\t' + to_text(record.type) +
          '\t';
  append_rdata_text(record.type, record.rdata, text);
  return text;
}

}  // namespace atlas::dns
