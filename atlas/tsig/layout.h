// Where signatures of transactions lie in a message: of all its records only the last may be one.
#pragma once

#include <cstddef>
#include <cstdint>

#include "atlas/base/bytes.h"
#include "atlas/dns/types.h"

namespace atlas::tsig {

struct Layout {
  bool is_whole = false;      // all that the header counts is there, and nothing behind it
  bool is_misplaced = false;  // a TSIG or a SIG(0) is not the last record of the additional section
  size_t last = 0;            // where the last record begins; 0 if it is not in the additional section
  size_t last_type = 0;       // where its type is, behind its owner
  dns::RRType type = dns::RRType::A;  // its type
  uint16_t additional_count = 0;
};

// Looks at no more than the types of records, and at all of them. `message` has a whole header.
Layout read_layout(base::Bytes message);

}  // namespace atlas::tsig
