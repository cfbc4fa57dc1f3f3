// Completions for shells, made of what the commands say about themselves.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace atlas::app::atlasctl::completion {

struct Command {
  std::string name;
  std::string summary;
  std::vector<std::string> words;  // that may follow
  bool takes_zones = false;        // those of the running server
  std::vector<Command> subcommands;
};

// A script for "bash", "zsh" or "fish"; empty for another shell.
std::string script(std::string_view shell, std::span<const Command> commands);

}  // namespace atlas::app::atlasctl::completion
