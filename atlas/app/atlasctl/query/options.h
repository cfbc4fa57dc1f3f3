// What a query command asks, of whom and how: the words of its command line, which are dig's.
#pragma once

#include <chrono>
#include <cstdint>
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

namespace atlas::app::atlasctl::query {

enum class Format : uint8_t { kText, kShort, kJson };
enum class Family : uint8_t { kAny, kIpv4, kIpv6 };

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
  dns::Opcode opcode = dns::Opcode::QUERY;
  bool header_only = false;
  uint16_t flags = dns::kFlagRD | dns::kFlagAD;
  bool edns_enabled = true;
  dns::Edns edns;
  bool random_cookie = true;  // unless edns.options has one

  std::string server;  // as typed; empty = those of /etc/resolv.conf
  uint16_t port = 53;
  Family family = Family::kAny;
  std::optional<net::Endpoint> source;

  bool tcp = false;
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
