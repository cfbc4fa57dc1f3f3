// What the server says of itself in class CH: version.bind, version.server, hostname.bind, id.server (RFC
// 4892).
#pragma once

#include <string_view>

#include "atlas/query/answer.h"
#include "atlas/query/query.h"

namespace atlas::source::chaos {

// An empty text is kept to oneself: REFUSED. Texts are at most 255 octets.
struct Identity {
  std::string_view version;
  std::string_view server_id;
};

// Fills `answer`: TXT for the four names, NODATA for other types of theirs, REFUSED for every other name.
void answer(const query::Query& query, const Identity& identity, query::Answer& answer);

}  // namespace atlas::source::chaos
