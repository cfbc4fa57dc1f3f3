// Who may change what by dynamic update (RFC 3007 2.1): rules in the words of BIND's update-policy, first
// match decides, nothing matches means no.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/base/bytes.h"
#include "atlas/base/result.h"
#include "atlas/dns/name.h"
#include "atlas/dns/types.h"
#include "atlas/net/address.h"

namespace atlas::policy::update {

// How a rule's name and the name to change go together.
enum class Match : uint8_t {
  kName,           // name: the same
  kSubdomain,      // subdomain: at or below
  kZoneSub,        // zonesub: at or below the zone's apex; no name field
  kWildcard,       // wildcard: below, as DNS wildcards match
  kSelf,           // self: the signer's own name
  kSelfSub,        // selfsub: the signer's own name and all below
  kSelfWild,       // selfwild: all below the signer's own name
  kTcpSelf,        // tcp-self: the reverse name of the client's address, over TCP
  kSixToFourSelf,  // 6to4-self
};

struct TypeLimit {
  dns::RRType type;
  uint16_t records_max = 0;  // that an RRset may come to have: "A(1)"; 0 = as many as they like
};

struct Rule {
  bool grant = false;
  // A key's name, which may begin with "*."; or, with `addresses`, any client that asks from there without a
  // signature: an extension, for those who trust an address.
  dns::Name identity;
  std::optional<net::Prefix> addresses;
  Match match = Match::kZoneSub;
  dns::Name name;                // of kName, kSubdomain and kWildcard
  std::vector<TypeLimit> types;  // none: all but RRSIG, NS, SOA, NSEC and NSEC3; ANY: all but NSEC and NSEC3
};

// "grant ddns-key.example. subdomain home.example.org. A AAAA TXT(4)", and as BIND has it: names are absolute
// with and without a final dot; all kinds but zonesub have a name field, which means nothing to the self
// kinds ("." or the key's name stands there). "@" is the apex. A name that no name of the zone could match is
// an error. The error says what is wrong and the hint how to write it.
base::Result<Rule> parse_rule(std::string_view text, dns::NameView apex);
// Parses back to the same.
std::string to_text(const Rule& rule);

// The limit of the type; 0 = none.
uint16_t records_max(const Rule& rule, dns::RRType type);

// Who wants to change something.
struct Requester {
  std::optional<dns::Name> key;  // of a TSIG or SIG(0) that was good
  net::IpAddress address;
  bool over_tcp = false;  // or anything else that proves the address

  std::string to_text() const;
};

// Immutable.
class UpdatePolicy {
 public:
  // Allows nothing.
  UpdatePolicy() = default;
  explicit UpdatePolicy(std::vector<Rule> rules) : rules_(std::move(rules)) {}

  bool empty() const { return rules_.empty(); }
  const std::vector<Rule>& rules() const { return rules_; }
  // Whether any rule could grant this requester anything: others are refused before prerequisites are looked
  // at.
  bool knows(const Requester& requester, dns::NameView apex) const;
  // The rule that decides for one RR to change; null if none does. `rdata` is that of the RR, empty where
  // whole RRsets go. `records` is how many the RRset would come to have.
  struct Decision {
    bool allowed = false;
    const Rule* rule = nullptr;
    bool too_many = false;  // allowed, but for fewer records
  };
  Decision decide(const Requester& requester, dns::NameView apex, dns::NameView owner, dns::RRType type,
                  base::Bytes rdata, size_t records) const;

 private:
  std::vector<Rule> rules_;
};

}  // namespace atlas::policy::update
