#include "atlas/app/atlasctl/words.h"

#include <unistd.h>

#include <cstdio>

#include "atlas/app/atlasctl/spelling.h"
#include "atlas/app/atlasctl/terminal.h"

namespace atlas::app::atlasctl {
namespace {

std::string hint_of(const Usage& usage) {
  return "atlasctl help " + std::string(usage.command) + " shows its words";
}

}  // namespace

bool Words::has(std::string_view name) const {
  return value(name).has_value();
}

std::optional<std::string_view> Words::value(std::string_view name) const {
  for (auto option = options.rbegin(); option != options.rend(); ++option) {
    if (option->first == name) return option->second;
  }
  return {};
}

base::Result<Words> parse_words(const Usage& usage, std::span<const std::string_view> words) {
  Words parsed;
  bool options_end = false;
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (options_end || word.size() < 2 || word[0] != '-') {
      parsed.operands.push_back(word);
      continue;
    }
    if (word == "--") {
      options_end = true;
      continue;
    }
    const size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const Option* known = nullptr;
    std::vector<std::string_view> names;
    for (const Option& option : usage.options) {
      names.push_back(option.name);
      if (option.name == name) known = &option;
    }
    if (known == nullptr) {
      const std::string_view meant = closest(name, names);
      return base::fail("there is no option " + printable(name),
                        meant.empty() ? hint_of(usage) : "did you mean " + std::string(meant) + "?");
    }
    if (!known->takes_value) {
      if (equals != std::string_view::npos) return base::fail(std::string(name) + " takes no value");
      parsed.options.emplace_back(known->name, "");
    } else if (equals != std::string_view::npos) {
      parsed.options.emplace_back(known->name, word.substr(equals + 1));
    } else if (++i < words.size()) {
      parsed.options.emplace_back(known->name, words[i]);
    } else {
      return base::fail(std::string(name) + " needs a value", hint_of(usage));
    }
  }
  if (parsed.operands.size() < usage.operands_min || parsed.operands.size() > usage.operands_max) {
    return base::fail("usage: atlasctl " + std::string(usage.command) + ' ' + std::string(usage.operands),
                      hint_of(usage));
  }
  return parsed;
}

std::string help_text(const Usage& usage) {
  const Paint paint(ColorMode::kAuto, STDOUT_FILENO);
  std::string text = paint(Style::kHeading, "atlasctl " + std::string(usage.command));
  if (!usage.options.empty()) text += " [OPTION...]";
  if (!usage.operands.empty()) text += ' ' + std::string(usage.operands);
  text += "\n\n" + std::string(usage.about) + '\n';
  Table table;
  for (const Option& option : usage.options) {
    table.add({{std::string(option.name) + (option.takes_value ? " VALUE" : ""), Style::kName},
               {std::string(option.about)}});
  }
  return table.empty() ? text : text + '\n' + table.render(paint, "  ");
}

void print_error(const base::Error& error) {
  const Paint paint(ColorMode::kAuto, STDERR_FILENO);
  std::string text = "atlasctl: " + paint(Style::kBad, "error: ") + error.message + '\n';
  if (!error.hint.empty()) text += "hint: " + error.hint + '\n';
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace atlas::app::atlasctl
