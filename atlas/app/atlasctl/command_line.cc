#include "atlas/app/atlasctl/command_line.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <string>

#include "atlas/app/atlasctl/completion/completion.h"
#include "atlas/app/atlasctl/control/control_commands.h"
#include "atlas/app/atlasctl/files/file_commands.h"
#include "atlas/app/atlasctl/query/options.h"
#include "atlas/app/atlasctl/query/query_command.h"
#include "atlas/app/atlasctl/spelling.h"
#include "atlas/app/atlasctl/terminal.h"
#include "atlas/app/version.h"

namespace atlas::app::atlasctl {
namespace {

constexpr int kExitOk = 0;
constexpr int kExitUsage = 1;

struct Command {
  std::string_view name;
  std::string_view summary;
  int (*run)(std::span<const std::string_view> words);
  const Usage* usage = nullptr;  // null where the command has a help of its own
};

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

constexpr Command kCommands[] = {
    {"query", "ask a DNS server, as dig does", query::run},
    {"check-zone", "say what is wrong with a zone file", files::check_zone, &files::kCheckZone},
    {"dump-zone", "print the records of a zone file", files::dump_zone, &files::kDumpZone},
    {"check-config", "say what is wrong with a configuration", files::check_config, &files::kCheckConfig},
    {"status", "show what the server does", control::status, &control::kStatus},
    {"stats", "show its counters", control::stats, &control::kStats},
    {"zones", "list its zones, or show one", control::zones, &control::kZones},
    {"reload", "read its configuration and zone files again", control::reload, &control::kReload},
    {"config", "show its configuration", control::config, &control::kConfig},
    {"completion", "print completions for a shell", run_completion, &kCompletion},
    {"help", "show this help, or that of a command", run_help},
    {"version", "show the version", run_version},
};

const Command* find_command(std::string_view name) {
  if (name == "-h" || name == "--help") name = "help";
  if (name == "-V" || name == "--version") name = "version";
  for (const Command& command : kCommands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

void print_usage(std::FILE* stream, int fd) {
  const Paint paint(ColorMode::kAuto, fd);
  Table table;
  for (const Command& command : kCommands) {
    table.add({{std::string(command.name), Style::kName}, {std::string(command.summary)}});
  }
  const std::string text = paint(Style::kHeading, "atlasctl") + " COMMAND [WORD...]\n\n" +
                           table.render(paint, "  ") + "\natlasctl help COMMAND says more about a command.\n";
  std::fwrite(text.data(), 1, text.size(), stream);
}

int fail_unknown(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Command& command : kCommands) names.push_back(command.name);
  const std::string_view meant = closest(name, names);
  const Paint paint(ColorMode::kAuto, STDERR_FILENO);
  const std::string text =
      "atlasctl: " + paint(Style::kBad, "error: ") + "there is no command \"" + printable(name) +
      "\"\nhint: " +
      (meant.empty() ? "atlasctl help lists them" : "did you mean " + std::string(meant) + "?") + '\n';
  std::fwrite(text.data(), 1, text.size(), stderr);
  return kExitUsage;
}

// What may follow a command.
completion::Command completed(const Command& command) {
  completion::Command result{std::string(command.name), std::string(command.summary), {}};
  if (command.usage != nullptr) {
    for (const Option& option : command.usage->options) result.words.emplace_back(option.name);
    const std::string_view operands = command.usage->operands;
    result.takes_zones = operands == "[ZONE]";
    // In lower case: typed as it stands.
    if (!operands.empty() && operands[0] >= 'a' && operands[0] <= 'z') result.words.emplace_back(operands);
  }
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
  if (words.empty()) {
    print_usage(stdout, STDOUT_FILENO);
    return kExitOk;
  }
  const Command* command = find_command(words[0]);
  if (command == nullptr) return fail_unknown(words[0]);
  if (command->usage != nullptr || command->run == query::run) {
    const std::string text = command->usage != nullptr ? help_text(*command->usage) : query::help();
    std::fwrite(text.data(), 1, text.size(), stdout);
    return kExitOk;
  }
  return run_help({});
}

}  // namespace

int run(std::span<const std::string_view> words) {
  if (words.empty()) {
    print_usage(stderr, STDERR_FILENO);
    return kExitUsage;
  }
  const Command* command = find_command(words[0]);
  if (command == nullptr) return fail_unknown(words[0]);
  const auto asks_for_help = [](std::string_view word) { return word == "-h" || word == "--help"; };
  if (std::ranges::any_of(words.subspan(1), asks_for_help)) return run_help(words.first(1));
  return command->run(words.subspan(1));
}

}  // namespace atlas::app::atlasctl
