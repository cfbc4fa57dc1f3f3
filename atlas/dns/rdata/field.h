// The parts that RDATA is made of. A Field knows its text and its wire form; an RR type is a list of them
// (registry.cc), and the functions of atlas/dns/rdata.h walk the list.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/dns/name.h"
#include "atlas/dns/rdata.h"
#include "atlas/dns/types.h"

namespace atlas::dns::rdata {

// Takes the tokens of one RDATA, left to right, and collects its wire form. Keeps the first error.
class TextReader {
 public:
  TextReader(std::span<const RdataToken> tokens, NameView origin, std::vector<uint8_t>& wire)
      : out(wire), tokens_(tokens), origin_(origin), start_(out.size()) {}

  bool at_end() const { return next_ == tokens_.size(); }
  // The next token, or nullptr and an error behind the last one.
  const RdataToken* next();
  // The next token without taking it; nullptr behind the last one.
  const RdataToken* peek() const { return at_end() ? nullptr : &tokens_[next_]; }
  NameView origin() const { return origin_; }

  // Sets the error at the token taken last. Always false, so that a parser can return it.
  bool fail(std::string message, std::string hint = {});
  // As fail(), with the message: "TOKEN" is not WHAT.
  bool fail_is_not(std::string_view what, std::string hint = {});
  RdataTextError take_error() { return std::move(error_); }

  // The wire form of this RDATA as far as it is written.
  base::Bytes written() const { return base::Bytes(out).subspan(start_); }
  void put_u8(uint64_t value) { out.push_back(static_cast<uint8_t>(value)); }
  void put_u16(uint64_t value);
  void put_u32(uint64_t value);
  void put(base::Bytes octets) { out.insert(out.end(), octets.begin(), octets.end()); }

  std::vector<uint8_t>& out;

 private:
  std::span<const RdataToken> tokens_;
  NameView origin_;
  size_t start_;
  size_t next_ = 0;
  RdataTextError error_;
};

// How the names in a field are treated. kLower and kCompressed are for fields that are one name, or nothing.
enum class NameUse : uint8_t {
  kNone,
  kKeep,        // never compressed, case kept in the canonical form
  kLower,       // never compressed, lower case in the canonical form (RFC 4034 6.2)
  kCompressed,  // lower case too, and receivers decompress it (RFC 3597 4)
};

struct Field {
  // Takes the tokens of the field and appends its wire form. False after an error.
  bool (*parse)(TextReader& text);
  // Moves behind the field; false if it is malformed. Appends its text if `text` is not null; false then also
  // if the octets are legal but have no text form. `wire` ends where the RDATA ends.
  bool (*read)(base::ByteReader& wire, std::string* text);
  NameUse names = NameUse::kNone;
};

inline constexpr size_t kFieldsMax = 9;  // RRSIG

struct TypeRow {
  RRType type;
  std::string_view syntax;  // the fields by name, for error messages
  std::array<const Field*, kFieldsMax> fields{};
};

// nullptr for a type that only RFC 3597's generic form describes.
const TypeRow* find_row(RRType type);

// integers.cc
extern const Field kU8, kU16, kU32, kU48, kU64;
extern const Field kTtl;          // 32 bits, written in seconds or as 1h30m
extern const Field kTime;         // 32 bits, YYYYMMDDHHmmSS or seconds since 1970 (RFC 4034 3.2)
extern const Field kRRType;       // mnemonic or TYPEnnn
extern const Field kAlgorithm;    // DNSSEC algorithm by number or mnemonic, shown as a number
extern const Field kCertType;     // RFC 4398 2.1
extern const Field kDsyncScheme;  // RFC 9859 2.1
extern const Field kError;        // RCODE of TSIG and TKEY

// names.cc
extern const Field kName, kNameLower, kNameCompressed;
extern const Field kNames;  // any number to the end

// addresses.cc
extern const Field kIpv4, kIpv6, kLocator64, kEui48, kEui64;

// strings.cc
extern const Field kString;          // one <character-string>
extern const Field kStringOptional;  // or none
extern const Field kStrings;         // one or more, to the end
extern const Field kDigits;          // a <character-string> of at least four digits, X25
extern const Field kDecimal;         // a <character-string> that is a decimal number, GPOS
extern const Field kCaaTag;
extern const Field kText;  // one string of any length, to the end; not empty
extern const Field kTextOrEmpty;

// binary.cc. "Maybe": may be absent.
extern const Field kHex, kBase64, kBase64Maybe;
extern const Field kDsDigest;  // hex, of the length that the digest type in front of it asks for
extern const Field kZonemdDigest;
extern const Field kSalt;         // hex behind a length octet; "-" = empty
extern const Field kNextHashed;   // base32hex behind a length octet
extern const Field kSizedBase64;  // a 16-bit length as a number of its own, then base64 unless it is 0
extern const Field kDoaData;      // base64; "-" = empty

// Types that have fields like no other.
extern const Field kTypeBitmap, kNxtBitmap;                  // bitmap.cc
extern const Field kIpsecGateway, kAmtDiscovery, kAmtRelay;  // gateway.cc
extern const Field kHipKeys;                                 // hip.cc
extern const Field kLoc;                                     // loc.cc
extern const Field kApl;                                     // apl.cc
extern const Field kWksServices;                             // wks.cc
extern const Field kA6Suffix, kA6PrefixName;                 // a6.cc
extern const Field kNsap, kAtma;                             // nsap.cc
extern const Field kSvcParams;                               // svcb.cc
extern const Field kNothing;                                 // NXNAME: RDATA is empty

// A decimal number of at most `max`, nothing else.
bool parse_number(std::string_view text, uint64_t max, uint64_t& value);
// Takes a token that is one, or fails.
bool take_number(TextReader& text, uint64_t max, uint64_t& value);
void append_number(uint64_t value, std::string& out);

// Takes the escapes out of a token: \DDD and \X, RFC 1035 5.1. Fails at an octet beyond `octets_max`.
bool unescape(TextReader& text, const RdataToken& token, size_t octets_max, std::vector<uint8_t>& out);
// In quotes, with the escapes that unescape() needs to give the same octets back.
void append_quoted(base::Bytes octets, std::string& out);

bool parse_ipv4(std::string_view text, uint8_t* octets);
bool parse_ipv6(std::string_view text, uint8_t* octets);
void append_ipv4(const uint8_t* octets, std::string& out);
void append_ipv6(const uint8_t* octets, std::string& out);

bool take_name(TextReader& text);
bool read_plain_name(base::ByteReader& wire, std::string* text);

// All remaining tokens as one base64 (hex) value; fails if there is none and `required`.
bool take_base64(TextReader& text, bool required);
bool take_hex(TextReader& text, bool required);

}  // namespace atlas::dns::rdata
