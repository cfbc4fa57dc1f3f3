#include "atlas/control/zones/remote_reference.h"

#include <algorithm>
#include <vector>

namespace atlas::control::zones {
namespace {

constexpr uint16_t kDnsPort = 53;
constexpr std::string_view kHint =
    "as in hidden (the name of a remote), 192.0.2.1 or \"[2001:db8::1]:5353 key xfr.example.\"";
constexpr size_t kWordsMax = 3;

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (size_t begin = 0; words.size() <= kWordsMax;) {
    begin = text.find_first_not_of(" \t", begin);
    if (begin == std::string_view::npos) break;
    const size_t end = std::min(text.find_first_of(" \t", begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return words;
}

bool is_remote_octet(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
         c == '.';
}

}  // namespace

bool is_remote_name(std::string_view text) {
  return !text.empty() && text.size() <= kRemoteNameOctetsMax && std::ranges::all_of(text, is_remote_octet) &&
         !net::Endpoint::parse(text, kDnsPort);
}

base::Result<RemoteReference> parse_remote_reference(std::string_view text) {
  const std::vector<std::string_view> words = words_of(text);
  if (words.empty()) return base::fail("a server has a name or an address", std::string(kHint));
  RemoteReference reference;
  if (const auto endpoint = net::Endpoint::parse(words[0], kDnsPort)) {
    reference.endpoint = *endpoint;
    if (endpoint->port == 0 || endpoint->address.is_unspecified())
      return base::fail('"' + std::string(words[0]) + "\" is no address of a server", std::string(kHint));
  } else if (is_remote_name(words[0])) {
    reference.name = words[0];
  } else {
    return base::fail('"' + std::string(words[0]) + "\" is neither the name of a remote nor an address",
                      std::string(kHint));
  }
  if (words.size() == 1) return reference;
  if (words.size() != kWordsMax || words[1] != "key")
    return base::fail("what follows an address is \"key\" and the name of a key", std::string(kHint));
  if (!reference.endpoint)
    return base::fail("a remote has its key in the configuration", "leave out \"key\" behind its name");
  const auto key = dns::parse_name(words[2]);
  if (!key) return std::unexpected(key.error());
  reference.key = *key;
  reference.key->make_lower();
  return reference;
}

}  // namespace atlas::control::zones
