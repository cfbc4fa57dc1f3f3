// What another server says in place of an answer, in words.
#pragma once

#include <string>

#include "atlas/dns/edns.h"
#include "atlas/dns/types.h"

namespace atlas::transfer {

// "the answer is REFUSED (EDE: 18 (Prohibited))". `edns` may be null.
std::string refusal_text(dns::Rcode rcode, const dns::Edns* edns);

}  // namespace atlas::transfer
