// From a zone file to a zone version: parse, sort, check, build.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "atlas/base/diagnostic.h"
#include "atlas/dns/name.h"
#include "atlas/zone/record_list.h"
#include "atlas/zone/text/source_text.h"
#include "atlas/zone/zone.h"

namespace atlas::zone {

struct LoadOptions {
  // Diagnostics kept; what comes behind is counted in one closing diagnostic.
  size_t diagnostics_max = 100;
  uint32_t default_ttl = 3600;             // for records before any $TTL or TTL, with a warning
  std::filesystem::path include_folder{};  // as in text::ParseOptions
  text::ReadProgress* progress = nullptr;
  size_t threads = 1;  // for a large zone; the result is the same for any number
  // A text that was made of a version: only what a version needs can be wrong, all else are warnings.
  bool is_lenient = false;
};

struct RecordsResult {
  std::optional<RecordList> records;         // sorted and checked; empty if there was an error
  base::Diagnostics diagnostics;             // errors and warnings, in file order
  std::vector<std::filesystem::path> files;  // all that were read, included ones too
};

// All but the last pass.
RecordsResult load_zone_records(const std::filesystem::path& path, dns::NameView apex,
                                const LoadOptions& options = {});
// The same from a text that is there already; `path` is what findings call it.
RecordsResult load_zone_records(const std::filesystem::path& path, text::SourceText text, dns::NameView apex,
                                const LoadOptions& options = {});

struct LoadResult {
  std::shared_ptr<const Zone> zone;          // null if there was an error
  base::Diagnostics diagnostics;             // errors and warnings, in file order
  std::vector<std::filesystem::path> files;  // all that were read, included ones too
};

// Of a text that came from elsewhere: without $INCLUDE, and with kGeneratedInTextMax records of $GENERATE.
inline constexpr uint64_t kGeneratedInTextMax = uint64_t{1} << 20;
LoadResult load_zone_text(std::string text, dns::NameView apex, const LoadOptions& options = {});

LoadResult load_zone_file(const std::filesystem::path& path, dns::NameView apex,
                          const LoadOptions& options = {});

}  // namespace atlas::zone
