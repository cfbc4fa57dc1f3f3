#include "atlas/app/atlasctl/query/servers.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "atlas/base/file.h"

namespace atlas::app::atlasctl::query {
namespace {

constexpr char kResolvConf[] = "/etc/resolv.conf";
constexpr uint64_t kResolvConfOctetsMax = 1 << 20;
constexpr size_t kServersMax = 8;  // of resolv.conf, or of one server name

bool fits(const net::IpAddress& address, Family family) {
  return family == Family::kAny || address.is_v4() == (family == Family::kIpv4);
}

}  // namespace

std::vector<net::Endpoint> parse_resolv_conf(std::string_view text, uint16_t port) {
  std::vector<net::Endpoint> servers;
  while (!text.empty() && servers.size() < kServersMax) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    constexpr std::string_view kKeyword = "nameserver";
    constexpr std::string_view kBlanks = " \t\r";
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    if (!line.starts_with(kKeyword)) continue;
    line.remove_prefix(kKeyword.size());
    const size_t begin = line.find_first_not_of(kBlanks);
    if (begin == 0 || begin == line.npos) continue;
    line.remove_prefix(begin);
    line = line.substr(0, line.find_first_of(kBlanks));
    if (const auto address = net::IpAddress::parse(line)) servers.push_back({*address, port});
  }
  return servers;
}

base::Result<std::vector<net::Endpoint>> find_servers(const Options& options) {
  std::vector<net::Endpoint> servers;
  if (options.server.empty()) {
    const auto text = base::read_file(kResolvConf, kResolvConfOctetsMax);
    if (text) servers = parse_resolv_conf(*text, options.port);
    std::erase_if(servers,
                  [&](const net::Endpoint& server) { return !fits(server.address, options.family); });
    if (servers.empty()) {
      return base::fail(std::string(kResolvConf) + " names no server to ask",
                        "name one: atlasctl query @192.0.2.1 ...");
    }
    return servers;
  }
  if (const auto address = net::IpAddress::parse(options.server)) {
    if (!fits(*address, options.family)) {
      return base::fail("the server " + options.server + " has no address of the family that was asked for");
    }
    return std::vector{net::Endpoint{*address, options.port}};
  }
  addrinfo hints{};
  hints.ai_family = options.family == Family::kAny    ? AF_UNSPEC
                    : options.family == Family::kIpv4 ? AF_INET
                                                      : AF_INET6;
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_IDN;
  addrinfo* found = nullptr;
  const int status = ::getaddrinfo(options.server.c_str(), nullptr, &hints, &found);
  if (status != 0) {
    return base::fail("the server \"" + options.server + "\" has no address: " + ::gai_strerror(status),
                      "@ is followed by the address or host name of a server");
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  for (const addrinfo* at = found; at != nullptr && servers.size() < kServersMax; at = at->ai_next) {
    sockaddr_storage address{};
    std::memcpy(&address, at->ai_addr, std::min<size_t>(at->ai_addrlen, sizeof address));
    net::Endpoint server = net::Endpoint::from(address);
    server.port = options.port;
    servers.push_back(server);
  }
  return servers;
}

}  // namespace atlas::app::atlasctl::query
