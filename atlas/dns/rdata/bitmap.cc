// Sets of RR types as bitmaps: NSEC, NSEC3 and CSYNC (RFC 4034 4.1.2), and the older NXT (RFC 2535 5.2).
#include <algorithm>
#include <memory>

#include "atlas/dns/rdata/field.h"

namespace atlas::dns::rdata {
namespace {

constexpr size_t kWindowOctetsMax = 32;
constexpr size_t kWindows = 256;
constexpr uint16_t kNxtTypeMax = 127;

using Window = std::array<uint8_t, kWindowOctetsMax>;

void append_types(size_t first, base::Bytes bits, std::string& out) {
  for (size_t octet = 0; octet < bits.size(); ++octet) {
    for (size_t bit = 0; bit < 8; ++bit) {
      if ((bits[octet] & 0x80 >> bit) == 0) continue;
      if (!out.empty() && out.back() != ' ') out += ' ';
      out += to_text(static_cast<RRType>(first + octet * 8 + bit));
    }
  }
}

size_t used_octets(const Window& window) {
  size_t used = window.size();
  while (used > 0 && window[used - 1] == 0) --used;
  return used;
}

// The next token as a type of at most `max`.
bool take_type(TextReader& text, uint16_t max, uint16_t& number) {
  const auto type = parse_rrtype(text.next()->text);
  if (!type) return text.fail_is_not("an RR type", "write a mnemonic, or TYPE and a number, as in TYPE65280");
  number = static_cast<uint16_t>(*type);
  return number <= max || text.fail_is_not("a type that NXT can show", "NXT knows types 1 to 127 only");
}

bool parse_bitmap(TextReader& text) {
  if (text.at_end()) return true;
  // 8 KiB, on the heap: zone loaders may run on small stacks.
  const auto windows = std::make_unique<std::array<Window, kWindows>>();
  size_t windows_used = 0;
  while (!text.at_end()) {
    uint16_t number = 0;
    if (!take_type(text, 0xffff, number)) return false;
    (*windows)[number >> 8][(number & 0xff) >> 3] |= static_cast<uint8_t>(0x80 >> (number & 7));
    windows_used = std::max<size_t>(windows_used, (number >> 8) + 1u);
  }
  for (size_t i = 0; i < windows_used; ++i) {
    const Window& window = (*windows)[i];
    const size_t used = used_octets(window);
    if (used == 0) continue;
    text.put_u8(i);
    text.put_u8(used);
    text.put(base::Bytes(window).first(used));
  }
  return true;
}

// RFC 4034 4.1.2: windows in order, none empty, no trailing zero octets.
bool read_bitmap(base::ByteReader& wire, std::string* text) {
  int last_window = -1;
  while (wire.remaining() > 0) {
    const uint8_t window = wire.u8();
    const uint8_t size = wire.u8();
    const base::Bytes bits = wire.bytes(size);
    if (!wire.ok() || window <= last_window || size == 0 || size > kWindowOctetsMax || bits.back() == 0)
      return false;
    last_window = window;
    if (text != nullptr) append_types(size_t{window} << 8, bits, *text);
  }
  return wire.ok();
}

bool parse_nxt(TextReader& text) {
  Window window{};
  while (!text.at_end()) {
    uint16_t number = 0;
    if (!take_type(text, kNxtTypeMax, number)) return false;
    if (number == 0) return text.fail_is_not("a type that NXT can show", "NXT knows types 1 to 127 only");
    window[number >> 3] |= static_cast<uint8_t>(0x80 >> (number & 7));
  }
  text.put(base::Bytes(window).first(used_octets(window)));
  return true;
}

// Bit 0 set means another format, which was never defined.
bool read_nxt(base::ByteReader& wire, std::string* text) {
  const base::Bytes bits = wire.rest();
  if (!wire.ok() || bits.size() > kNxtTypeMax / 8 + 1) return false;
  if (bits.empty()) return true;
  if ((bits[0] & 0x80) != 0 || bits.back() == 0) return false;
  if (text != nullptr) append_types(0, bits, *text);
  return true;
}

}  // namespace

constinit const Field kTypeBitmap{parse_bitmap, read_bitmap};
constinit const Field kNxtBitmap{parse_nxt, read_nxt};

}  // namespace atlas::dns::rdata
