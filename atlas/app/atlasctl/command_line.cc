#include "atlas/app/atlasctl/command_line.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "atlas/app/atlasctl/command.h"
#include "atlas/app/atlasctl/completion/completion.h"
#include "atlas/app/atlasctl/control/change_commands.h"
#include "atlas/app/atlasctl/control/control_commands.h"
#include "atlas/app/atlasctl/control/rrset_commands.h"
#include "atlas/app/atlasctl/control/zone_commands.h"
#include "atlas/app/atlasctl/files/file_commands.h"
#include "atlas/app/atlasctl/import/import_command.h"
#include "atlas/app/atlasctl/query/options.h"
#include "atlas/app/atlasctl/query/query_command.h"
#include "atlas/app/atlasctl/spelling.h"
#include "atlas/app/atlasctl/terminal.h"
#include "atlas/app/version.h"

namespace atlas::app::atlasctl {
namespace {

constexpr int kExitOk = 0;
constexpr int kExitUsage = 1;

constexpr Usage kCompletion = {
    "completion",
    "SHELL",
    "Prints completions for bash, zsh or fish, as in: source <(atlasctl completion bash)",
    1,
    1,
    {}};

int run_completion(std::span<const std::string_view> words);
int run_help(std::span<const std::string_view> words);
int run_version(std::span<const std::string_view>) {
  std::printf("atlasctl %s\n", std::string(version_text()).c_str());
  return kExitOk;
}

const Command kCommands[] = {
    {"query", "ask a DNS server, as dig does", query::run},
    {"check-zone", "say what is wrong with a zone file", files::check_zone, &files::kCheckZone},
    {"dump-zone", "print the records of a zone file", files::dump_zone, &files::kDumpZone},
    {"check-config", "say what is wrong with a configuration", files::check_config, &files::kCheckConfig},
    {"import", "make a configuration of that of another server", import::run, &import::kImport},
    {"status", "show what the server does", control::status, &control::kStatus},
    {"stats", "show its counters", control::stats, &control::kStats},
    {"zone", "list, show, make and change its zones", nullptr, nullptr, control::zone_commands()},
    {"rrset", "list and change their records", nullptr, nullptr, control::rrset_commands()},
    {"change", "list, show and undo their changes", nullptr, nullptr, control::change_commands()},
    {"key", "list, make and delete the keys that sign updates", nullptr, nullptr, control::key_commands()},
    {"reload", "read its configuration and zone files again", control::reload, &control::kReload},
    {"config", "show its configuration", control::config, &control::kConfig},
    {"completion", "print completions for a shell", run_completion, &kCompletion},
    {"help", "show this help, or that of a command", run_help},
    {"version", "show the version", run_version},
};

const Command* find_command(std::span<const Command> commands, std::string_view name) {
  if (name == "-h" || name == "--help") name = "help";
  if (name == "-V" || name == "--version") name = "version";
  for (const Command& command : commands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

// `parent`: of the commands, with a blank in front; empty for the first word.
void print_usage(std::span<const Command> commands, const std::string& parent, std::FILE* stream, int fd) {
  const Paint paint(ColorMode::kAuto, fd);
  Table table;
  for (const Command& command : commands) {
    table.add({{std::string(command.name), Style::kName}, {std::string(command.summary)}});
  }
  const std::string text = paint(Style::kHeading, "atlasctl" + parent) + " COMMAND [WORD...]\n\n" +
                           table.render(paint, "  ") + "\natlasctl help" + parent +
                           " COMMAND says more about a command.\n";
  std::fwrite(text.data(), 1, text.size(), stream);
}

int fail_unknown(std::span<const Command> commands, const std::string& parent, std::string_view name) {
  std::vector<std::string_view> names;
  for (const Command& command : commands) names.push_back(command.name);
  const std::string_view meant = closest(name, names);
  print_error(
      {"there is no command \"" + (parent.empty() ? "" : parent.substr(1) + ' ') + printable(name) + '"',
       meant.empty() ? "atlasctl help" + parent + " lists them"
                     : "did you mean " + std::string(meant) + "?"});
  return kExitUsage;
}

// What may follow a command.
completion::Command completed(const Command& command) {
  completion::Command result{std::string(command.name), std::string(command.summary), {}, false, {}};
  if (command.usage != nullptr) {
    for (const Option& option : command.usage->options) result.words.emplace_back(option.name);
    const std::string_view operands = command.usage->operands;
    result.takes_zones = operands.starts_with("[ZONE]") || operands.starts_with("ZONE");
    // In lower case: typed as it stands.
    if (!operands.empty() && operands[0] >= 'a' && operands[0] <= 'z') result.words.emplace_back(operands);
  }
  for (const Command& subcommand : command.subcommands) result.subcommands.push_back(completed(subcommand));
  if (command.run == run_completion) result.words = {"bash", "zsh", "fish"};
  if (command.run == run_help) {
    for (const Command& other : kCommands) result.words.emplace_back(other.name);
  }
  if (command.run == query::run) {
    for (const query::WordHelp& word : query::option_words()) {
      result.words.emplace_back(word.name);
      if (word.negatable) result.words.push_back("+no" + std::string(word.name.substr(1)));
    }
  }
  return result;
}

int run_completion(std::span<const std::string_view> given) {
  const auto words = parse_words(kCompletion, given);
  if (!words) return print_error(words.error()), kExitUsage;
  std::vector<completion::Command> commands;
  for (const Command& command : kCommands) commands.push_back(completed(command));
  const std::string text = completion::script(words->operands[0], commands);
  if (text.empty()) {
    print_error({"there are no completions for " + printable(words->operands[0]), "bash, zsh or fish"});
    return kExitUsage;
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
  return kExitOk;
}

int run_help(std::span<const std::string_view> words) {
  std::span<const Command> commands = kCommands;
  std::string parent;
  for (const std::string_view word : words) {
    const Command* command = find_command(commands, word);
    if (command == nullptr) return fail_unknown(commands, parent, word);
    if (command->usage != nullptr || command->run == query::run) {
      const std::string text = command->usage != nullptr ? help_text(*command->usage) : query::help();
      std::fwrite(text.data(), 1, text.size(), stdout);
      return kExitOk;
    }
    if (command->subcommands.empty()) break;
    commands = command->subcommands;
    parent += ' ' + std::string(command->name);
  }
  print_usage(commands, parent, stdout, STDOUT_FILENO);
  return kExitOk;
}

bool asks_for_help(std::string_view word) {
  return word == "-h" || word == "--help";
}

}  // namespace

int run(std::span<const std::string_view> words) {
  std::span<const Command> commands = kCommands;
  std::string parent;
  for (size_t i = 0; i < words.size(); ++i) {
    const Command* command = find_command(commands, words[i]);
    if (command == nullptr && asks_for_help(words[i])) return run_help(words.first(i));
    if (command == nullptr) return fail_unknown(commands, parent, words[i]);
    if (command->subcommands.empty()) {
      const auto rest = words.subspan(i + 1);
      return std::ranges::any_of(rest, asks_for_help) ? run_help(words.first(i + 1)) : command->run(rest);
    }
    commands = command->subcommands;
    parent += ' ' + std::string(command->name);
  }
  print_usage(commands, parent, stderr, STDERR_FILENO);
  return kExitUsage;
}

}  // namespace atlas::app::atlasctl
