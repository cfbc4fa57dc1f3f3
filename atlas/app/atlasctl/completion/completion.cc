#include "atlas/app/atlasctl/completion/completion.h"

namespace atlas::app::atlasctl::completion {
namespace {

// Names of the running server's zones; none if there is no server.
constexpr std::string_view kZoneNames = "$(atlasctl zone list 2>/dev/null | cut -d' ' -f1)";

std::string join(std::span<const std::string> words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  return line;
}

std::string words_of(const Command& command) {
  std::string line = join(command.words);
  if (command.takes_zones) line.append(line.empty() ? "" : " ").append(kZoneNames);
  return line;
}

std::string names_of(std::span<const Command> commands) {
  std::string names;
  for (const Command& command : commands) names += (names.empty() ? "" : " ") + command.name;
  return names;
}

// Calls visit(words in front, command) for commands and what stands behind them.
void for_each(std::span<const Command> commands, const std::string& front, const auto& visit) {
  for (const Command& command : commands) {
    const std::string path = front + command.name;
    visit(path, command);
    for_each(command.subcommands, path + ' ', visit);
  }
}

// A case of the shell for what was typed so far: of a command everything behind it, of one with others behind
// it the next word.
std::string pattern_of(const std::string& path, const Command& command) {
  return command.subcommands.empty() ? "'" + path + "'|'" + path + " '*" : "'" + path + "'";
}

std::string bash(std::span<const Command> commands) {
  std::string cases;
  for_each(commands, "", [&](const std::string& path, const Command& command) {
    cases += "    " + pattern_of(path, command) + ") words=\"" +
             (command.subcommands.empty() ? words_of(command) : names_of(command.subcommands)) + "\" ;;\n";
  });
  return "# bash completion of atlasctl: source <(atlasctl completion bash)\n"
         "_atlasctl() {\n"
         "  local words=\"" +
         names_of(commands) +
         "\"\n"
         "  local typed=\"${COMP_WORDS[*]:1:COMP_CWORD-1}\"\n"
         "  [[ $COMP_CWORD -eq 1 ]] || case $typed in\n" +
         cases +
         "    *) words= ;;\n"
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
         "}\n"
         "complete -o default -F _atlasctl atlasctl\n";
}

std::string described(std::span<const Command> commands, const std::string& indent) {
  std::string lines;
  for (const Command& command : commands)
    lines += indent + "'" + command.name + ':' + command.summary + "'\n";
  return lines;
}

std::string zsh(std::span<const Command> commands) {
  std::string cases;
  for_each(commands, "", [&](const std::string& path, const Command& command) {
    cases += "    " + pattern_of(path, command) + ") ";
    cases += command.subcommands.empty()
                 ? "offered=(" + words_of(command) + ") ;;\n"
                 : "names=(\n" + described(command.subcommands, "      ") + "    ) ;;\n";
  });
  return "#compdef atlasctl\n"
         "_atlasctl() {\n"
         "  local -a names offered\n"
         "  local typed=\"${(j: :)words[2,CURRENT-1]}\"\n"
         "  case $typed in\n"
         "    '') names=(\n" +
         described(commands, "      ") + "    ) ;;\n" + cases +
         "  esac\n"
         "  if (( $#names )); then\n"
         "    _describe command names\n"
         "    return\n"
         "  fi\n"
         "  compadd -- $offered\n"
         "  _files\n"
         "}\n"
         "compdef _atlasctl atlasctl\n";
}

void append_fish(std::span<const Command> commands, const std::string& seen, std::string& out) {
  const std::string here = seen.empty()
                               ? "__fish_use_subcommand"
                               : seen + "; and not __fish_seen_subcommand_from " + names_of(commands);
  for (const Command& command : commands) {
    out += "complete -c atlasctl -n '" + here + "' -f -a " + command.name + " -d '" + command.summary + "'\n";
    const std::string behind =
        (seen.empty() ? "" : seen + "; and ") + "__fish_seen_subcommand_from " + command.name;
    const std::string offer = "complete -c atlasctl -n '" + behind + "' -a ";
    if (!command.words.empty()) out += offer + "'" + join(command.words) + "'\n";
    if (command.takes_zones) out += offer + "'(atlasctl zone list 2>/dev/null | cut -d\" \" -f1)'\n";
    append_fish(command.subcommands, behind, out);
  }
}

std::string fish(std::span<const Command> commands) {
  std::string text = "# fish completion of atlasctl: atlasctl completion fish | source\n";
  append_fish(commands, "", text);
  return text;
}

}  // namespace

std::string script(std::string_view shell, std::span<const Command> commands) {
  if (shell == "bash") return bash(commands);
  if (shell == "zsh") return zsh(commands);
  if (shell == "fish") return fish(commands);
  return {};
}

}  // namespace atlas::app::atlasctl::completion
