// The command line of atlasctl as a whole.
#pragma once

#include <span>
#include <string_view>

namespace atlas::app::atlasctl {

// Runs the command that `words`, without the program's name, ask for. Returns the exit status.
int run(std::span<const std::string_view> words);

}  // namespace atlas::app::atlasctl
