#include "atlas/zone/text/writer.h"

#include <array>

#include "atlas/dns/rdata.h"

namespace atlas::zone::text {
namespace {

// Output is handed on when this much has gathered.
constexpr size_t kPieceOctets = 64 * 1024;

void append_hex(base::Bytes octets, std::string& out) {
  constexpr const char* kDigits = "0123456789abcdef";
  for (const uint8_t octet : octets) {
    out += kDigits[octet >> 4];
    out += kDigits[octet & 15];
  }
}

// RFC 8259 7. Octets outside of ASCII, which presentation format escapes, would become U+0080 to U+00FF.
void append_json_string(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    const auto octet = static_cast<uint8_t>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (octet < 0x20 || octet >= 0x7f) {
      out += "\\u00";
      append_hex({&octet, 1}, out);
    } else {
      out += c;
    }
  }
  out += '"';
}

class Writer {
 public:
  Writer(dns::NameView apex, Format format, const Sink& sink) : format_(format), sink_(sink) {
    if (format_ != Format::kJson) return;
    out_ += "{\"zone\": ";
    append_json_string(dns::to_text(apex), out_);
    out_ += ", \"records\": [";
  }

  void record(dns::NameView owner, uint32_t ttl, dns::RRType type, base::Bytes rdata) {
    switch (format_) {
      case Format::kText:
        append_record_text(owner, ttl, type, rdata, out_);
        out_ += '\n';
        break;
      case Format::kJson:
        out_ += is_first_ ? "\n" : ",\n";
        append_record_json(owner, ttl, type, rdata, out_);
        break;
      case Format::kWireHex:
        append_record_wire_hex(owner, ttl, type, rdata, out_);
        out_ += '\n';
        break;
    }
    is_first_ = false;
    if (out_.size() >= kPieceOctets) flush();
  }

  void finish() {
    if (format_ == Format::kJson) out_ += "\n]}\n";
    if (!out_.empty()) flush();
  }

 private:
  void flush() {
    sink_(out_);
    out_.clear();
  }

  const Format format_;
  const Sink& sink_;
  std::string out_;
  bool is_first_ = true;
};

}  // namespace

std::optional<Format> parse_format(std::string_view text) {
  if (text == "text") return Format::kText;
  if (text == "json") return Format::kJson;
  if (text == "wire-hex") return Format::kWireHex;
  return {};
}

void append_record_text(dns::NameView owner, uint32_t ttl, dns::RRType type, base::Bytes rdata,
                        std::string& out) {
  dns::append_text(owner, out);
  out += '\t';
  out += std::to_string(ttl);
  out += "\tIN\t";
  out += dns::to_text(type);
  out += '\t';
  dns::append_rdata_text(type, rdata, out);
}

void append_record_json(dns::NameView owner, uint32_t ttl, dns::RRType type, base::Bytes rdata,
                        std::string& out) {
  out += "{\"owner\": ";
  append_json_string(dns::to_text(owner), out);
  out += ", \"ttl\": ";
  out += std::to_string(ttl);
  out += ", \"class\": \"IN\", \"type\": \"";
  out += dns::to_text(type);
  out += "\", \"rdata\": ";
  append_json_string(dns::rdata_to_text(type, rdata), out);
  out += ", \"rdata_hex\": \"";
  append_hex(rdata, out);
  out += "\"}";
}

void append_record_wire_hex(dns::NameView owner, uint32_t ttl, dns::RRType type, base::Bytes rdata,
                            std::string& out) {
  append_hex(owner.wire(), out);
  std::array<uint8_t, 10> fixed;
  base::store_u16(&fixed[0], static_cast<uint16_t>(type));
  base::store_u16(&fixed[2], static_cast<uint16_t>(dns::RRClass::IN));
  base::store_u32(&fixed[4], ttl);
  base::store_u16(&fixed[8], static_cast<uint16_t>(rdata.size()));
  append_hex(fixed, out);
  append_hex(rdata, out);
}

void write_zone(const Zone& zone, Format format, const Sink& sink) {
  Writer writer(zone.apex(), format, sink);
  zone.for_each_rrset([&](dns::NameView owner, const dns::RRsetView& rrset) {
    for (const base::Bytes rdata : rrset) writer.record(owner, rrset.ttl, rrset.type, rdata);
  });
  writer.finish();
}

void write_records(dns::NameView apex, const RecordList& records, Format format, const Sink& sink) {
  Writer writer(apex, format, sink);
  for (const ListedRecord& record : records.records()) {
    writer.record(records.owner(record), record.ttl, record.type, records.rdata(record));
  }
  writer.finish();
}

}  // namespace atlas::zone::text
