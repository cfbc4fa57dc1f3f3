#include "atlas/app/atlasctl/typed_name.h"

#include <idn2.h>

#include <algorithm>
#include <optional>
#include <string>

#include "atlas/net/address.h"

namespace atlas::app::atlasctl {
namespace {

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

base::Result<std::string> to_a_label(const std::string& label) {
  uint8_t* converted = nullptr;
  const int status = ::idn2_lookup_u8(reinterpret_cast<const uint8_t*>(label.c_str()), &converted,
                                      IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  if (status != IDN2_OK) {
    return base::fail("\"" + label +
                      "\" cannot be part of an internationalized domain name: " + ::idn2_strerror(status));
  }
  std::string text(reinterpret_cast<const char*>(converted));
  ::idn2_free(converted);
  return text;
}

}  // namespace

base::Result<dns::Name> parse_typed_name(std::string_view text) {
  if (is_ascii(text)) return dns::parse_name(text);
  std::string ascii;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('.', begin), text.size());
    const std::string label(text.substr(begin, end - begin));
    if (is_ascii(label)) {
      ascii += label;
    } else {
      const auto converted = to_a_label(label);
      if (!converted) return std::unexpected(converted.error());
      ascii += *converted;
    }
    if (end < text.size()) ascii += '.';
    begin = end + 1;
  }
  return dns::parse_name(ascii);
}

base::Result<dns::Name> reverse_name(std::string_view text) {
  const auto address = net::IpAddress::parse(text);
  if (!address) {
    return base::fail("\"" + std::string(text) + "\" is not an IP address",
                      "-x takes an address, as in -x 192.0.2.1");
  }
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string name;
  const auto& octets = address->octets();
  if (address->is_v4()) {
    for (size_t i = 16; i-- > 12;) name += std::to_string(octets[i]) + '.';
    name += "in-addr.arpa.";
  } else {
    for (size_t i = 16; i-- > 0;) {
      name += {kDigits[octets[i] & 15], '.', kDigits[octets[i] >> 4], '.'};
    }
    name += "ip6.arpa.";
  }
  return dns::parse_name(name);
}

}  // namespace atlas::app::atlasctl
