// Commands that look at files and need no server: check-zone, dump-zone, check-config.
#pragma once

#include <span>
#include <string_view>

#include "atlas/app/atlasctl/words.h"

namespace atlas::app::atlasctl::files {

extern const Usage kCheckZone;
extern const Usage kDumpZone;
extern const Usage kCheckConfig;

// Exit status: 0 = right, 1 = errors in the file or on the command line.
int check_zone(std::span<const std::string_view> words);
int dump_zone(std::span<const std::string_view> words);
int check_config(std::span<const std::string_view> words);

}  // namespace atlas::app::atlasctl::files
