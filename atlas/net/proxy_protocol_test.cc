#include "atlas/net/proxy_protocol.h"

#include <gtest/gtest.h>

#include "atlas/base/checksum.h"

namespace atlas::net {
namespace {

using State = ProxyHeader::State;
using Octets = std::vector<uint8_t>;

Endpoint endpoint(std::string_view text) {
  return *Endpoint::parse(text, 0);
}

Octets header(uint8_t version_and_command, uint8_t family_and_transport, const Octets& rest) {
  Octets octets{'\r',
                '\n',
                '\r',
                '\n',
                0,
                '\r',
                '\n',
                'Q',
                'U',
                'I',
                'T',
                '\n',
                version_and_command,
                family_and_transport,
                static_cast<uint8_t>(rest.size() >> 8),
                static_cast<uint8_t>(rest.size())};
  octets.insert(octets.end(), rest.begin(), rest.end());
  return octets;
}

Octets joined(Octets a, const Octets& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

const Octets kAddresses = {192, 0, 2, 1, 198, 51, 100, 2, 0x12, 0x34, 0, 53};

ProxyError error_of(const Octets& octets) {
  const ProxyHeader parsed = parse_proxy_header(octets);
  EXPECT_EQ(parsed.state == State::kMalformed, parsed.error != ProxyError::kNone);
  return parsed.error;
}

TEST(ProxyProtocol, ReadsAddresses) {
  ProxyHeader parsed = parse_proxy_header(joined(header(0x21, 0x11, kAddresses), {'h', 'i'}));
  EXPECT_EQ(parsed.state, State::kComplete);
  EXPECT_EQ(parsed.octets, 28) << "what follows is the client's";
  EXPECT_EQ(parsed.source, endpoint("192.0.2.1:4660"));
  EXPECT_EQ(parsed.destination, endpoint("198.51.100.2:53"));
  Octets v6(36);
  v6[0] = 0x20, v6[15] = 1, v6[16] = 0xfe, v6[31] = 2, v6[33] = 1, v6[35] = 2;
  parsed = parse_proxy_header(header(0x21, 0x22, v6));
  EXPECT_EQ(parsed.state, State::kComplete);
  EXPECT_EQ(parsed.source, endpoint("[2000::1]:1"));
  EXPECT_EQ(parsed.destination, endpoint("[fe00::2]:2"));
}

TEST(ProxyProtocol, TellsNoAddressesWhereThereAreNone) {
  for (const Octets& octets : {
           header(0x20, 0x11, kAddresses),                         // LOCAL
           header(0x20, 0x00, {}), header(0x20, 0x11, {1, 2, 3}),  // whose rest is ignored
           header(0x21, 0x00, {1, 2, 3}),                          // UNSPEC
           header(0x21, 0x31, Octets(216)),                        // UNIX
       }) {
    const ProxyHeader parsed = parse_proxy_header(octets);
    EXPECT_EQ(parsed.state, State::kComplete);
    EXPECT_EQ(parsed.octets, octets.size());
    EXPECT_FALSE(parsed.source);
    EXPECT_FALSE(parsed.destination);
  }
}

TEST(ProxyProtocol, WaitsForTheRestOfAStream) {
  const Octets whole =
      write_proxy_header(ProxyTransport::kStream, endpoint("192.0.2.1:1"), endpoint("192.0.2.2:2"));
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(parse_proxy_header(base::Bytes(whole).first(size)).state, State::kIncomplete) << size;
  EXPECT_EQ(parse_proxy_header(whole).state, State::kComplete);
}

TEST(ProxyProtocol, SaysWhatIsWrongAsSoonAsItCanBeKnown) {
  EXPECT_EQ(error_of({'G'}), ProxyError::kNotProxy);
  EXPECT_EQ(error_of({'\r', '\n', '\r', 'x'}), ProxyError::kNotProxy);
  const std::string_view text = "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n";
  EXPECT_EQ(error_of({text.begin(), text.end()}), ProxyError::kVersion1);
  EXPECT_EQ(error_of(header(0x11, 0x11, kAddresses)), ProxyError::kVersion);
  EXPECT_EQ(error_of(header(0x22, 0x11, kAddresses)), ProxyError::kCommand);
  EXPECT_EQ(error_of(header(0x21, 0x41, kAddresses)), ProxyError::kFamily);
  EXPECT_EQ(error_of(header(0x21, 0x13, kAddresses)), ProxyError::kFamily);
  EXPECT_EQ(error_of(header(0x21, 0x11, Octets(11))), ProxyError::kLength);
  EXPECT_EQ(error_of(header(0x21, 0x21, Octets(35))), ProxyError::kLength);
  EXPECT_EQ(error_of(header(0x21, 0x31, Octets(215))), ProxyError::kLength);
  Octets large = header(0x21, 0x11, joined(kAddresses, Octets(2021)));
  large.resize(kProxyHeaderOctetsMin);
  EXPECT_EQ(error_of(large), ProxyError::kLength) << "too long to be waited for";
}

TEST(ProxyProtocol, ChecksTheLengthsOfValues) {
  EXPECT_EQ(error_of(header(0x21, 0x11, joined(kAddresses, {4, 0, 2, 'a', 'b', 5, 0, 0}))),
            ProxyError::kNone);
  EXPECT_EQ(error_of(header(0x21, 0x11, joined(kAddresses, {4, 0, 3, 'a', 'b'}))), ProxyError::kLength);
  EXPECT_EQ(error_of(header(0x21, 0x11, joined(kAddresses, {4, 0}))), ProxyError::kLength);
  EXPECT_EQ(error_of(header(0x21, 0x11, joined(kAddresses, {3, 0, 3, 0, 0, 0}))), ProxyError::kLength);
}

TEST(ProxyProtocol, VerifiesAChecksum) {
  const Octets whole =
      write_proxy_header(ProxyTransport::kDatagram, endpoint("[2001:db8::1]:1"), endpoint("[2001:db8::2]:2"));
  for (size_t i = kProxyHeaderOctetsMin; i < kProxyHeaderOctetsMin + 36; ++i) {
    Octets broken = whole;
    broken[i] ^= 1;
    EXPECT_EQ(error_of(broken), ProxyError::kChecksum) << i;
  }
}

TEST(ProxyProtocol, ReadsWhatItWrites) {
  for (const auto& [source, destination] :
       {std::pair{"192.0.2.1:65535", "192.0.2.2:1"}, {"[2001:db8::1]:1", "[2001:db8::2]:2"}}) {
    for (const auto transport : {ProxyTransport::kStream, ProxyTransport::kDatagram}) {
      const Octets whole = write_proxy_header(transport, endpoint(source), endpoint(destination));
      const ProxyHeader parsed = parse_proxy_header(whole);
      EXPECT_EQ(parsed.state, State::kComplete);
      EXPECT_EQ(parsed.octets, whole.size());
      EXPECT_EQ(parsed.source, endpoint(source));
      EXPECT_EQ(parsed.destination, endpoint(destination));
      EXPECT_EQ(whole[13] & 0xf, static_cast<uint8_t>(transport));
    }
  }
  const Octets local = write_proxy_header(ProxyTransport::kStream, {}, {});
  EXPECT_EQ(local[12], 0x20);
  EXPECT_EQ(parse_proxy_header(local).state, State::kComplete);
  EXPECT_FALSE(parse_proxy_header(local).source);
}

}  // namespace
}  // namespace atlas::net
