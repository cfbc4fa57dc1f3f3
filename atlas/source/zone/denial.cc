#include "atlas/source/zone/denial.h"

#include <optional>

namespace atlas::source::zone {

using atlas::zone::Denial;
using atlas::zone::Node;
using dns::NameView;
using dns::RRType;

namespace {

// RFC 5155 1.3: the name one label longer than the encloser on the way to `name`.
NameView next_closer(NameView name, NameView encloser) {
  return name.suffix(encloser.label_count() + 1);
}

}  // namespace

void DenialProof::deny_name(NameView name, NameView encloser) {
  switch (zone_.denial()) {
    case Denial::kNsec:
      add_nsec(name);
      if (const auto wildcard = dns::wildcard_of(encloser)) add_nsec(*wildcard);
      break;
    case Denial::kNsec3: {
      // RFC 5155 7.2.2.
      const NameView proven = add_closest_encloser(name, encloser);
      if (const auto wildcard = dns::wildcard_of(proven)) add_nsec3(zone_.nsec3_cover(*wildcard));
      break;
    }
    case Denial::kNone:
    case Denial::kNsec3Unsupported:
      break;
  }
}

void DenialProof::deny_type(NameView name) {
  switch (zone_.denial()) {
    case Denial::kNsec:
      // An empty non-terminal lies inside the span of the NSEC before it.
      add_nsec(name);
      break;
    case Denial::kNsec3:
      // RFC 5155 7.2.3, 7.2.7; without an NSEC3 of its own it lies in a span of opt-out: 7.2.4.
      if (const auto match = zone_.nsec3_match(name)) {
        add_nsec3(*match);
      } else if (name != zone_.apex()) {
        add_closest_encloser(name, name.parent());
      }
      break;
    case Denial::kNone:
    case Denial::kNsec3Unsupported:
      break;
  }
}

void DenialProof::deny_wildcard_type(NameView name, NameView encloser) {
  const auto wildcard = dns::wildcard_of(encloser);
  if (!wildcard) return;
  switch (zone_.denial()) {
    case Denial::kNsec:
      add_nsec(*wildcard);
      add_nsec(name);
      break;
    case Denial::kNsec3: {
      // RFC 5155 7.2.5.
      add_closest_encloser(name, encloser);
      const auto match = zone_.nsec3_match(*wildcard);
      add_nsec3(match ? *match : zone_.nsec3_cover(*wildcard));
      break;
    }
    case Denial::kNone:
    case Denial::kNsec3Unsupported:
      break;
  }
}

void DenialProof::deny_closer_match(NameView name, NameView encloser) {
  switch (zone_.denial()) {
    case Denial::kNsec:
      add_nsec(name);
      break;
    case Denial::kNsec3:
      // RFC 5155 7.2.6.
      add_nsec3(zone_.nsec3_cover(next_closer(name, encloser)));
      break;
    case Denial::kNone:
    case Denial::kNsec3Unsupported:
      break;
  }
}

void DenialProof::add_nsec(NameView name) {
  add_denial(zone_.nsec_at_or_before(name), RRType::NSEC);
}

void DenialProof::add_nsec3(const Node& owner) {
  add_denial(owner, RRType::NSEC3);
}

void DenialProof::add_denial(const Node& owner, RRType type) {
  const auto rrset = owner.find(type);
  if (!rrset) return;
  const NameView name = answer_.keep(owner.name());
  answer_.add(query::Section::kAuthority, name, rrset->view());
  answer_.add(query::Section::kAuthority, name, rrset->signatures());
}

// RFC 5155 7.2.1: the closest encloser that has an NSEC3, and the one that covers the name next closer to
// `name`.
NameView DenialProof::add_closest_encloser(NameView name, NameView encloser) {
  auto match = zone_.nsec3_match(encloser);
  // The apex has one, or the zone would not be known as one with NSEC3.
  for (; !match; match = zone_.nsec3_match(encloser)) encloser = encloser.parent();
  add_nsec3(*match);
  add_nsec3(zone_.nsec3_cover(next_closer(name, encloser)));
  return encloser;
}

}  // namespace atlas::source::zone
