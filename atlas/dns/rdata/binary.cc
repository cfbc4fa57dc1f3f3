// Octets written as hex, base64 or base32hex.
#include "atlas/base/encoding.h"
#include "atlas/dns/rdata/field.h"

namespace atlas::dns::rdata {
namespace {

constexpr size_t kLengthOctetMax = 255;

// Feeds tokens to a decoder until the end of the RDATA.
template <class Decoder>
bool take_rest(TextReader& text, bool required, std::string_view what) {
  if (required && text.at_end()) return text.next() != nullptr;
  const size_t start = text.out.size();
  Decoder decoder;
  while (!text.at_end()) {
    if (!decoder.decode(text.next()->text, text.out)) return text.fail_is_not(what);
    if (text.out.size() - start > kRdataOctetsMax) return text.fail("the RDATA is longer than 65535 octets");
  }
  if (!decoder.finish())
    return text.fail(std::string(what) + " is incomplete: characters are missing at its end");
  return !required || text.out.size() > start || text.fail_is_not(what);
}

bool parse_hex(TextReader& text) {
  return take_hex(text, true);
}
bool parse_base64(TextReader& text) {
  return take_base64(text, true);
}
bool parse_base64_maybe(TextReader& text) {
  return take_base64(text, false);
}

bool read_hex(base::ByteReader& wire, std::string* text) {
  const base::Bytes octets = wire.rest();
  if (text != nullptr) base::append_hex(octets, *text);
  return !octets.empty();
}

bool read_base64_maybe(base::ByteReader& wire, std::string* text) {
  const base::Bytes octets = wire.rest();
  if (text != nullptr) base::append_base64(octets, *text);
  return wire.ok();
}
bool read_base64(base::ByteReader& wire, std::string* text) {
  return wire.remaining() > 0 && read_base64_maybe(wire, text);
}

// Octets of a digest by IANA's "Digest Algorithms" of DS; 0 = any.
size_t ds_digest_octets(uint8_t type) {
  switch (type) {
    case 1:  // SHA-1
      return 20;
    case 2:  // SHA-256
    case 3:  // GOST R 34.11-94
    case 5:  // GOST R 34.11-2012
    case 6:  // SM3
      return 32;
    case 4:  // SHA-384
      return 48;
    default:
      return 0;
  }
}

// RFC 8976 2.2.4: at least 12 octets; SHA-384 and SHA-512 are known.
constexpr size_t kZonemdDigestOctetsMin = 12;

size_t zonemd_digest_octets(uint8_t algorithm) {
  return algorithm == 1 ? 48 : algorithm == 2 ? 64 : 0;
}

// The digest type lies in the octet in front of the digest.
template <size_t (*kOctetsOf)(uint8_t), size_t kOctetsMin>
bool parse_digest(TextReader& text) {
  const size_t before = text.written().size();
  const uint8_t type = text.written().back();
  if (!take_hex(text, true)) return false;
  const size_t octets = text.written().size() - before;
  const size_t wanted = kOctetsOf(type);
  if (wanted != 0 && octets != wanted) {
    return text.fail("the digest has " + std::to_string(octets) + " octets, but digests of type " +
                     std::to_string(type) + " have " + std::to_string(wanted));
  }
  return octets >= kOctetsMin ||
         text.fail("the digest is shorter than " + std::to_string(kOctetsMin) + " octets");
}

template <size_t (*kOctetsOf)(uint8_t), size_t kOctetsMin>
bool read_digest(base::ByteReader& wire, std::string* text) {
  if (!wire.ok() || wire.offset() == 0) return false;
  const size_t wanted = kOctetsOf(wire.whole()[wire.offset() - 1]);
  const size_t octets = wire.remaining();
  if (octets < kOctetsMin || (wanted != 0 && octets != wanted)) return false;
  return read_hex(wire, text);
}

bool parse_salt(TextReader& text) {
  const RdataToken* token = text.next();
  if (token == nullptr) return false;
  const size_t length_at = text.out.size();
  text.put_u8(0);
  if (token->text == "-") return true;
  base::HexDecoder decoder;
  if (token->text.empty() || !decoder.decode(token->text, text.out) || !decoder.finish()) {
    return text.fail_is_not("a salt", "write hex in one word, or - for no salt");
  }
  const size_t octets = text.out.size() - length_at - 1;
  if (octets > kLengthOctetMax) return text.fail("the salt is longer than 255 octets");
  text.out[length_at] = static_cast<uint8_t>(octets);
  return true;
}

bool read_salt(base::ByteReader& wire, std::string* text) {
  const base::Bytes octets = wire.bytes(wire.u8());
  if (text == nullptr) return wire.ok();
  if (octets.empty()) *text += '-';
  base::append_hex(octets, *text);
  return wire.ok();
}

bool parse_next_hashed(TextReader& text) {
  const RdataToken* token = text.next();
  if (token == nullptr) return false;
  const size_t length_at = text.out.size();
  text.put_u8(0);
  if (token->text.empty() || !base::decode_base32hex(token->text, text.out)) {
    return text.fail_is_not("a hashed owner name",
                            "write base32hex (0 to 9, A to V) without padding, in one word");
  }
  const size_t octets = text.out.size() - length_at - 1;
  if (octets > kLengthOctetMax) return text.fail("the hash is longer than 255 octets");
  text.out[length_at] = static_cast<uint8_t>(octets);
  return true;
}

bool read_next_hashed(base::ByteReader& wire, std::string* text) {
  const base::Bytes octets = wire.bytes(wire.u8());
  if (text != nullptr) base::append_base32hex(octets, *text);
  return wire.ok() && !octets.empty();
}

bool parse_sized_base64(TextReader& text) {
  uint64_t size = 0;
  if (!take_number(text, 0xffff, size)) return false;
  text.put_u16(size);
  if (size == 0) return true;
  const RdataToken* token = text.next();
  if (token == nullptr) return false;
  const size_t start = text.out.size();
  base::Base64Decoder decoder;
  if (!decoder.decode(token->text, text.out) || !decoder.finish())
    return text.fail_is_not("base64 in one word");
  return text.out.size() - start == size || text.fail_is_not("as long as the number in front of it says");
}

bool read_sized_base64(base::ByteReader& wire, std::string* text) {
  const base::Bytes octets = wire.bytes(wire.u16());
  if (text == nullptr) return wire.ok();
  append_number(octets.size(), *text);
  if (!octets.empty()) *text += ' ';
  base::append_base64(octets, *text);
  return wire.ok();
}

bool parse_doa_data(TextReader& text) {
  if (text.peek() != nullptr && text.peek()->text == "-") return text.next() != nullptr;
  return take_base64(text, true);
}

bool read_doa_data(base::ByteReader& wire, std::string* text) {
  if (wire.ok() && wire.remaining() == 0 && text != nullptr) *text += '-';
  return read_base64_maybe(wire, text);
}

}  // namespace

bool take_hex(TextReader& text, bool required) {
  return take_rest<base::HexDecoder>(text, required, "hex");
}
bool take_base64(TextReader& text, bool required) {
  return take_rest<base::Base64Decoder>(text, required, "base64");
}

constinit const Field kHex{parse_hex, read_hex};
constinit const Field kBase64{parse_base64, read_base64};
constinit const Field kBase64Maybe{parse_base64_maybe, read_base64_maybe};
constinit const Field kDsDigest{parse_digest<ds_digest_octets, 1>, read_digest<ds_digest_octets, 1>};
constinit const Field kZonemdDigest{parse_digest<zonemd_digest_octets, kZonemdDigestOctetsMin>,
                                    read_digest<zonemd_digest_octets, kZonemdDigestOctetsMin>};
constinit const Field kSalt{parse_salt, read_salt};
constinit const Field kNextHashed{parse_next_hashed, read_next_hashed};
constinit const Field kSizedBase64{parse_sized_base64, read_sized_base64};
constinit const Field kDoaData{parse_doa_data, read_doa_data};

}  // namespace atlas::dns::rdata
