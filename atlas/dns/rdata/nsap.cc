// Addresses of OSI and ATM: NSAP (RFC 1706) and ATMA (ATM Forum AF-DANS-0152.000).
#include "atlas/base/encoding.h"
#include "atlas/dns/rdata/field.h"

namespace atlas::dns::rdata {
namespace {

constexpr uint8_t kAtmEndSystem = 0;  // hex
constexpr uint8_t kE164 = 1;          // decimal digits, behind "+"

// Hex with dots between octets, which mean nothing.
bool put_dotted_hex(TextReader& text, std::string_view hex) {
  const size_t start = text.out.size();
  base::HexDecoder decoder;
  while (!hex.empty()) {
    const size_t size = std::min(hex.find('.'), hex.size());
    if (!decoder.decode(hex.substr(0, size), text.out)) return false;
    hex.remove_prefix(std::min(size + 1, hex.size()));
  }
  return decoder.finish() && text.out.size() > start;
}

bool parse_nsap(TextReader& text) {
  const RdataToken* token = text.next();
  if (token == nullptr) return false;
  const std::string_view from = token->text;
  if ((from.starts_with("0x") || from.starts_with("0X")) && put_dotted_hex(text, from.substr(2))) return true;
  return text.fail_is_not("an NSAP address", "write 0x and hex, dots allowed, as in 0x47.0005.80.005a00");
}

bool read_nsap(base::ByteReader& wire, std::string* text) {
  const base::Bytes octets = wire.rest();
  if (text != nullptr) {
    *text += "0x";
    base::append_hex(octets, *text);
  }
  return !octets.empty();
}

bool is_digit(uint8_t octet) {
  return octet >= '0' && octet <= '9';
}

bool parse_atma(TextReader& text) {
  const RdataToken* token = text.next();
  if (token == nullptr) return false;
  std::string_view from = token->text;
  if (from.starts_with('+')) {
    text.put_u8(kE164);
    from.remove_prefix(1);
    for (const char c : from) {
      if (!is_digit(static_cast<uint8_t>(c)))
        return text.fail_is_not("an E.164 number", "+ and decimal digits");
      text.put_u8(static_cast<uint8_t>(c));
    }
    return !from.empty() || text.fail_is_not("an E.164 number", "+ and decimal digits");
  }
  text.put_u8(kAtmEndSystem);
  return put_dotted_hex(text, from) ||
         text.fail_is_not("an ATM address", "write hex, dots allowed, or + and an E.164 number");
}

// Other formats are legal, but have no text form.
bool read_atma(base::ByteReader& wire, std::string* text) {
  const uint8_t format = wire.u8();
  const base::Bytes octets = wire.rest();
  if (octets.empty()) return false;
  switch (format) {
    case kAtmEndSystem:
      if (text != nullptr) base::append_hex(octets, *text);
      return true;
    case kE164:
      for (const uint8_t octet : octets) {
        if (!is_digit(octet)) return false;
      }
      if (text != nullptr) {
        *text += '+';
        text->append(octets.begin(), octets.end());
      }
      return true;
    default:
      return text == nullptr;
  }
}

}  // namespace

constinit const Field kNsap{parse_nsap, read_nsap};
constinit const Field kAtma{parse_atma, read_atma};

}  // namespace atlas::dns::rdata
