// HIP, RFC 8005 5: two lengths in front of what they measure; the text puts the public key algorithm first.
#include "atlas/base/encoding.h"
#include "atlas/dns/rdata/field.h"

namespace atlas::dns::rdata {
namespace {

constexpr size_t kHitOctetsMax = 255;
constexpr size_t kPublicKeyOctetsMax = 65535;

bool parse_keys(TextReader& text) {
  const size_t start = text.out.size();
  uint64_t algorithm = 0;
  if (!take_number(text, 255, algorithm)) return false;
  text.put_u8(0);
  text.put_u8(algorithm);
  text.put_u16(0);

  const RdataToken* token = text.next();
  if (token == nullptr) return false;
  base::HexDecoder hex;
  const size_t hit_at = text.out.size();
  if (token->text.empty() || !hex.decode(token->text, text.out) || !hex.finish()) {
    return text.fail_is_not("a HIT", "write hex in one word");
  }
  const size_t hit_octets = text.out.size() - hit_at;
  if (hit_octets > kHitOctetsMax) return text.fail("the HIT is longer than 255 octets");

  token = text.next();
  if (token == nullptr) return false;
  base::Base64Decoder base64;
  const size_t key_at = text.out.size();
  if (token->text.empty() || !base64.decode(token->text, text.out) || !base64.finish()) {
    return text.fail_is_not("a public key", "write base64 in one word");
  }
  const size_t key_octets = text.out.size() - key_at;
  if (key_octets > kPublicKeyOctetsMax) return text.fail("the public key is longer than 65535 octets");

  text.out[start] = static_cast<uint8_t>(hit_octets);
  base::store_u16(&text.out[start + 2], static_cast<uint16_t>(key_octets));
  return true;
}

bool read_keys(base::ByteReader& wire, std::string* text) {
  const uint8_t hit_octets = wire.u8();
  const uint8_t algorithm = wire.u8();
  const uint16_t key_octets = wire.u16();
  const base::Bytes hit = wire.bytes(hit_octets);
  const base::Bytes key = wire.bytes(key_octets);
  if (!wire.ok() || hit.empty() || key.empty()) return false;
  if (text == nullptr) return true;
  append_number(algorithm, *text);
  *text += ' ';
  base::append_hex(hit, *text);
  *text += ' ';
  base::append_base64(key, *text);
  return true;
}

}  // namespace

constinit const Field kHipKeys{parse_keys, read_keys};

}  // namespace atlas::dns::rdata
