#include "atlas/app/atlasctl/query/plus_words.h"

#include <algorithm>
#include <charconv>

#include "atlas/app/atlasctl/query/option_values.h"
#include "atlas/app/atlasctl/spelling.h"
#include "atlas/base/quantity.h"
#include "atlas/query/client_subnet.h"

namespace atlas::app::atlasctl::query {
namespace {

using base::fail;
using base::Result;

constexpr unsigned kTriesMax = 100;
constexpr uint64_t kTimeoutSecondsMax = 3600;
constexpr uint16_t kPaddingOctetsMax = 4096;

Result<std::vector<uint8_t>> parse_hex(std::string_view what, std::string_view text) {
  std::vector<uint8_t> octets(text.size() / 2);
  for (size_t i = 0; i < text.size(); i += 2) {
    const char* begin = text.data() + i;
    if (i + 2 > text.size() || std::from_chars(begin, begin + 2, octets[i / 2], 16).ptr != begin + 2) {
      return fail(std::string(what) + ": " + quoted(text) + " is not hexadecimal digits in pairs");
    }
  }
  return octets;
}

void set_flag(Options& options, uint16_t flag, bool on) {
  options.flags = static_cast<uint16_t>(on ? options.flags | flag : options.flags & ~flag);
}

// Puts `option` in place of one of its kind, or takes that one away.
template <class T>
void set_edns_option(Options& options, bool on, T option) {
  std::erase_if(options.edns.options,
                [](const dns::Option& present) { return std::holds_alternative<T>(present); });
  if (on) options.edns.options.push_back(std::move(option));
  if (on) options.edns_enabled = true;
}

Result<void> set_cookie(Options& options, bool on, std::string_view value) {
  options.random_cookie = on && value.empty();
  if (!on || value.empty()) {
    set_edns_option(options, false, dns::CookieOption{});
    return {};
  }
  const auto octets = parse_hex("+cookie", value);
  if (!octets) return std::unexpected(octets.error());
  if (octets->size() != 8 && (octets->size() < 16 || octets->size() > 40)) {
    return fail("+cookie: a cookie has 8 octets, or 16 to 40 with the server's part, and this one " +
                    std::to_string(octets->size()),
                "octets that break the rules can be sent with +ednsopt=10:HEX");
  }
  dns::CookieOption cookie;
  std::copy_n(octets->begin(), 8, cookie.client.begin());
  cookie.server.assign(octets->begin() + 8, octets->end());
  set_edns_option(options, true, std::move(cookie));
  return {};
}

Result<void> set_subnet(Options& options, bool on, std::string_view value) {
  if (!on) {
    set_edns_option(options, false, dns::ClientSubnetOption{});
    return {};
  }
  // dig's short form for "do not tell anybody about me".
  const auto subnet = atlas::query::parse_client_subnet(value == "0" || value == "0/0" ? "0.0.0.0/0" : value);
  if (!subnet) return fail("+subnet: " + subnet.error().message, subnet.error().hint);
  set_edns_option(options, true, *subnet);
  return {};
}

Result<void> add_edns_option(Options& options, bool on, std::string_view value) {
  if (!on) {
    options.edns.options.clear();
    return {};
  }
  const size_t colon = std::min(value.find(':'), value.size());
  uint16_t code = 0;
  if (auto set = set_number(code, "+ednsopt", value.substr(0, colon), 0, 65535); !set) return set;
  const auto data =
      parse_hex("+ednsopt", colon < value.size() ? value.substr(colon + 1) : std::string_view());
  if (!data) return std::unexpected(data.error());
  options.edns.options.push_back(dns::UnknownOption{static_cast<dns::EdnsOption>(code), *data});
  options.edns_enabled = true;
  return {};
}

Result<void> set_padding(Options& options, bool on, std::string_view value) {
  dns::PaddingOption padding;
  options.padding = !on ? Padding::kNever : value.empty() ? Padding::kBlocks : Padding::kAsGiven;
  if (options.padding == Padding::kAsGiven) {
    if (auto set = set_number(padding.octets, "+padding", value, 0, kPaddingOctetsMax); !set) return set;
  }
  set_edns_option(options, options.padding == Padding::kAsGiven, padding);
  options.edns_enabled |= on;
  return {};
}

Result<void> set_timeout(Options& options, std::string_view value) {
  unsigned seconds = 0;
  if (set_number(seconds, "+time", value, 0, kTimeoutSecondsMax)) {
    options.timeout = std::chrono::seconds(std::max(1u, seconds));
    return {};
  }
  const auto duration = base::parse_duration(value);
  if (!duration || duration->count() < 1 || *duration > std::chrono::seconds(kTimeoutSecondsMax)) {
    return fail("+time: " + quoted(value) + " is not a time of 1 ms to 1 h",
                "seconds, or with a unit, as in 500ms");
  }
  options.timeout = *duration;
  return {};
}

Result<void> set_opcode(Options& options, std::string_view value) {
  for (const auto opcode : {dns::Opcode::QUERY, dns::Opcode::IQUERY, dns::Opcode::STATUS, dns::Opcode::NOTIFY,
                            dns::Opcode::UPDATE, dns::Opcode::DSO}) {
    if (std::ranges::equal(dns::to_text(opcode), value, {}, {}, [](char c) { return c & ~0x20; })) {
      options.opcode = opcode;
      return {};
    }
  }
  uint8_t number = 0;
  if (auto set = set_number(number, "+opcode", value, 0, 15); !set) return set;
  options.opcode = static_cast<dns::Opcode>(number);
  return {};
}

void set_all(Options& options, bool on) {
  options.sections = Sections{on, on, on, on, on, on};
}

void set_transport(Options& options, Transport transport, bool on) {
  if (on) {
    options.transport = transport;
  } else if (options.transport == transport) {
    options.transport = Transport::kUdp;
  }
}

Result<void> set_https(Options& options, Transport transport, bool on, bool get, std::string_view path) {
  set_transport(options, transport, on);
  if (!on) return {};
  options.https.get = get;
  if (path.empty()) return {};
  if (!path.starts_with('/') || path.find_first_of(" ?#") != path.npos)
    return fail("+https: " + quoted(path) + " is not a path", "as in +https=/dns-query; @ names the server");
  options.https.path = path;
  return {};
}

enum class Value : uint8_t { kNone, kOptional, kRequired };

// A word that begins with "+". `value` is empty where none was given.
struct PlusWord {
  std::string_view name;
  Value value;
  bool negatable;
  std::string_view value_name;
  std::string_view help;  // empty = another name of the word above
  Result<void> (*apply)(Options&, bool on, std::string_view value);
};

constexpr auto kNone = Value::kNone;
constexpr auto kOptional = Value::kOptional;
constexpr auto kRequired = Value::kRequired;

// Most words only set something and cannot fail.
#define ATLAS_SET(statement)                                                   \
  [](Options& o, [[maybe_unused]] bool on, std::string_view) -> Result<void> { \
    statement;                                                                 \
    return {};                                                                 \
  }

#define ATLAS_SET_TEXT(...)                                                                           \
  [](Options& o, [[maybe_unused]] bool on, [[maybe_unused]] std::string_view value) -> Result<void> { \
    __VA_ARGS__;                                                                                      \
    return {};                                                                                        \
  }

constexpr PlusWord kPlusWords[] = {
    {"short", kNone, true, "", "print only the answer's RDATA",
     ATLAS_SET(o.format = on ? Format::kShort : Format::kText)},
    {"json", kNone, true, "", "print the reply as JSON (RFC 8427)",
     ATLAS_SET(o.format = on ? Format::kJson : Format::kText)},
    {"multiline", kNone, true, "", "print long records over several lines", ATLAS_SET(o.multiline = on)},
    {"all", kNone, true, "", "print every part of the reply", ATLAS_SET(set_all(o, on))},
    {"comments", kNone, true, "", "print status, flags, EDNS and headings",
     ATLAS_SET(o.sections.comments = on)},
    {"question", kNone, true, "", "print the question", ATLAS_SET(o.sections.question = on)},
    {"answer", kNone, true, "", "print the answer section", ATLAS_SET(o.sections.answer = on)},
    {"authority", kNone, true, "", "print the authority section", ATLAS_SET(o.sections.authority = on)},
    {"additional", kNone, true, "", "print the additional section", ATLAS_SET(o.sections.additional = on)},
    {"stats", kNone, true, "", "print size, server, transport and time",
     ATLAS_SET(o.sections.statistics = on)},
    {"ttlid", kNone, true, "", "print TTLs", ATLAS_SET(o.ttl = on)},
    {"class", kNone, true, "", "print classes", ATLAS_SET(o.rr_class = on)},
    {"unknownformat", kNone, true, "", "print RDATA in the generic form of RFC 3597",
     ATLAS_SET(o.generic_rdata = on)},
    {"qr", kNone, true, "", "print the query before it is sent", ATLAS_SET(o.show_query = on)},

    {"tcp", kNone, true, "", "ask over TCP", ATLAS_SET(set_transport(o, Transport::kTcp, on))},
    {"vc", kNone, true, "", "", ATLAS_SET(set_transport(o, Transport::kTcp, on))},
    {"tls", kNone, true, "", "ask over TLS, port 853 (RFC 7858)",
     ATLAS_SET(set_transport(o, Transport::kTls, on))},
    {"https", kOptional, true, "PATH", "ask over HTTPS, port 443, with POST to PATH (/dns-query; RFC 8484)",
     [](Options& o, bool on, std::string_view value) {
       return set_https(o, Transport::kHttps, on, false, value);
     }},
    {"https-get", kOptional, true, "PATH", "ask over HTTPS with GET",
     [](Options& o, bool on, std::string_view value) {
       return set_https(o, Transport::kHttps, on, true, value);
     }},
    {"quic", kNone, true, "", "ask over QUIC, port 853 (RFC 9250)",
     ATLAS_SET(set_transport(o, Transport::kQuic, on))},
    {"http3", kOptional, true, "PATH", "ask over HTTP/3, port 443, with POST to PATH",
     [](Options& o, bool on, std::string_view value) {
       return set_https(o, Transport::kHttp3, on, false, value);
     }},
    {"http3-get", kOptional, true, "PATH", "ask over HTTP/3 with GET",
     [](Options& o, bool on, std::string_view value) {
       return set_https(o, Transport::kHttp3, on, true, value);
     }},
    {"tls-ca", kOptional, true, "FILE",
     "verify the server's name and certificate, by the authorities of FILE (PEM) or those of the system",
     ATLAS_SET_TEXT(o.tls.verify = on; o.tls.authorities_file = value)},
    {"tls-pin", kRequired, true, "PIN",
     "verify the server's key: SHA-256 of it in base64; given twice, either may be right",
     ATLAS_SET_TEXT(if (on) o.tls.pins.emplace_back(value); else o.tls.pins.clear())},
    {"tls-hostname", kRequired, true, "NAME",
     "the server's name in its certificate (@SERVER); implies +tls-ca",
     ATLAS_SET_TEXT(o.tls.hostname = value)},
    {"tls-sni", kRequired, true, "NAME",
     "ask for the certificate of this name; it is not the one that is verified",
     ATLAS_SET_TEXT(o.tls.sni = value)},
    {"tls-certfile", kRequired, true, "FILE", "show the server this certificate (PEM) if it asks for one",
     ATLAS_SET_TEXT(o.tls.certificate_file = value)},
    {"tls-keyfile", kRequired, true, "FILE", "the key of that certificate, where it is not in the same file",
     ATLAS_SET_TEXT(o.tls.key_file = value)},
    {"ignore", kNone, true, "", "do not ask again over TCP when the reply is truncated",
     ATLAS_SET(o.retry_truncated = !on)},
    {"badcookie", kNone, true, "", "ask again with the server's cookie after BADCOOKIE",
     ATLAS_SET(o.retry_bad_cookie = on)},
    {"time", kRequired, false, "TIME", "wait so long for a reply: seconds, or with a unit (5 s)",
     [](Options& o, bool, std::string_view value) { return set_timeout(o, value); }},
    {"timeout", kRequired, false, "TIME", "",
     [](Options& o, bool, std::string_view value) { return set_timeout(o, value); }},
    {"tries", kRequired, false, "N", "send the query so often over UDP (3)",
     [](Options& o, bool, std::string_view value) {
       return set_number(o.tries, "+tries", value, 1, kTriesMax);
     }},
    {"retry", kRequired, false, "N", "as +tries, without counting the first",
     [](Options& o, bool, std::string_view value) {
       auto set = set_number(o.tries, "+retry", value, 0, kTriesMax - 1);
       if (set) ++o.tries;
       return set;
     }},

    {"recurse", kNone, true, "", "set RD, recursion desired (set)", ATLAS_SET(set_flag(o, dns::kFlagRD, on))},
    {"rdflag", kNone, true, "", "", ATLAS_SET(set_flag(o, dns::kFlagRD, on))},
    {"rd", kNone, true, "", "", ATLAS_SET(set_flag(o, dns::kFlagRD, on))},
    {"cdflag", kNone, true, "", "set CD, checking disabled", ATLAS_SET(set_flag(o, dns::kFlagCD, on))},
    {"cd", kNone, true, "", "", ATLAS_SET(set_flag(o, dns::kFlagCD, on))},
    {"adflag", kNone, true, "", "set AD, authentic data (set)", ATLAS_SET(set_flag(o, dns::kFlagAD, on))},
    {"ad", kNone, true, "", "", ATLAS_SET(set_flag(o, dns::kFlagAD, on))},
    {"aaflag", kNone, true, "", "set AA, authoritative answer", ATLAS_SET(set_flag(o, dns::kFlagAA, on))},
    {"raflag", kNone, true, "", "set RA, recursion available", ATLAS_SET(set_flag(o, dns::kFlagRA, on))},
    {"tcflag", kNone, true, "", "set TC, truncated", ATLAS_SET(set_flag(o, dns::kFlagTC, on))},
    {"opcode", kRequired, false, "OPCODE", "send this opcode, by name or number",
     [](Options& o, bool, std::string_view value) { return set_opcode(o, value); }},
    {"header-only", kNone, true, "", "send no question", ATLAS_SET(o.header_only = on)},

    {"edns", kOptional, true, "VERSION", "send EDNS of this version (0)",
     [](Options& o, bool on, std::string_view value) -> Result<void> {
       o.edns_enabled = on;
       return on && !value.empty() ? set_number(o.edns.version, "+edns", value, 0, 255) : Result<void>();
     }},
    {"bufsize", kOptional, true, "OCTETS", "the UDP payload size to announce (1232)",
     [](Options& o, bool on, std::string_view value) -> Result<void> {
       o.edns.udp_payload_size = dns::Edns{}.udp_payload_size;
       if (!on || value.empty()) return {};
       o.edns_enabled = true;
       return set_number(o.edns.udp_payload_size, "+bufsize", value, 0, 65535);
     }},
    {"dnssec", kNone, true, "", "set DO, ask for DNSSEC records",
     ATLAS_SET(o.edns.dnssec_ok = on; o.edns_enabled |= on)},
    {"do", kNone, true, "", "", ATLAS_SET(o.edns.dnssec_ok = on; o.edns_enabled |= on)},
    {"coflag", kNone, true, "", "set CO, compact denial of existence understood (RFC 9824)",
     ATLAS_SET(o.edns.compact_answers_ok = on; o.edns_enabled |= on)},
    {"co", kNone, true, "", "", ATLAS_SET(o.edns.compact_answers_ok = on; o.edns_enabled |= on)},
    {"nsid", kNone, true, "", "ask for the server's identifier (RFC 5001)",
     ATLAS_SET(set_edns_option(o, on, dns::NsidOption{}))},
    {"cookie", kOptional, true, "HEX", "send a DNS cookie, random unless given (sent; RFC 7873)",
     [](Options& o, bool on, std::string_view value) { return set_cookie(o, on, value); }},
    {"subnet", kRequired, true, "PREFIX", "ask as a client in this prefix (RFC 7871)",
     [](Options& o, bool on, std::string_view value) { return set_subnet(o, on, value); }},
    {"expire", kNone, true, "", "ask when the zone expires (RFC 7314)",
     ATLAS_SET(set_edns_option(o, on, dns::ExpireOption{}))},
    {"keepalive", kNone, true, "", "ask how long a TCP connection may idle (RFC 7828)",
     ATLAS_SET(set_edns_option(o, on, dns::TcpKeepaliveOption{}))},
    {"padding", kOptional, true, "OCTETS",
     "pad the query to blocks of 128 octets (over TLS, HTTPS and QUIC; RFC 8467), or add so many",
     [](Options& o, bool on, std::string_view value) { return set_padding(o, on, value); }},
    {"zoneversion", kNone, true, "", "ask for the zone's version (RFC 9660)",
     ATLAS_SET(set_edns_option(o, on, dns::ZoneVersionOption{}))},
    {"ednsopt", kRequired, true, "CODE:HEX", "add any EDNS option; +noednsopt takes all away",
     [](Options& o, bool on, std::string_view value) { return add_edns_option(o, on, value); }},
};
#undef ATLAS_SET
#undef ATLAS_SET_TEXT

Result<const PlusWord*> find_plus_word(std::string_view name) {
  const PlusWord* found = nullptr;
  const PlusWord* main_name = nullptr;   // of the word that the loop is at
  const PlusWord* found_name = nullptr;  // of `found`
  bool ambiguous = false;
  for (const PlusWord& word : kPlusWords) {
    if (!word.help.empty()) main_name = &word;
    if (word.name == name) return &word;
    if (!word.name.starts_with(name)) continue;
    // Words that start alike and mean the same are no conflict.
    ambiguous |= found != nullptr && main_name != found_name;
    if (found != nullptr) continue;
    found = &word;
    found_name = main_name;
  }
  if (found != nullptr && !ambiguous && !name.empty()) return found;
  if (ambiguous) return fail("+" + std::string(name) + " could be several options", "write more of the word");
  std::vector<std::string_view> names;
  for (const PlusWord& word : kPlusWords) names.push_back(word.name);
  const std::string_view meant = closest(name, names);
  return fail("there is no option +" + std::string(name), meant.empty()
                                                              ? "atlasctl query --help lists them"
                                                              : "did you mean +" + std::string(meant) + "?");
}

}  // namespace

base::Result<void> apply_plus_word(Options& options, std::string_view text) {
  const size_t equals = std::min(text.find('='), text.size());
  std::string_view name = text.substr(0, equals);
  const bool has_value = equals < text.size();
  const std::string_view value = has_value ? text.substr(equals + 1) : std::string_view();
  auto word = find_plus_word(name);
  bool on = true;
  if (!word && name.starts_with("no")) {
    if (const auto opposite = find_plus_word(name.substr(2))) {
      word = opposite;
      on = false;
    }
  }
  if (!word) return std::unexpected(word.error());
  const std::string shown = "+" + std::string((*word)->name);
  if (!on && !(*word)->negatable) return fail(shown + " has no opposite");
  if (has_value && (!on || (*word)->value == kNone)) return fail("+" + std::string(name) + " takes no value");
  if (on && !has_value && (*word)->value == kRequired) {
    return fail(shown + " needs a value", "as in " + shown + "=" + std::string((*word)->value_name));
  }
  return (*word)->apply(options, on, value);
}

void append_plus_words(std::vector<WordHelp>& words) {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names;
    for (const PlusWord& word : kPlusWords) names.push_back("+" + std::string(word.name));
    return names;
  }();
  for (size_t i = 0; i < std::size(kPlusWords); ++i) {
    const PlusWord& word = kPlusWords[i];
    words.push_back(
        {kNames[i], word.value_name, word.help, word.value == kOptional, word.negatable, word.help.empty()});
  }
}

}  // namespace atlas::app::atlasctl::query
