// Records in columns.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "atlas/app/atlasctl/query/options.h"
#include "atlas/app/atlasctl/terminal.h"
#include "atlas/dns/message.h"

namespace atlas::app::atlasctl::query {

// RDATA on one line, in the generic form if the options ask for it.
std::string rdata_text(const dns::Record& record, const Options& options);

// The records as zone file lines in columns. Comments say TTLs in units, names with their U-labels, how long
// signatures stay valid, counted from `now` in seconds since 1970.
std::string render_records(std::span<const dns::Record> records, const Options& options, const Paint& paint,
                           uint64_t now);

// " (bücher.example.)" for a name with A-labels, else empty.
std::string display_suffix(dns::NameView name);

}  // namespace atlas::app::atlasctl::query
