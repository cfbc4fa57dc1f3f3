#include "atlas/app/atlasctl/query/options.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "atlas/app/atlasctl/spelling.h"
#include "atlas/app/atlasctl/typed_name.h"
#include "atlas/base/quantity.h"

namespace atlas::app::atlasctl::query {
namespace {

using base::fail;
using base::Result;

constexpr unsigned kTriesMax = 100;
constexpr uint64_t kTimeoutSecondsMax = 3600;
constexpr uint16_t kPaddingOctetsMax = 4096;

std::string quoted(std::string_view text) {
  return '"' + std::string(text) + '"';
}

template <class T>
Result<T> parse_number(std::string_view what, std::string_view text, uint64_t min, uint64_t max) {
  uint64_t number = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (status != std::errc() || end != text.data() + text.size() || number < min || number > max) {
    return fail(std::string(what) + ": " + quoted(text) + " is not a number from " + std::to_string(min) +
                " to " + std::to_string(max));
  }
  return static_cast<T>(number);
}

// Sets `out`, or says what is wrong with `text`.
template <class T>
Result<void> set_number(T& out, std::string_view what, std::string_view text, uint64_t min, uint64_t max) {
  const auto number = parse_number<T>(what, text, min, max);
  if (!number) return std::unexpected(number.error());
  out = *number;
  return {};
}

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
  const std::string text(value == "0" || value == "0/0" ? "0.0.0.0/0" : value);
  const size_t slash = std::min(text.find('/'), text.size());
  const auto address = net::IpAddress::parse(std::string_view(text).substr(0, slash));
  if (!address) return fail("+subnet: " + quoted(value) + " is not a prefix", "as in +subnet=192.0.2.0/24");
  dns::ClientSubnetOption subnet;
  const bool is_v4 = address->is_v4();
  const unsigned bits_max = is_v4 ? 32 : 128;
  unsigned bits = bits_max;
  if (slash < text.size()) {
    if (auto set = set_number(bits, "+subnet", std::string_view(text).substr(slash + 1), 0, bits_max); !set)
      return set;
  }
  subnet.family = is_v4 ? 1 : 2;
  subnet.source_prefix = static_cast<uint8_t>(bits);
  const auto& octets = address->octets();
  std::copy(octets.begin() + (is_v4 ? 12 : 0), octets.end(), subnet.address.begin());
  // RFC 7871 6: octets and bits behind the prefix are zero.
  for (unsigned bit = bits; bit < 128; ++bit)
    subnet.address[bit / 8] &= static_cast<uint8_t>(0xff00 >> (bit % 8));
  set_edns_option(options, true, subnet);
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

    {"tcp", kNone, true, "", "ask over TCP", ATLAS_SET(o.tcp = on)},
    {"vc", kNone, true, "", "", ATLAS_SET(o.tcp = on)},
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
    {"padding", kRequired, true, "OCTETS", "add so many octets of padding (RFC 7830)",
     [](Options& o, bool on, std::string_view value) -> Result<void> {
       dns::PaddingOption padding;
       if (on) {
         if (auto set = set_number(padding.octets, "+padding", value, 0, kPaddingOctetsMax); !set) return set;
       }
       set_edns_option(o, on, padding);
       return {};
     }},
    {"zoneversion", kNone, true, "", "ask for the zone's version (RFC 9660)",
     ATLAS_SET(set_edns_option(o, on, dns::ZoneVersionOption{}))},
    {"ednsopt", kRequired, true, "CODE:HEX", "add any EDNS option; +noednsopt takes all away",
     [](Options& o, bool on, std::string_view value) { return add_edns_option(o, on, value); }},
};
#undef ATLAS_SET

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

Result<void> apply_plus_word(Options& options, std::string_view text) {
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

// A word that begins with "-". All but -4, -6 and --help take a value, in the same word or the next one.
struct DashWord {
  std::string_view name;
  std::string_view value_name;
  std::string_view help;
};

constexpr DashWord kDashWords[] = {
    {"-p", "PORT", "ask this port (53)"},
    {"-t", "TYPE", "the type to ask for (A)"},
    {"-c", "CLASS", "the class to ask for (IN)"},
    {"-q", "NAME", "the name to ask for, where it looks like something else"},
    {"-x", "ADDRESS", "ask for the name of this address"},
    {"-b", "ADDRESS", "ask from this address, or address#port"},
    {"-4", "", "ask over IPv4 only"},
    {"-6", "", "ask over IPv6 only"},
    {"--color", "WHEN", "colour the output: auto, always or never"},
    {"--help", "", "show this help"},
};

class Parser {
 public:
  Result<Options> parse(std::span<const std::string_view> words) {
    for (size_t i = 0; i < words.size(); ++i) {
      const std::string_view word = words[i];
      Result<void> done;
      if (word.starts_with('@')) {
        done = set_server(word.substr(1));
      } else if (word.size() > 1 && word[0] == '+') {
        done = apply_plus_word(options_, word.substr(1));
      } else if (word.size() > 1 && word[0] == '-') {
        done = apply_dash_word(words, i);
      } else {
        free_words_.push_back(word);
      }
      if (!done) return std::unexpected(done.error());
    }
    if (options_.help) return std::move(options_);
    if (auto done = place_free_words(); !done) return std::unexpected(done.error());
    if (auto done = complete(); !done) return std::unexpected(done.error());
    return std::move(options_);
  }

 private:
  // "name", "192.0.2.1", "2001:db8::1", and with a port "name:53", "192.0.2.1:53", "[2001:db8::1]:53",
  // "192.0.2.1#53".
  Result<void> set_server(std::string_view text) {
    std::string_view port;
    if (text.starts_with('[')) {
      const size_t close = text.find(']');
      if (close == text.npos) return fail("@" + std::string(text) + " lacks its closing bracket");
      port = text.substr(close + 1);
      text = text.substr(1, close - 1);
      if (!port.empty() && port[0] != ':' && port[0] != '#')
        return fail("@[...] is followed by :PORT or nothing");
    } else if (const size_t hash = text.find('#'); hash != text.npos) {
      port = text.substr(hash);
      text = text.substr(0, hash);
    } else if (std::ranges::count(text, ':') == 1) {
      port = text.substr(text.find(':'));
      text = text.substr(0, text.find(':'));
    }
    if (text.empty()) return fail("@ is followed by a server's name or address");
    options_.server = text;
    return port.empty() ? Result<void>() : set_number(options_.port, "port", port.substr(1), 1, 65535);
  }

  Result<void> apply_dash_word(std::span<const std::string_view> words, size_t& i) {
    const std::string_view word = words[i];
    if (word == "-h" || word == "--help") {
      options_.help = true;
      return {};
    }
    if (word == "-4" || word == "-6") {
      options_.family = word == "-4" ? Family::kIpv4 : Family::kIpv6;
      return {};
    }
    const bool is_long = word.starts_with("--");
    const std::string_view name = is_long ? word.substr(0, word.find('=')) : word.substr(0, 2);
    if (std::ranges::find(kDashWords, name, &DashWord::name) == std::end(kDashWords)) {
      const bool two_words = is_long && (name == "--short" || name == "--json" || name == "--tcp");
      return fail("there is no option " + std::string(word),
                  two_words ? "write +" + std::string(name.substr(2)) : "atlasctl query --help lists them");
    }
    std::string_view value = word.substr(name.size());
    if (is_long && !value.empty()) value.remove_prefix(1);
    if (value.empty()) {
      if (++i == words.size()) return fail(std::string(name) + " needs a value");
      value = words[i];
    }
    return apply_dash_value(name, value);
  }

  Result<void> apply_dash_value(std::string_view name, std::string_view value) {
    if (name == "--color") {
      if (value != "auto" && value != "always" && value != "never") {
        return fail("--color is auto, always or never, not " + quoted(value));
      }
      options_.color = value == "auto"     ? ColorMode::kAuto
                       : value == "always" ? ColorMode::kAlways
                                           : ColorMode::kNever;
      return {};
    }
    switch (name[1]) {
      case 'p':
        return set_number(options_.port, "-p", value, 1, 65535);
      case 't':
        type_ = dns::parse_rrtype(value);
        return type_ ? Result<void>()
                     : fail(quoted(value) + " is not a record type", "as in MX, HTTPS or TYPE65280");
      case 'c':
        rr_class_ = dns::parse_rrclass(value);
        return rr_class_ ? Result<void>()
                         : fail(quoted(value) + " is not a class", "IN, CH, HS, ANY or CLASSnnn");
      case 'x':
        is_reverse_ = true;
        return set_name(reverse_name(value));
      case 'b':
        return set_source(value);
      default:
        return set_name(parse_typed_name(value));
    }
  }

  Result<void> set_name(const Result<dns::Name>& name) {
    if (!name) return std::unexpected(name.error());
    if (name_)
      return fail("one name is asked for at a time", "-q and -x give the name; no other one may follow");
    name_ = *name;
    return {};
  }

  Result<void> set_source(std::string_view text) {
    const size_t hash = std::min(text.find('#'), text.size());
    const auto address = net::IpAddress::parse(text.substr(0, hash));
    if (!address) return fail("-b: " + quoted(text.substr(0, hash)) + " is not an IP address");
    options_.source = net::Endpoint{*address, 0};
    return hash == text.size() ? Result<void>()
                               : set_number(options_.source->port, "-b", text.substr(hash + 1), 0, 65535);
  }

  // NAME, TYPE and CLASS in any order. A word that could be a type is the name if no other word is.
  Result<void> place_free_words() {
    std::vector<std::string_view> names;
    for (const std::string_view word : free_words_) {
      if (!dns::parse_rrtype(word) && !dns::parse_rrclass(word)) names.push_back(word);
    }
    if (names.empty() && !name_ && !free_words_.empty()) names.push_back(free_words_.front());
    if (names.size() > 1 && !name_) {
      return fail(quoted(names[1]) + " is neither a record type nor a class, and " + quoted(names[0]) +
                      " is the name already",
                  "one name is asked for at a time");
    }
    bool name_placed = false;
    for (const std::string_view word : free_words_) {
      if (!name_placed && !names.empty() && word.data() == names.front().data()) {
        name_placed = true;
        if (auto done = set_name(parse_typed_name(word)); !done) return done;
      } else if (const auto type = dns::parse_rrtype(word); type && !type_) {
        type_ = type;
      } else if (const auto rr_class = dns::parse_rrclass(word); rr_class && !rr_class_) {
        rr_class_ = rr_class;
      } else {
        return fail(quoted(word) + " is one word too many", "one type and one class are asked for at a time");
      }
    }
    return {};
  }

  Result<void> complete() {
    dns::Question& question = options_.question;
    question.type = type_.value_or(is_reverse_ ? dns::RRType::PTR : name_ ? dns::RRType::A : dns::RRType::NS);
    question.rr_class = rr_class_.value_or(dns::RRClass::IN);
    if (name_) question.name = *name_;
    // RFC 5936 4.2, RFC 1995 2.
    if (question.type == dns::RRType::AXFR) options_.tcp = true;
    if (options_.source && !net::IpAddress::parse(options_.server).has_value()) {
      const bool is_v4 = options_.source->address.is_v4();
      if (options_.family == Family::kAny) options_.family = is_v4 ? Family::kIpv4 : Family::kIpv6;
    }
    return {};
  }

  Options options_;
  std::vector<std::string_view> free_words_;
  std::optional<dns::Name> name_;
  std::optional<dns::RRType> type_;
  std::optional<dns::RRClass> rr_class_;
  bool is_reverse_ = false;
};

}  // namespace

base::Result<Options> parse_options(std::span<const std::string_view> words) {
  return Parser().parse(words);
}

std::vector<WordHelp> option_words() {
  std::vector<WordHelp> words;
  for (const DashWord& word : kDashWords) words.push_back({word.name, word.value_name, word.help});
  static const std::vector<std::string> kPlusNames = [] {
    std::vector<std::string> names;
    for (const PlusWord& word : kPlusWords) names.push_back("+" + std::string(word.name));
    return names;
  }();
  for (size_t i = 0; i < std::size(kPlusWords); ++i) {
    const PlusWord& word = kPlusWords[i];
    words.push_back({kPlusNames[i], word.value_name, word.help, word.value == kOptional, word.negatable,
                     word.help.empty()});
  }
  return words;
}

}  // namespace atlas::app::atlasctl::query
