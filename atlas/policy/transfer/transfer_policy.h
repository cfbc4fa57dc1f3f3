// Who may take a whole zone, notify of it or have updates of it forwarded: rules of addresses, keys and names
// of TLS, first match decides, nothing matches means no.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/dns/name.h"
#include "atlas/net/address.h"

namespace atlas::policy::transfer {

inline constexpr size_t kRulesMax = 1000;  // of one zone

// All that is given must fit.
struct Rule {
  bool allow = true;
  std::optional<net::Prefix> addresses;
  std::optional<dns::Name> key;         // of a TSIG that was good
  std::optional<std::string> tls_name;  // a DNS name of the client's certificate, verified; in lower case

  friend bool operator==(const Rule&, const Rule&) = default;
};

// "[deny] [ADDRESS or PREFIX or any] [key NAME] [tls NAME]", as in "192.0.2.0/24 key xfr.example.". "any"
// alone allows everybody. The error says what is wrong and the hint how to write it.
base::Result<Rule> parse_rule(std::string_view text);
// Parses back to the same.
std::string to_text(const Rule& rule);

// Who asks.
struct Requester {
  net::IpAddress address;
  const dns::Name* key = nullptr;  // of a signature that was good
  // DNS names of the client's certificate, verified; separated by blanks, in lower case.
  std::string_view tls_names;
};

// Immutable; allows() does not allocate.
class TransferPolicy {
 public:
  // Allows nobody.
  TransferPolicy() = default;
  explicit TransferPolicy(std::vector<Rule> rules) : rules_(std::move(rules)) {}

  bool empty() const { return rules_.empty(); }
  const std::vector<Rule>& rules() const { return rules_; }
  bool allows(const Requester& requester) const;

 private:
  std::vector<Rule> rules_;
};

}  // namespace atlas::policy::transfer
