#include "atlas/app/atlasctl/query/exchange.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "atlas/base/file.h"
#include "atlas/net/file_descriptor.h"

namespace atlas::app::atlasctl::query {
namespace {

using base::MonotonicTime;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr char kResolvConf[] = "/etc/resolv.conf";
constexpr uint64_t kResolvConfOctetsMax = 1 << 20;
constexpr size_t kServersMax = 8;         // of resolv.conf, or of one server name
constexpr size_t kStrayPacketsMax = 100;  // ignored in one try before giving up on it

void fill_random(void* at, size_t octets) {
  // Cannot fail for so few octets once the system is up.
  [[maybe_unused]] const ssize_t filled = ::getrandom(at, octets, 0);
}

milliseconds left_until(MonotonicTime deadline) {
  return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(deadline - base::monotonic_now()));
}

// False when the deadline passed first.
bool wait_for(int fd, short events, MonotonicTime deadline) {
  pollfd waiting{fd, events, 0};
  for (;;) {
    const int ready = ::poll(&waiting, 1, static_cast<int>(left_until(deadline).count()));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

std::string hint_for(int error, const net::Endpoint& server) {
  switch (error) {
    case ECONNREFUSED:
      return "nothing listens on " + server.to_text() + ": is a server running there, and on that port?";
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EADDRNOTAVAIL:
      return server.address.is_v4() ? "this machine has no way to that address"
                                    : "this machine has no way to that IPv6 address; -4 asks over IPv4";
    case EACCES:
    case EPERM:
      return "a firewall of this machine may be in the way";
    default:
      return "";
  }
}

ExchangeError system_error(const std::string& what, int error, const net::Endpoint& server) {
  return {Failure::kNoReply, what + ": " + std::strerror(error), hint_for(error, server), {}, {}};
}

ExchangeError timeout_error(const net::Endpoint& server, bool tcp, milliseconds waited) {
  return {Failure::kNoReply,
          "no reply from " + server.to_text() + (tcp ? " over TCP" : " over UDP") + " within " +
              std::to_string(waited.count()) + " ms",
          "",
          {},
          {}};
}

// A reply as it came, before it was parsed.
struct RawReply {
  std::vector<uint8_t> wire;
  microseconds elapsed{};
};

base::Result<net::FileDescriptor, ExchangeError> open_socket(const Options& options,
                                                             const net::Endpoint& server, int type) {
  const bool is_v4 = server.address.is_v4();
  net::FileDescriptor socket(::socket(is_v4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) {
    auto error = system_error("cannot open a socket", errno, server);
    error.failure = Failure::kInternal;
    return std::unexpected(std::move(error));
  }
  // Reports ICMP errors on a socket that is not connected, and so can tell who a stray packet came from.
  const int on = 1;
  if (is_v4) {
    ::setsockopt(socket.get(), IPPROTO_IP, IP_RECVERR, &on, sizeof on);
  } else {
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_RECVERR, &on, sizeof on);
  }
  if (options.source) {
    sockaddr_storage address{};
    const socklen_t length = options.source->to_sockaddr(address);
    if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) {
      auto error = system_error("cannot send from " + options.source->to_text(), errno, server);
      error.failure = Failure::kInternal;
      error.hint = "-b takes an address of this machine, of the same family as the server's";
      return std::unexpected(std::move(error));
    }
  }
  return socket;
}

// Parses and compares; `note` says why a packet is none of ours.
enum class Verdict : uint8_t { kReply, kStray, kMalformed };
Verdict judge(const dns::Message& query, base::Bytes wire, dns::Message& reply, std::string& note) {
  base::ByteReader reader(wire);
  const auto header = dns::read_header(reader);
  if (!header || header->id != query.header.id || (header->flags & dns::kFlagQR) == 0) {
    note = !header ? "is shorter than a header"
           : (header->flags & dns::kFlagQR) == 0
               ? "is a query"
               : "has id " + std::to_string(header->id) + " instead of " + std::to_string(query.header.id);
    return Verdict::kStray;
  }
  auto parsed = dns::parse_message(wire);
  if (!parsed) {
    note = parsed.error().message;
    return Verdict::kMalformed;
  }
  if (!is_reply_to(query, *parsed, note)) return Verdict::kStray;
  reply = std::move(*parsed);
  return Verdict::kReply;
}

class Conversation {
 public:
  Conversation(const Options& options, const std::function<void(const dns::Message&)>& sent)
      : options_(options), sent_(sent), query_(build_query(options)) {}

  base::Result<Exchange, ExchangeError> run(const std::vector<net::Endpoint>& servers) {
    ExchangeError last;
    const unsigned tries = options_.tcp ? 1 : options_.tries;
    for (unsigned attempt = 0; attempt < tries; ++attempt) {
      for (const net::Endpoint& server : servers) {
        auto result = ask(server);
        if (result) {
          result->notes = std::move(notes_);
          return result;
        }
        last = std::move(result.error());
        if (last.failure != Failure::kNoReply) break;
        // Refused stays refused: asking the only server again tells nothing new.
        const bool is_final = !last.hint.empty() && servers.size() == 1;
        const bool is_last = is_final || (attempt + 1 == tries && &server == &servers.back());
        if (!is_last) notes_.push_back(last.message);
      }
      if (last.failure != Failure::kNoReply || (!last.hint.empty() && servers.size() == 1)) break;
    }
    last.notes = std::move(notes_);
    if (last.hint.empty() && last.failure == Failure::kNoReply) {
      last.hint = options_.tcp ? "is TCP allowed on the way there?"
                               : "is the server up and the way there open? +tcp asks over TCP";
    }
    return std::unexpected(std::move(last));
  }

 private:
  base::Result<Exchange, ExchangeError> ask(const net::Endpoint& server) {
    auto result = options_.tcp ? ask_tcp(server) : ask_udp(server);
    if (!result) return result;
    if (result->reply.rcode() == dns::Rcode::BADCOOKIE && options_.retry_bad_cookie &&
        take_server_cookie(*result)) {
      notes_.push_back("BADCOOKIE: asked again with the server's cookie");
      result = options_.tcp ? ask_tcp(server) : ask_udp(server);
      if (!result) return result;
    }
    if (!result->tcp && (result->reply.header.flags & dns::kFlagTC) != 0 && options_.retry_truncated) {
      notes_.push_back("the reply over UDP was truncated: asked again over TCP");
      return ask_tcp(server);
    }
    return result;
  }

  // RFC 7873 5.3: the server's cookie joins ours.
  bool take_server_cookie(const Exchange& exchange) {
    const auto* theirs = exchange.reply.edns ? exchange.reply.edns->find<dns::CookieOption>() : nullptr;
    if (theirs == nullptr || !query_.edns) return false;
    for (dns::Option& option : query_.edns->options) {
      auto* ours = std::get_if<dns::CookieOption>(&option);
      if (ours == nullptr || ours->client != theirs->client || theirs->server.empty()) continue;
      ours->server = theirs->server;
      return true;
    }
    return false;
  }

  base::Result<std::vector<uint8_t>, ExchangeError> encode_query() {
    fill_random(&query_.header.id, sizeof query_.header.id);
    auto wire = dns::encode(query_);
    if (!wire) return std::unexpected(ExchangeError{Failure::kInternal, wire.error().message, "", {}, {}});
    sent_(query_);
    return std::move(*wire);
  }

  base::Result<Exchange, ExchangeError> finish(const net::Endpoint& server, bool tcp, dns::Message&& reply,
                                               RawReply&& raw) {
    return Exchange{query_, std::move(reply), std::move(raw.wire), server,
                    tcp,    raw.elapsed,      base::wall_now(),    {}};
  }

  ExchangeError malformed(const net::Endpoint& server, const std::string& why, std::vector<uint8_t>&& wire) {
    return {Failure::kMalformed,
            "the reply of " + server.to_text() + " is no DNS message: " + why,
            "",
            {},
            std::move(wire)};
  }

  base::Result<Exchange, ExchangeError> ask_udp(const net::Endpoint& server) {
    auto socket = open_socket(options_, server, SOCK_DGRAM);
    if (!socket) return std::unexpected(std::move(socket.error()));
    const auto wire = encode_query();
    if (!wire) return std::unexpected(wire.error());
    sockaddr_storage address{};
    const socklen_t length = server.to_sockaddr(address);
    const MonotonicTime begun = base::monotonic_now();
    const MonotonicTime deadline = begun + options_.timeout;
    if (::sendto(socket->get(), wire->data(), wire->size(), 0, reinterpret_cast<const sockaddr*>(&address),
                 length) < 0) {
      return std::unexpected(system_error("cannot send to " + server.to_text(), errno, server));
    }
    std::vector<uint8_t> buffer(dns::kMessageOctetsMax);
    for (size_t strays = 0; strays < kStrayPacketsMax && wait_for(socket->get(), POLLIN, deadline);) {
      sockaddr_storage from{};
      socklen_t from_length = sizeof from;
      const ssize_t size = ::recvfrom(socket->get(), buffer.data(), buffer.size(), 0,
                                      reinterpret_cast<sockaddr*>(&from), &from_length);
      const MonotonicTime now = base::monotonic_now();
      if (size < 0) {
        if (errno == EAGAIN || errno == EINTR) continue;
        return std::unexpected(
            system_error("no reply from " + server.to_text() + " over UDP", errno, server));
      }
      const net::Endpoint sender = net::Endpoint::from(from);
      if (sender != server) {
        notes_.push_back("ignored a packet from " + sender.to_text() + ", which was not asked");
        ++strays;
        continue;
      }
      std::string note;
      dns::Message reply;
      const base::Bytes received(buffer.data(), static_cast<size_t>(size));
      const Verdict verdict = judge(query_, received, reply, note);
      if (verdict == Verdict::kStray) {
        notes_.push_back("ignored a packet from " + sender.to_text() + ": it " + note);
        ++strays;
        continue;
      }
      RawReply raw{{received.begin(), received.end()}, std::chrono::duration_cast<microseconds>(now - begun)};
      if (verdict == Verdict::kMalformed)
        return std::unexpected(malformed(server, note, std::move(raw.wire)));
      return finish(server, false, std::move(reply), std::move(raw));
    }
    return std::unexpected(timeout_error(server, false, options_.timeout));
  }

  base::Result<Exchange, ExchangeError> ask_tcp(const net::Endpoint& server) {
    auto socket = open_socket(options_, server, SOCK_STREAM);
    if (!socket) return std::unexpected(std::move(socket.error()));
    const MonotonicTime begun = base::monotonic_now();
    const MonotonicTime deadline = begun + options_.timeout;
    if (auto connected = connect(socket->get(), server, deadline); !connected) {
      return std::unexpected(std::move(connected.error()));
    }
    auto wire = encode_query();
    if (!wire) return std::unexpected(wire.error());
    const uint8_t prefix[] = {static_cast<uint8_t>(wire->size() >> 8), static_cast<uint8_t>(wire->size())};
    wire->insert(wire->begin(), std::begin(prefix), std::end(prefix));
    if (auto done = send_all(socket->get(), server, *wire, deadline); !done) {
      return std::unexpected(std::move(done.error()));
    }
    for (size_t strays = 0; strays < kStrayPacketsMax; ++strays) {
      std::vector<uint8_t> received(2);
      if (auto done = receive_all(socket->get(), server, received, deadline); !done) {
        return std::unexpected(std::move(done.error()));
      }
      received.resize(base::load_u16(received.data()));
      if (auto done = receive_all(socket->get(), server, received, deadline); !done) {
        return std::unexpected(std::move(done.error()));
      }
      RawReply raw{std::move(received),
                   std::chrono::duration_cast<microseconds>(base::monotonic_now() - begun)};
      std::string note;
      dns::Message reply;
      const Verdict verdict = judge(query_, raw.wire, reply, note);
      if (verdict == Verdict::kReply) {
        const bool is_transfer =
            options_.question.type == dns::RRType::AXFR || options_.question.type == dns::RRType::IXFR;
        if (is_transfer && !reply.answers.empty()) {
          notes_.push_back("a transfer may go on in further messages, and only its first one is shown");
        }
        return finish(server, true, std::move(reply), std::move(raw));
      }
      if (verdict == Verdict::kMalformed)
        return std::unexpected(malformed(server, note, std::move(raw.wire)));
      notes_.push_back("ignored a message from " + server.to_text() + ": it " + note);
    }
    return std::unexpected(timeout_error(server, true, options_.timeout));
  }

  base::Result<void, ExchangeError> connect(int fd, const net::Endpoint& server, MonotonicTime deadline) {
    sockaddr_storage address{};
    const socklen_t length = server.to_sockaddr(address);
    const std::string what = "cannot connect to " + server.to_text() + " over TCP";
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), length) == 0) return {};
    if (errno != EINPROGRESS) return std::unexpected(system_error(what, errno, server));
    if (!wait_for(fd, POLLOUT, deadline))
      return std::unexpected(timeout_error(server, true, options_.timeout));
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return std::unexpected(system_error(what, error, server));
    return {};
  }

  base::Result<void, ExchangeError> send_all(int fd, const net::Endpoint& server, base::Bytes bytes,
                                             MonotonicTime deadline) {
    while (!bytes.empty()) {
      const ssize_t size = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (size >= 0) {
        bytes = bytes.subspan(static_cast<size_t>(size));
      } else if (errno != EAGAIN && errno != EINTR) {
        return std::unexpected(
            system_error("cannot send to " + server.to_text() + " over TCP", errno, server));
      } else if (!wait_for(fd, POLLOUT, deadline)) {
        return std::unexpected(timeout_error(server, true, options_.timeout));
      }
    }
    return {};
  }

  base::Result<void, ExchangeError> receive_all(int fd, const net::Endpoint& server, std::span<uint8_t> bytes,
                                                MonotonicTime deadline) {
    while (!bytes.empty()) {
      if (!wait_for(fd, POLLIN, deadline))
        return std::unexpected(timeout_error(server, true, options_.timeout));
      const ssize_t size = ::recv(fd, bytes.data(), bytes.size(), 0);
      if (size > 0) {
        bytes = bytes.subspan(static_cast<size_t>(size));
      } else if (size == 0) {
        return std::unexpected(ExchangeError{
            Failure::kNoReply, server.to_text() + " closed the connection before a whole reply", "", {}, {}});
      } else if (errno != EAGAIN && errno != EINTR) {
        return std::unexpected(
            system_error("no reply from " + server.to_text() + " over TCP", errno, server));
      }
    }
    return {};
  }

  const Options& options_;
  const std::function<void(const dns::Message&)>& sent_;
  dns::Message query_;
  std::vector<std::string> notes_;
};

bool fits(const net::IpAddress& address, Family family) {
  return family == Family::kAny || address.is_v4() == (family == Family::kIpv4);
}

}  // namespace

dns::Message build_query(const Options& options) {
  dns::Message query;
  fill_random(&query.header.id, sizeof query.header.id);
  query.header.flags = options.flags;
  query.header.opcode = options.opcode;
  if (!options.header_only) query.questions.push_back(options.question);
  if (options.edns_enabled) {
    query.edns = options.edns;
    if (options.random_cookie) {
      dns::CookieOption cookie;
      fill_random(cookie.client.data(), cookie.client.size());
      query.edns->options.insert(query.edns->options.begin(), cookie);
    }
  }
  return query;
}

bool is_reply_to(const dns::Message& query, const dns::Message& reply, std::string& why) {
  if (reply.header.opcode != query.header.opcode) {
    why = "has opcode " + dns::to_text(reply.header.opcode);
    return false;
  }
  if (reply.questions == query.questions) return true;
  if (reply.questions.empty() && reply.header.rcode != 0) return true;
  why = reply.questions.empty() ? "has no question"
                                : "answers another question: " + dns::to_text(reply.questions[0].name) + " " +
                                      dns::to_text(reply.questions[0].type);
  return false;
}

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

base::Result<Exchange, ExchangeError> exchange(const Options& options,
                                               const std::vector<net::Endpoint>& servers,
                                               const std::function<void(const dns::Message&)>& sent) {
  return Conversation(options, sent).run(servers);
}

}  // namespace atlas::app::atlasctl::query
