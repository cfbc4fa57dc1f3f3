#include "atlas/source/zone/denial.h"

#include <optional>

namespace atlas::source::zone {

using atlas::zone::Denial;
using atlas::zone::Node;
using dns::NameView;
using dns::RRType;

namespace {

// RFC 5155 1.3: the name one label longer than the encloser on the way to `name`.
NameView next_closer(NameView name, Node encloser) {
  return name.suffix(encloser.name().label_count() + 1);
}

}  // namespace

void DenialProof::deny_name(NameView name, Node encloser) {
  switch (zone_.denial()) {
    case Denial::kNsec: {
      add_nsec(zone_.nsec_at_or_before(name));
      if (const auto wildcard = dns::wildcard_of(encloser.name()))
        add_nsec(zone_.nsec_at_or_before(*wildcard));
      break;
    }
    case Denial::kNsec3: {
      // RFC 5155 7.2.2.
      const Node proven = add_closest_encloser(name, encloser);
      if (const auto wildcard = dns::wildcard_of(proven.name())) add_nsec3(zone_.nsec3_cover(*wildcard));
      break;
    }
    case Denial::kNone:
    case Denial::kNsec3Unsupported:
      break;
  }
}

void DenialProof::deny_type(Node node) {
  switch (zone_.denial()) {
    case Denial::kNsec:
      // An empty non-terminal lies inside the span of the NSEC before it.
      add_nsec(zone_.nsec_at_or_before(node));
      break;
    case Denial::kNsec3:
      // RFC 5155 7.2.3; without an NSEC3 of its own it lies in a span of opt-out: 7.2.4.
      if (const auto match = zone_.nsec3_match(node)) {
        add_nsec3(*match);
      } else {
        add_closest_encloser(node.name(), node.parent());
      }
      break;
    case Denial::kNone:
    case Denial::kNsec3Unsupported:
      break;
  }
}

void DenialProof::deny_wildcard_type(NameView name, Node wildcard) {
  switch (zone_.denial()) {
    case Denial::kNsec:
      add_nsec(zone_.nsec_at_or_before(wildcard));
      add_nsec(zone_.nsec_at_or_before(name));
      break;
    case Denial::kNsec3: {
      // RFC 5155 7.2.5.
      add_closest_encloser(name, wildcard.parent());
      const auto match = zone_.nsec3_match(wildcard);
      add_nsec3(match ? *match : zone_.nsec3_cover(wildcard.name()));
      break;
    }
    case Denial::kNone:
    case Denial::kNsec3Unsupported:
      break;
  }
}

void DenialProof::deny_closer_match(NameView name, Node wildcard) {
  switch (zone_.denial()) {
    case Denial::kNsec:
      add_nsec(zone_.nsec_at_or_before(name));
      break;
    case Denial::kNsec3:
      // RFC 5155 7.2.6.
      add_nsec3(zone_.nsec3_cover(next_closer(name, wildcard.parent())));
      break;
    case Denial::kNone:
    case Denial::kNsec3Unsupported:
      break;
  }
}

void DenialProof::deny_ds(Node cut) {
  // RFC 4035 3.1.4, RFC 5155 7.2.7: what denies a type at the cut's name denies DS.
  deny_type(cut);
}

void DenialProof::add_nsec(Node owner) {
  add_denial(owner, RRType::NSEC);
}

void DenialProof::add_nsec3(Node owner) {
  add_denial(owner, RRType::NSEC3);
}

void DenialProof::add_denial(Node owner, RRType type) {
  const auto rrset = owner.find(type);
  if (!rrset) return;
  answer_.add(query::Section::kAuthority, owner.name(), rrset->view());
  answer_.add(query::Section::kAuthority, owner.name(), rrset->signatures());
}

// RFC 5155 7.2.1: the closest encloser that has an NSEC3, and the one that covers the name next closer to
// `name`.
Node DenialProof::add_closest_encloser(NameView name, Node encloser) {
  // The apex has one, or the zone would not be known as one with NSEC3.
  while (!zone_.nsec3_match(encloser)) encloser = encloser.parent();
  add_nsec3(*zone_.nsec3_match(encloser));
  add_nsec3(zone_.nsec3_cover(next_closer(name, encloser)));
  return encloser;
}

}  // namespace atlas::source::zone
