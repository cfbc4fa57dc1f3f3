// SQLite's log (the file -wal), looked at before SQLite does: it leaves out, without a word, all that is
// behind the first frame whose checksum is wrong.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "atlas/base/result.h"

namespace atlas::control::store {

struct LogState {
  uint64_t frames = 0;        // of the newest generation
  uint64_t good = 0;          // that SQLite takes over
  uint64_t certain = 0;       // that were on the disk once, by what stands behind them
  uint64_t transactions = 0;  // in the frames behind `certain`: what was being written when the server ended

  // Something that was written is not what it was.
  bool is_damaged() const { return certain > good; }
};

// No file is an empty log.
base::Result<LogState> inspect_log(const std::filesystem::path& path, uint32_t page_octets);

// Writes the frames that are certain to another file, with checksums that are right: SQLite takes all of them
// over, and the pages' own authentication shows which are damaged. `first_page`, unless it is empty, takes
// the place of every page 1.
base::Result<void> rewrite_log(const std::filesystem::path& from, const std::filesystem::path& to,
                               const LogState& state, uint32_t page_octets, std::string_view first_page = {});

}  // namespace atlas::control::store
