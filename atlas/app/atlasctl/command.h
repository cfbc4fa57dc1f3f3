// A command, or a word in front of commands: "zone" in "zone list".
#pragma once

#include <span>
#include <string_view>

#include "atlas/app/atlasctl/words.h"

namespace atlas::app::atlasctl {

struct Command {
  std::string_view name;
  std::string_view summary;
  int (*run)(std::span<const std::string_view> words) = nullptr;  // null where others stand behind it
  const Usage* usage = nullptr;                                   // null where it has a help of its own
  std::span<const Command> subcommands = {};
};

}  // namespace atlas::app::atlasctl
