// For fuzzers: any octets as the configuration of a server, which may include itself. Nothing crashes, and
// every finding has its place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "atlas/base/assert.h"
#include "atlas/control/import/memory_files.h"
#include "atlas/control/import/settle.h"

namespace atlas::control::import {

// The text under its own name twice: what includes itself more often takes long and shows nothing more.
class FewFiles : public MemoryFiles {
 public:
  base::Result<std::string> read(const std::filesystem::path& path, uint64_t size_max) const override {
    if (++reads_ > 4) return base::fail("read too often");
    return MemoryFiles::read(path, size_max);
  }

 private:
  mutable size_t reads_ = 0;
};

// `read` takes a Source, the path, a Setup and Findings, and says whether there is something to look at.
template <class Read>
int read_any(const uint8_t* data, size_t size, const char* path, const Read& read) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  FewFiles files;
  files.put(path, text);
  files.put("/etc/a", text.substr(size / 2));
  Source source(files);
  Findings findings(source);
  Setup setup;
  if (!read(source, path, setup, findings)) return 0;
  settle(setup, findings);
  for (const Finding& finding : findings.all()) {
    ATLAS_ASSERT(!finding.message.empty());
    ATLAS_ASSERT(!finding.file.empty());
  }
  for (const SourceZone& zone : setup.zones) {
    ATLAS_ASSERT(zone.file.empty() == (zone.is_secondary() || zone.is_made_here()));
    ATLAS_ASSERT(zones::check(zone.settings, zone.apex).has_value());
    for (const std::string& rule : zone.update_rules) {
      ATLAS_ASSERT(rule.starts_with("grant ") || rule.starts_with("deny "));
    }
  }
  return 0;
}

}  // namespace atlas::control::import
