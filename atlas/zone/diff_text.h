// A record of a diff as text.
#pragma once

#include <string>

#include "atlas/zone/diff.h"

namespace atlas::zone {

// "- owner TTL IN type rdata", or "+ ...", without the end of the line.
std::string text_of(const DiffRecord& record, bool added);

}  // namespace atlas::zone
