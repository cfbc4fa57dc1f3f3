// The records that prove what is not there, for those who ask for DNSSEC: NSEC (RFC 4035 3.1.3) and NSEC3
// (RFC 5155 7.2). They do nothing in a zone that is not signed.
#pragma once

#include "atlas/query/answer.h"
#include "atlas/zone/zone.h"

namespace atlas::source::zone {

class DenialProof {
 public:
  DenialProof(const atlas::zone::Zone& zone, query::Answer& answer) : zone_(zone), answer_(answer) {}

  // Neither `name` nor a wildcard for it exists; `encloser` is its closest encloser.
  void deny_name(dns::NameView name, atlas::zone::Node encloser);
  // The node exists and has not the type that was asked for; it may be an empty non-terminal.
  void deny_type(atlas::zone::Node node);
  // The same for `name`, which the wildcard stands for.
  void deny_wildcard_type(dns::NameView name, atlas::zone::Node wildcard);
  // Nothing is closer to `name` than the wildcard that its answer was made from.
  void deny_closer_match(dns::NameView name, atlas::zone::Node wildcard);
  // The delegation is not signed: it has no DS.
  void deny_ds(atlas::zone::Node cut);

 private:
  void add_nsec(atlas::zone::Node owner);
  void add_nsec3(atlas::zone::Node owner);
  void add_denial(atlas::zone::Node owner, dns::RRType type);
  atlas::zone::Node add_closest_encloser(dns::NameView name, atlas::zone::Node encloser);

  const atlas::zone::Zone& zone_;
  query::Answer& answer_;
};

}  // namespace atlas::source::zone
