// RDATA of every RR type, between its three forms:
//   text       presentation format, as zone files hold it (RFC 1035 5.1 and each type's own RFC; RFC 3597 for
//   all) wire       uncompressed wire form, as zones hold it message    wire form inside a message, where RFC
//   1035's types may have compressed names
// Each type is one row of the table in rdata/registry.cc: a list of fields, of which a few types need their
// own.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/base/diagnostic.h"
#include "atlas/base/result.h"
#include "atlas/dns/name.h"
#include "atlas/dns/types.h"

namespace atlas::dns {

inline constexpr size_t kRdataOctetsMax = 65535;

// One word of a record's text: escapes still in place, quotes around the whole taken off. A quote inside a
// word encloses blanks and stays in place, as in the one word alpn="h2,h3" (RFC 9460 2.1).
struct RdataToken {
  std::string_view text;
  bool quoted = false;
  base::TextPosition position;
};

// What is wrong with a text RDATA, and at which token (tokens.size() = behind the last one).
struct RdataTextError {
  size_t token = 0;
  std::string message;
  std::string hint;
};

// Parses the RDATA of one record and appends its wire form to `out`; on an error `out` is as before. Relative
// names end in `origin`. Understands "\# length hex" for every type, and checks it where the type is known.
base::Result<void, RdataTextError> parse_rdata(RRType type, std::span<const RdataToken> tokens,
                                               NameView origin, std::vector<uint8_t>& out);
// The same from one string, split at blanks and quotes. For tests and tools.
base::Result<std::vector<uint8_t>> parse_rdata(RRType type, std::string_view text, NameView origin = {});

// Appends the canonical text of wire-form RDATA, which parse_rdata turns into the same octets. What is
// malformed, or legal but has no text of its own, is shown as "\# length hex".
void append_rdata_text(RRType type, base::Bytes rdata, std::string& out);
std::string rdata_to_text(RRType type, base::Bytes rdata);

// True if `rdata` is exactly one well-formed, uncompressed RDATA of the type (any octets, for an unknown
// type).
bool is_valid_rdata(RRType type, base::Bytes rdata);

// Reads the `length` octets of RDATA at the reader, following compression where the type allows it, and
// appends the uncompressed wire form to `out`. False if malformed: `out` is then as before.
bool read_rdata(RRType type, base::ByteReader& reader, uint16_t length, std::vector<uint8_t>& out);

// RFC 4034 6.2: lower-cases, in place, the names that the canonical form wants in lower case.
void make_canonical(RRType type, std::span<uint8_t> rdata);

// RFC 1035's types, whose names senders may compress and must decompress (RFC 3597 4): `names` names that
// begin after `prefix` octets, and then octets without names. names == 0 for every other type.
struct CompressibleNames {
  uint8_t prefix = 0;
  uint8_t names = 0;
};
constexpr CompressibleNames compressible_names(RRType type) {
  switch (type) {
    case RRType::NS:
    case RRType::MD:
    case RRType::MF:
    case RRType::CNAME:
    case RRType::MB:
    case RRType::MG:
    case RRType::MR:
    case RRType::PTR:
      return {0, 1};
    case RRType::SOA:
    case RRType::MINFO:
      return {0, 2};
    case RRType::MX:
      return {2, 1};
    default:
      return {};
  }
}

// The name whose addresses belong in the additional section: NS, MX, SRV, SVCB and the like. Empty if the
// type has none, or if the root says that there is no service; a root of SVCB or HTTPS that is returned
// stands for the owner (RFC 9460 2.5). `rdata` must be valid.
std::optional<NameView> additional_name(RRType type, base::Bytes rdata);

}  // namespace atlas::dns
