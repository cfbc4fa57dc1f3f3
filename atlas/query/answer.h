// An answer is a few references to RRsets with a section tag. Policies change the answer; `encode` writes
// bytes once.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "atlas/dns/name.h"
#include "atlas/dns/rrset.h"
#include "atlas/dns/types.h"

namespace atlas::query {

enum class Section : uint8_t { kAnswer, kAuthority, kAdditional };

struct AnswerRRset {
  dns::NameView owner;
  dns::RRsetView rrset;  // its TTL is the one to send
  Section section = Section::kAnswer;
  // Left out: an optional one quietly; a required one sets TC (RFC 2181 9; glue of a referral: RFC 9471).
  bool required = true;
};

// RRsets in one answer, signatures included. A chain of kChainLinksMax links with a referral behind it fits;
// what does not fit is counted in `overflowed` and leaves a SERVFAIL.
inline constexpr size_t kAnswerRRsetsMax = 192;
// CNAME and DNAME links followed for one query.
inline constexpr size_t kChainLinksMax = 16;
// Names and RDATA made for one answer (wildcard owners, CNAMEs of DNAMEs, CHAOS texts).
inline constexpr size_t kAnswerScratchOctets = 16384;

// Reused from query to query by its worker; clear() is cheap. Never allocates.
class Answer {
 public:
  void clear() {
    size_ = 0;
    sections_ = {};
    scratch_used_ = 0;
    overflowed_ = false;
    rcode = dns::Rcode::NOERROR;
    authoritative = truncated = has_extended_error = false;
    extended_text = {};
  }

  // In the order in which they are to be sent within their section. A second RRset with the same owner and
  // type in any section is ignored, so that callers need not ask.
  void add(Section section, dns::NameView owner, const dns::RRsetView& rrset, bool required = true) {
    if (rrset.empty()) return;
    for (const AnswerRRset& present : rrsets()) {
      if (present.rrset.rdatas == rrset.rdatas && present.rrset.type == rrset.type && present.owner == owner)
        return;
    }
    if (size_ == rrsets_.size()) {
      overflowed_ = true;
      return;
    }
    // Member by member: a copy of the whole would wait for members that were written a moment ago.
    AnswerRRset& item = rrsets_[size_++];
    item.owner = owner;
    item.rrset.type = rrset.type;
    item.rrset.count = rrset.count;
    item.rrset.ttl = rrset.ttl;
    item.rrset.octets = rrset.octets;
    item.rrset.rdatas = rrset.rdatas;
    item.rrset.rdata_octets = rrset.rdata_octets;
    item.section = section;
    item.required = required;
    sections_[static_cast<size_t>(section)] = true;
  }
  bool contains(dns::NameView owner, dns::RRType type) const;
  // False if nothing was added to the section.
  bool has(Section section) const { return sections_[static_cast<size_t>(section)]; }

  // Makes octets that live until clear(). Empty, with `overflowed` set, when the scratch is full.
  std::span<uint8_t> allocate(size_t octets);
  // Copies a name into the scratch.
  dns::NameView keep(dns::NameView name);
  // An RRset of one RDATA made in the scratch.
  dns::RRsetView make_rrset(dns::RRType type, uint32_t ttl, base::Bytes rdata);

  // Takes back everything after the first `count` RRsets.
  void truncate(size_t count) { size_ = count < size_ ? count : size_; }

  std::span<const AnswerRRset> rrsets() const { return {rrsets_.data(), size_}; }
  std::span<AnswerRRset> rrsets() { return {rrsets_.data(), size_}; }
  bool overflowed() const { return overflowed_; }

  dns::Rcode rcode = dns::Rcode::NOERROR;
  bool authoritative = false;
  bool truncated = false;  // TC asked for by a policy (slip of rate limiting), whatever the size
  bool has_extended_error = false;
  dns::ExtendedError extended_error = dns::ExtendedError::Other;
  // For EXTENDED_ERROR's text: must outlive the answer; may be empty.
  std::string_view extended_text;

  void fail(dns::Rcode with, dns::ExtendedError error, std::string_view text = {});

 private:
  std::array<AnswerRRset, kAnswerRRsetsMax> rrsets_;
  size_t size_ = 0;
  std::array<bool, 3> sections_{};
  std::array<uint8_t, kAnswerScratchOctets> scratch_;
  size_t scratch_used_ = 0;
  bool overflowed_ = false;
};

}  // namespace atlas::query
