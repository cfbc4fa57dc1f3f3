// RRsets of a zone while a request changes them: as a whole, or record by record.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/base/result.h"
#include "atlas/control/changes/changes.h"
#include "atlas/zone/edit.h"
#include "atlas/zone/zone.h"

namespace atlas::control::api {

// Of an RRset that has been given none.
inline constexpr uint32_t kTtlDefault = 3600;

// The RDATA of a record's presentation text. Names are absolute; a blank-separated "@" is `apex` where a name
// may stand.
base::Result<std::vector<uint8_t>> parse_data(dns::RRType type, std::string_view text, dns::NameView apex);

class RRsetDrafts {
 public:
  explicit RRsetDrafts(const zone::Zone& zone) : zone_(zone) {}

  using Rdata = std::vector<uint8_t>;
  // Without RDATAs, the RRset goes; RRSIGs are one RRset here, whatever they cover.
  void set(const dns::Name& owner, dns::RRType type, std::optional<uint32_t> ttl, std::vector<Rdata> rdatas);
  // Its RRset has the TTL that is given, as RFC 2181 5.2 wants it.
  void add(const dns::Name& owner, dns::RRType type, std::optional<uint32_t> ttl, Rdata rdata);
  // False if there is no such record.
  bool remove(const dns::Name& owner, dns::RRType type, const Rdata& rdata);

  std::vector<zone::RRsetEdit> edits() const;

 private:
  struct Place {
    dns::Name owner;
    dns::RRType type;
    dns::RRType covered;

    bool operator<(const Place& other) const;
  };
  struct Draft {
    zone::RRsetEdit edit;
    bool touched = false;
  };

  // As it is by now, to be changed.
  zone::RRsetEdit& draft(const dns::Name& owner, dns::RRType type, dns::RRType covered);
  void read_owner(const dns::Name& owner);

  const zone::Zone& zone_;
  std::map<Place, Draft> drafts_;  // of all owners that were asked for: all of their RRsets
};

}  // namespace atlas::control::api
