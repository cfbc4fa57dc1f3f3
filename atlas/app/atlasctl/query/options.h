// What a query command asks, of whom and how: the words of its command line, which are dig's.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/app/atlasctl/terminal.h"
#include "atlas/base/result.h"
#include "atlas/dns/edns.h"
#include "atlas/dns/message.h"
#include "atlas/net/address.h"
#include "atlas/tsig/key.h"

namespace atlas::app::atlasctl::query {

enum class Format : uint8_t { kText, kShort, kJson };
enum class Family : uint8_t { kAny, kIpv4, kIpv6 };

enum class Transport : uint8_t { kUdp, kTcp, kTls, kHttps, kQuic, kHttp3 };
// "UDP", as reports have it.
std::string_view to_text(Transport transport);
uint16_t default_port(Transport transport);
constexpr bool is_over_quic(Transport transport) {
  return transport == Transport::kQuic || transport == Transport::kHttp3;
}
constexpr bool is_encrypted(Transport transport) {
  return transport != Transport::kUdp && transport != Transport::kTcp;
}

enum class Padding : uint8_t {
  kWhereEncrypted,  // as kBlocks, over TLS, HTTPS and QUIC
  kBlocks,          // RFC 8467 4.1: to a multiple of 128 octets
  kAsGiven,         // edns.options has it
  kNever,
};

// Without any of the first two the server is not verified (RFC 8310 5, opportunistic privacy).
struct TlsOptions {
  bool verify = false;                     // by authorities
  std::vector<std::string> pins;           // of the server's key
  std::filesystem::path authorities_file;  // empty = the system's
  std::string hostname;                    // empty = the server as typed
  std::string sni;                         // told to the server; empty = the host name
  std::filesystem::path certificate_file;  // the client's own; empty = none
  std::filesystem::path key_file;          // empty = in certificate_file
};

struct HttpsOptions {
  std::string path = "/dns-query";
  bool get = false;
};

// Which parts of the text output are printed.
struct Sections {
  bool comments = true;  // status, flags, EDNS and headings
  bool question = true;
  bool answer = true;
  bool authority = true;
  bool additional = true;
  bool statistics = true;
};

struct Options {
  dns::Question question;
  uint32_t ixfr_serial = 0;  // of the version that an IXFR starts from
  dns::Opcode opcode = dns::Opcode::QUERY;
  bool header_only = false;
  uint16_t flags = dns::kFlagRD | dns::kFlagAD;
  bool edns_enabled = true;
  dns::Edns edns;
  bool random_cookie = true;  // unless edns.options has one

  std::string server;  // as typed; empty = those of /etc/resolv.conf
  uint16_t port = 0;   // of the transport, unless given
  Family family = Family::kAny;
  std::optional<net::Endpoint> source;

  Transport transport = Transport::kUdp;
  TlsOptions tls;
  HttpsOptions https;
  std::optional<tsig::Key> key;    // signs the query, and the reply
  std::filesystem::path key_file;  // where it is to be read from; empty = nowhere
  Padding padding = Padding::kWhereEncrypted;
  bool retry_truncated = true;
  bool retry_bad_cookie = true;
  std::chrono::milliseconds timeout{5000};  // of one try
  unsigned tries = 3;

  Format format = Format::kText;
  bool show_query = false;
  bool multiline = false;
  bool ttl = true;
  bool rr_class = true;
  bool generic_rdata = false;  // RFC 3597
  Sections sections;
  ColorMode color = ColorMode::kAuto;
  bool help = false;
};

// A zone is asked for, whose response may take several messages.
inline bool is_transfer(const Options& options) {
  return options.question.type == dns::RRType::AXFR || options.question.type == dns::RRType::IXFR;
}

// `words` without the program and command names.
base::Result<Options> parse_options(std::span<const std::string_view> words);

// One word of the command line, for the help, the completions and the manual.
struct WordHelp {
  std::string_view name;   // "-p" or "+bufsize"
  std::string_view value;  // "PORT"; empty = none
  std::string_view help;
  bool value_optional = false;
  bool negatable = false;  // "+no..." exists
  bool alias = false;      // of the word above it
};
std::vector<WordHelp> option_words();

}  // namespace atlas::app::atlasctl::query
