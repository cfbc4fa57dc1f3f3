// The command that makes Atlas' configuration of another server's: import.
#pragma once

#include <span>
#include <string_view>

#include "atlas/app/atlasctl/words.h"

namespace atlas::app::atlasctl::import {

extern const Usage kImport;

// Exit status: 0 = all was taken, 1 = something was not, which the report says, 2 = nothing was made.
int run(std::span<const std::string_view> words);

}  // namespace atlas::app::atlasctl::import
