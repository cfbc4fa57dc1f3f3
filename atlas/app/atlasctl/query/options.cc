#include "atlas/app/atlasctl/query/options.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <utility>

#include "atlas/app/atlasctl/query/option_values.h"
#include "atlas/app/atlasctl/query/plus_words.h"
#include "atlas/app/atlasctl/typed_name.h"

namespace atlas::app::atlasctl::query {
namespace {

using base::fail;
using base::Result;

constexpr uint16_t kDnsPort = 53;
constexpr uint16_t kTlsPort = 853;  // RFC 7858 3.1
constexpr uint16_t kHttpsPort = 443;

// A word that begins with "-". All but -4, -6 and --help take a value, in the same word or the next one.
struct DashWord {
  std::string_view name;
  std::string_view value_name;
  std::string_view help;
  bool alias = false;  // of the word above it
};

constexpr DashWord kDashWords[] = {
    {"-p", "PORT", "ask this port (53; 853 over TLS, 443 over HTTPS)"},
    {"-t", "TYPE", "the type to ask for (A)"},
    {"-c", "CLASS", "the class to ask for (IN)"},
    {"-q", "NAME", "the name to ask for, where it looks like something else"},
    {"-x", "ADDRESS", "ask for the name of this address"},
    {"-b", "ADDRESS", "ask from this address, or address#port"},
    {"-4", "", "ask over IPv4 only"},
    {"-6", "", "ask over IPv6 only"},
    {"--key", "KEY", "sign the query with the key [hmac-sha256:]name:secret, and verify the reply (TSIG)"},
    {"-y", "KEY", "", true},
    {"--key-file", "FILE", "the same with the key in this file, as tsig-keygen writes it"},
    {"-k", "FILE", "", true},
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
    if (name == "--key" || name == "-y") return set_key(value);
    if (name == "--key-file" || name == "-k") {
      options_.key_file = value;
      return {};
    }
    switch (name[1]) {
      case 'p':
        return set_number(options_.port, "-p", value, 1, 65535);
      case 't':
        type_ = parse_type(value);
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

  Result<void> set_key(std::string_view text) {
    auto key = tsig::parse_key(text);
    if (!key) return fail("--key: " + key.error().message, key.error().hint);
    options_.key = std::move(*key);
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

  // "IXFR=7" has a serial.
  std::optional<dns::RRType> parse_type(std::string_view word) {
    constexpr std::string_view kIxfr = "ixfr=";
    if (word.size() <= kIxfr.size() ||
        !std::ranges::equal(word.substr(0, kIxfr.size()), kIxfr, {}, [](char c) { return std::tolower(c); }))
      return dns::parse_rrtype(word);
    const std::string_view digits = word.substr(kIxfr.size());
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), options_.ixfr_serial);
    if (error != std::errc() || end != digits.data() + digits.size()) return {};
    return dns::RRType::IXFR;
  }

  // NAME, TYPE and CLASS in any order. A word that could be a type is the name if no other word is.
  Result<void> place_free_words() {
    std::vector<std::string_view> names;
    for (const std::string_view word : free_words_) {
      if (!parse_type(word) && !dns::parse_rrclass(word)) names.push_back(word);
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
      } else if (const auto type = parse_type(word); type && !type_) {
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
    // RFC 5936 4.2; over UDP, an IXFR comes to an end of its own seldom.
    if (is_transfer(options_) && options_.transport == Transport::kUdp) options_.transport = Transport::kTcp;
    if (auto done = complete_tls(); !done) return done;
    if (is_transfer(options_) &&
        (options_.transport == Transport::kHttps || options_.transport == Transport::kHttp3))
      return fail("a transfer does not go over HTTP", "+tls and +quic are encrypted, too");
    if (options_.key && !options_.key_file.empty()) {
      return fail("one key signs a query", "--key has it, or --key-file");
    }
    if (options_.port == 0) options_.port = default_port(options_.transport);
    if (options_.source && !net::IpAddress::parse(options_.server).has_value()) {
      const bool is_v4 = options_.source->address.is_v4();
      if (options_.family == Family::kAny) options_.family = is_v4 ? Family::kIpv4 : Family::kIpv6;
    }
    return {};
  }

  // Whoever speaks of certificates wants TLS.
  Result<void> complete_tls() {
    TlsOptions& tls = options_.tls;
    if (!tls.key_file.empty() && tls.certificate_file.empty())
      return fail("+tls-keyfile needs the certificate", "+tls-certfile names it");
    tls.verify |= !tls.hostname.empty();
    const bool wants_tls =
        tls.verify || !tls.pins.empty() || !tls.sni.empty() || !tls.certificate_file.empty();
    if (wants_tls && !is_encrypted(options_.transport)) options_.transport = Transport::kTls;
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

std::string_view to_text(Transport transport) {
  static constexpr std::string_view kWords[] = {"UDP", "TCP", "TLS", "HTTPS", "QUIC", "HTTP/3"};
  return kWords[static_cast<size_t>(transport)];
}

uint16_t default_port(Transport transport) {
  switch (transport) {
    case Transport::kTls:
    case Transport::kQuic:
      return kTlsPort;
    case Transport::kHttps:
    case Transport::kHttp3:
      return kHttpsPort;
    default:
      return kDnsPort;
  }
}

base::Result<Options> parse_options(std::span<const std::string_view> words) {
  return Parser().parse(words);
}

std::vector<WordHelp> option_words() {
  std::vector<WordHelp> words;
  for (const DashWord& word : kDashWords) {
    words.push_back({.name = word.name, .value = word.value_name, .help = word.help, .alias = word.alias});
  }
  append_plus_words(words);
  return words;
}

}  // namespace atlas::app::atlasctl::query
