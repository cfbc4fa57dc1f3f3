#include "atlas/dns/rdata.h"

#include <array>

#include "atlas/base/encoding.h"
#include "atlas/dns/rdata/field.h"

namespace atlas::dns {
namespace {

using rdata::Field;
using rdata::NameUse;
using rdata::TextReader;
using rdata::TypeRow;

// Walks the fields of a row from the front; stops at the first that is nullptr.
template <class Each>
bool for_each_field(const TypeRow& row, Each each) {
  for (const Field* field : row.fields) {
    if (field == nullptr) break;
    if (!each(*field)) return false;
  }
  return true;
}

// Names that are decompressed when received are also lower-cased in the canonical form.
constexpr bool is_lowered(NameUse use) {
  return use == NameUse::kLower || use == NameUse::kCompressed;
}

bool has_names(const TypeRow& row, bool (*wanted)(NameUse)) {
  return !for_each_field(row, [wanted](const Field& field) { return !wanted(field.names); });
}

// RFC 3597 5: the tokens behind "\#".
bool parse_generic(RRType type, TextReader& text) {
  static constexpr const char* kHint = "the generic form is \\# LENGTH HEX, as in \\# 4 C0000201";
  uint64_t length = 0;
  if (!rdata::take_number(text, kRdataOctetsMax, length) || !rdata::take_hex(text, false)) return false;
  if (text.written().size() != length) {
    return text.fail("the length says " + std::to_string(length) + " octets, but " +
                         std::to_string(text.written().size()) + " follow",
                     kHint);
  }
  if (!is_valid_rdata(type, text.written())) {
    return text.fail("these octets are not valid RDATA of " + to_text(type),
                     "the generic form of a known type must have that type's format");
  }
  return true;
}

bool parse_fields(const TypeRow& row, TextReader& text) {
  if (!for_each_field(row, [&text](const Field& field) { return field.parse(text); })) return false;
  if (text.at_end()) return true;
  text.next();
  return text.fail("there is more text than the RDATA of " + to_text(row.type) + " has");
}

// Addresses are most of the records of most zones. False if it is none, or what is wrong has to be said.
bool parse_address(RRType type, std::span<const RdataToken> tokens, std::vector<uint8_t>& out) {
  if (tokens.size() != 1) return false;
  std::array<uint8_t, 16> octets;
  size_t size = 0;
  if (type == RRType::A && rdata::parse_ipv4(tokens[0].text, octets.data())) size = 4;
  if (type == RRType::AAAA && rdata::parse_ipv6(tokens[0].text, octets.data())) size = 16;
  out.insert(out.end(), octets.begin(), octets.begin() + size);
  return size != 0;
}

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// Splits at blanks and quotes. A quote inside a word encloses blanks and stays in place.
bool split(std::string_view text, std::vector<RdataToken>& tokens) {
  size_t at = 0;
  for (;;) {
    while (at < text.size() && is_blank(text[at])) ++at;
    if (at == text.size()) return true;
    const size_t begin = at;
    const bool quoted = text[at] == '"';
    if (quoted) ++at;
    bool inside = quoted;
    for (; at < text.size() && (inside || !is_blank(text[at])); ++at) {
      if (text[at] == '\\' && at + 1 < text.size()) {
        ++at;
      } else if (text[at] == '"') {
        inside = !inside;
        if (quoted) break;
      }
    }
    if (inside) return false;
    const size_t skip = quoted ? 1 : 0;
    tokens.push_back(
        {text.substr(begin + skip, at - begin - skip), quoted, {1, static_cast<uint32_t>(begin + 1)}});
    if (quoted) ++at;
  }
}

}  // namespace

base::Result<void, RdataTextError> parse_rdata(RRType type, std::span<const RdataToken> tokens,
                                               NameView origin, std::vector<uint8_t>& out) {
  if (parse_address(type, tokens, out)) return {};
  const size_t start = out.size();
  TextReader text(tokens, origin, out);
  const TypeRow* row = rdata::find_row(type);
  bool parsed = false;
  if (!tokens.empty() && !tokens[0].quoted && tokens[0].text == "\\#") {
    text.next();
    parsed = parse_generic(type, text);
  } else if (row != nullptr) {
    parsed = parse_fields(*row, text);
  } else {
    text.next();
    text.fail(to_text(type) + " has no text form of its own", "write it as \\# LENGTH HEX (RFC 3597)");
  }
  if (parsed && out.size() - start > kRdataOctetsMax) {
    parsed = text.fail("the RDATA is longer than 65535 octets");
  }
  if (parsed) return {};
  out.resize(start);
  RdataTextError error = text.take_error();
  if (error.hint.empty() && row != nullptr) {
    error.hint = to_text(type) + " is written as: " + std::string(row->syntax);
  }
  return std::unexpected(std::move(error));
}

base::Result<std::vector<uint8_t>> parse_rdata(RRType type, std::string_view text, NameView origin) {
  std::vector<RdataToken> tokens;
  if (!split(text, tokens)) return base::fail("a quote is not closed");
  std::vector<uint8_t> out;
  auto parsed = parse_rdata(type, tokens, origin, out);
  if (!parsed) return base::fail(std::move(parsed.error().message), std::move(parsed.error().hint));
  return out;
}

void append_rdata_text(RRType type, base::Bytes octets, std::string& out) {
  const size_t start = out.size();
  if (const TypeRow* row = rdata::find_row(type)) {
    base::ByteReader wire(octets);
    const bool shown = for_each_field(*row, [&](const Field& field) {
      const size_t before = out.size();
      if (before > start) out += ' ';
      const size_t begin = out.size();
      if (!field.read(wire, &out)) return false;
      if (out.size() == begin) out.resize(before);
      return true;
    });
    if (shown && wire.ok() && wire.at_end()) return;
    out.resize(start);
  }
  out += "\\# ";
  rdata::append_number(octets.size(), out);
  if (octets.empty()) return;
  out += ' ';
  base::append_hex(octets, out);
}

std::string rdata_to_text(RRType type, base::Bytes octets) {
  std::string text;
  append_rdata_text(type, octets, text);
  return text;
}

bool is_valid_rdata(RRType type, base::Bytes octets) {
  if (octets.size() > kRdataOctetsMax) return false;
  const TypeRow* row = rdata::find_row(type);
  if (row == nullptr) return true;
  base::ByteReader wire(octets);
  return for_each_field(*row, [&wire](const Field& field) { return field.read(wire, nullptr); }) &&
         wire.ok() && wire.at_end();
}

bool read_rdata(RRType type, base::ByteReader& reader, uint16_t length, std::vector<uint8_t>& out) {
  if (!reader.ok() || length > reader.remaining()) return false;
  const size_t end = reader.offset() + length;
  const TypeRow* row = rdata::find_row(type);
  if (row == nullptr || !has_names(*row, [](NameUse use) { return use == NameUse::kCompressed; })) {
    const base::Bytes octets = reader.bytes(length);
    if (!is_valid_rdata(type, octets)) return false;
    out.insert(out.end(), octets.begin(), octets.end());
    return true;
  }
  const size_t start = out.size();
  // Pointers lead backwards, so that nothing behind the RDATA is needed.
  base::ByteReader wire(reader.whole().first(end), reader.offset());
  const bool whole = for_each_field(*row, [&](const Field& field) {
    if (field.names == NameUse::kCompressed) {
      const auto name = read_name(wire);
      if (!name) return false;
      out.insert(out.end(), name->wire().begin(), name->wire().end());
      return true;
    }
    const size_t begin = wire.offset();
    if (!field.read(wire, nullptr) || !wire.ok()) return false;
    const base::Bytes octets = wire.whole().subspan(begin, wire.offset() - begin);
    out.insert(out.end(), octets.begin(), octets.end());
    return true;
  });
  if (!whole || !wire.at_end() || out.size() - start > kRdataOctetsMax) {
    out.resize(start);
    return false;
  }
  reader.seek(end);
  return true;
}

void make_canonical(RRType type, std::span<uint8_t> octets) {
  const TypeRow* row = rdata::find_row(type);
  if (row == nullptr || !has_names(*row, is_lowered)) return;
  base::ByteReader wire(octets);
  for_each_field(*row, [&](const Field& field) {
    const size_t begin = wire.offset();
    if (!field.read(wire, nullptr) || !wire.ok()) return false;
    if (!is_lowered(field.names)) return true;
    for (uint8_t& octet : octets.subspan(begin, wire.offset() - begin)) octet = ascii_lower(octet);
    return true;
  });
}

std::optional<NameView> additional_name(RRType type, base::Bytes octets) {
  size_t before = 0;
  switch (type) {
    case RRType::NS:
    case RRType::MD:
    case RRType::MF:
    case RRType::MB:
      break;
    case RRType::MX:
    case RRType::AFSDB:
    case RRType::RT:
    case RRType::KX:
    case RRType::LP:
    case RRType::SVCB:
    case RRType::HTTPS:
      before = 2;
      break;
    case RRType::SRV:
      before = 6;
      break;
    case RRType::NAPTR: {
      // RFC 3403 4.1: flag "A" says that the replacement has addresses.
      base::ByteReader wire(octets, 4);
      const base::Bytes flags = wire.bytes(wire.u8());
      if (flags.size() != 1 || ascii_lower(flags[0]) != 'a') return {};
      wire.skip(wire.u8());
      wire.skip(wire.u8());
      before = wire.offset();
      break;
    }
    default:
      return {};
  }
  if (before > octets.size()) return {};
  // The root as a target means that there is no such service (RFC 2782, 7505), but the owner in ServiceMode
  // (RFC 9460 2.5).
  const bool is_root = before < octets.size() && octets[before] == 0;
  const bool is_service = (type == RRType::SVCB || type == RRType::HTTPS) && (octets[0] | octets[1]) != 0;
  if (is_root && !is_service) return {};
  return view_name(octets.subspan(before));
}

}  // namespace atlas::dns
