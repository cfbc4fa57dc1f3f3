// The records that prove what is not there, for those who ask for DNSSEC: NSEC (RFC 4035 3.1.3) and NSEC3
// (RFC 5155 7.2). They do nothing in a zone that is not signed.
#pragma once

#include "atlas/query/answer.h"
#include "atlas/zone/zone.h"

namespace atlas::source::zone {

// `name` is at or below the apex. An `encloser` is the closest encloser of `name`.
class DenialProof {
 public:
  DenialProof(const atlas::zone::Zone& zone, query::Answer& answer) : zone_(zone), answer_(answer) {}

  // Neither `name` nor a wildcard for it exists.
  void deny_name(dns::NameView name, dns::NameView encloser);
  // The name exists and has not the type that was asked for, DS at a zone cut included; it may be an empty
  // non-terminal.
  void deny_type(dns::NameView name);
  // The same for a name that the wildcard below `encloser` stands for.
  void deny_wildcard_type(dns::NameView name, dns::NameView encloser);
  // Nothing is closer to `name` than the wildcard below `encloser`, which its answer was made from.
  void deny_closer_match(dns::NameView name, dns::NameView encloser);

 private:
  void add_denial(const atlas::zone::Node& owner, dns::RRType type);
  void add_nsec(dns::NameView name);
  void add_nsec3(const atlas::zone::Node& owner);
  dns::NameView add_closest_encloser(dns::NameView name, dns::NameView encloser);

  const atlas::zone::Zone& zone_;
  query::Answer& answer_;
};

}  // namespace atlas::source::zone
