// Zones as text that people and programs read: canonical zone text, JSON, and the records' wire form in
// hexadecimal.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "atlas/base/bytes.h"
#include "atlas/dns/name.h"
#include "atlas/dns/types.h"
#include "atlas/zone/record_list.h"
#include "atlas/zone/zone.h"

namespace atlas::zone::text {

enum class Format : uint8_t {
  // One record a line, "owner TTL IN type RDATA" with tabs between, names absolute. Reads back to the same
  // records.
  kText,
  // {"zone": "...", "records": [{"owner", "ttl", "class", "type", "rdata", "rdata_hex"}, ...]}, one record a
  // line.
  kJson,
  // One record a line: owner, type, class, TTL, length and RDATA as RFC 1035 3.2.1 has them, uncompressed.
  kWireHex,
};

// "text", "json", "wire-hex".
std::optional<Format> parse_format(std::string_view text);

// Takes the next piece of output.
using Sink = std::function<void(std::string_view piece)>;

// In canonical order, the SOA first.
void write_zone(const Zone& zone, Format format, const Sink& sink);
// In the order of the list.
void write_records(dns::NameView apex, const RecordList& records, Format format, const Sink& sink);

// One record without the end of its line.
void append_record_text(dns::NameView owner, uint32_t ttl, dns::RRType type, base::Bytes rdata,
                        std::string& out);
void append_record_json(dns::NameView owner, uint32_t ttl, dns::RRType type, base::Bytes rdata,
                        std::string& out);
void append_record_wire_hex(dns::NameView owner, uint32_t ttl, dns::RRType type, base::Bytes rdata,
                            std::string& out);

}  // namespace atlas::zone::text
