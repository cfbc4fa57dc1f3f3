#include "atlas/quic/client_hello.h"

namespace atlas::quic {
namespace {

constexpr size_t kVersionAndRandomOctets = 2 + 32;
constexpr uint16_t kServerNameExtension = 0;
constexpr uint16_t kPreSharedKeyExtension = 41;
constexpr uint8_t kHostName = 0;
constexpr size_t kNameOctetsMax = 255;

// Values that mean nothing, so that servers learn to ignore what they do not know (RFC 8701).
bool is_grease(uint16_t suite) {
  return (suite & 0x0f0f) == 0x0a0a && suite >> 8 == (suite & 0xff);
}

}  // namespace

ClientHello look_at_client_hello(base::Bytes message) {
  ClientHello hello;
  base::ByteReader reader(message);
  reader.skip(kVersionAndRandomOctets);
  reader.bytes(reader.u8());  // session id
  base::ByteReader suites(reader.bytes(reader.u16()));
  while (suites.remaining() >= 2) {
    const uint16_t suite = suites.u16();
    if (is_grease(suite)) continue;
    hello.first_suite = suite;
    break;
  }
  reader.bytes(reader.u8());  // compression methods
  base::ByteReader extensions(reader.bytes(reader.u16()));
  while (extensions.remaining() >= 4) {
    const uint16_t type = extensions.u16();
    base::ByteReader extension(extensions.bytes(extensions.u16()));
    if (type == kServerNameExtension) {
      extension.u16();  // of the list, which has one name of each kind
      const bool is_name = extension.u8() == kHostName;
      const base::Bytes name = extension.bytes(extension.u16());
      if (is_name && name.size() <= kNameOctetsMax) hello.server_name = base::text_of(name);
    } else if (type == kPreSharedKeyExtension) {
      extension.u16();
      hello.first_ticket = extension.bytes(extension.u16());
    }
  }
  return hello;
}

}  // namespace atlas::quic
