// Zone text to records: RFC 1035 5 with $ORIGIN, $TTL (RFC 2308 4), $INCLUDE and BIND's $GENERATE, RFC 3597's
// types and classes, and BIND's TTL units. The syntax is described in docs/zone-files.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "atlas/base/result.h"
#include "atlas/dns/name.h"
#include "atlas/zone/diagnostic_log.h"
#include "atlas/zone/record_list.h"
#include "atlas/zone/text/source_text.h"

namespace atlas::zone::text {

// Lines are counted in 32 bits; the text of the largest zones known is a tenth of this.
inline constexpr uint64_t kFileOctetsMax = uint64_t{256} << 30;
// Files inside files: people use two or three.
inline constexpr size_t kIncludeDepthMax = 10;
// Far above what people split a zone into, and below what RecordList can number.
inline constexpr size_t kFilesMax = 10'000;
// Each $INCLUDE parses its file again, perhaps with another origin: ten files that each include the next ten
// times would be parsed 10^10 times.
inline constexpr size_t kIncludesMax = 100'000;
// A network of 2^20 addresses for one line, the private 10.0.0.0/8 for all of a zone: a short text must not
// fill the memory by mistake.
inline constexpr uint64_t kGenerateCountMax = uint64_t{1} << 20;
inline constexpr uint64_t kGeneratedRecordsMax = uint64_t{1} << 24;

// Opens a file that is at most `size_max` octets long.
using OpenText =
    std::function<base::Result<SourceText>(const std::filesystem::path& path, uint64_t size_max)>;

// Texts of fewer chunks are not worth threads.
inline constexpr uint64_t kParallelChunksMin = 8;

struct ParseOptions {
  uint32_t default_ttl = 3600;  // for records before any $TTL or TTL, with a warning
  OpenText open_text;           // for $INCLUDE; without it, $INCLUDE is an error
  // What relative names of $INCLUDE count from; empty: from the folder of the file that includes.
  std::filesystem::path include_folder{};
  uint64_t generated_records_max = kGeneratedRecordsMax;
  // Parse chunks of a large text beside each other. What comes of it is the same for any number.
  size_t threads = 1;
  size_t chunk_octets = size_t{512} << 10;
};

// Parses `text`, which came from `path`, and adds its records to `records`, its files to `sources`, and what
// is wrong with it to `log`. Goes on behind an error at the next record. Records outside of `apex` are left
// out with a warning. Where `text` could not be read, its error() says so.
void parse_zone(const std::filesystem::path& path, SourceText text, dns::NameView apex,
                const ParseOptions& options, SourceFiles& sources, RecordList& records, DiagnosticLog& log);

}  // namespace atlas::zone::text
