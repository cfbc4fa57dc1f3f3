// The words of a simple command: options, switches and operands.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/base/result.h"

namespace atlas::app::atlasctl {

struct Option {
  std::string_view name;  // "--socket"
  bool takes_value = false;
  std::string_view about;
};

// What a command takes; its help is made of it.
struct Usage {
  std::string_view command;
  std::string_view operands;  // "ORIGIN FILE"; what is optional in brackets
  std::string_view about;     // paragraphs, without a closing newline
  size_t operands_min = 0;
  size_t operands_max = 0;
  std::span<const Option> options;
};

struct Words {
  std::vector<std::string_view> operands;
  std::vector<std::pair<std::string_view, std::string_view>> options;  // name, value

  bool has(std::string_view name) const;
  // The last one given.
  std::optional<std::string_view> value(std::string_view name) const;
};

// "--name value" and "--name=value"; behind "--" everything is an operand.
base::Result<Words> parse_words(const Usage& usage, std::span<const std::string_view> words);

std::string help_text(const Usage& usage);

// Prints "atlasctl: error: ..." and the hint.
void print_error(const base::Error& error);

}  // namespace atlas::app::atlasctl
