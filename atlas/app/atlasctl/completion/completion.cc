#include "atlas/app/atlasctl/completion/completion.h"

namespace atlas::app::atlasctl::completion {
namespace {

// Names of the running server's zones; none if there is no server.
constexpr std::string_view kZoneNames = "$(atlasctl zones 2>/dev/null | cut -d' ' -f1)";

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

std::string bash(std::span<const Command> commands) {
  std::string names, cases;
  for (const Command& command : commands) {
    names += (names.empty() ? "" : " ") + command.name;
    cases += "    " + command.name + ") words=\"" + words_of(command) + "\" ;;\n";
  }
  return "# bash completion of atlasctl: source <(atlasctl completion bash)\n"
         "_atlasctl() {\n"
         "  local words=\"" +
         names +
         "\"\n"
         "  [[ $COMP_CWORD -eq 1 ]] || case ${COMP_WORDS[1]} in\n" +
         cases +
         "    *) words= ;;\n"
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
         "}\n"
         "complete -o default -F _atlasctl atlasctl\n";
}

std::string zsh(std::span<const Command> commands) {
  std::string names, cases;
  for (const Command& command : commands) {
    names += "    '" + command.name + ':' + command.summary + "'\n";
    cases += "    " + command.name + ") offered=(" + words_of(command) + ") ;;\n";
  }
  return "#compdef atlasctl\n"
         "_atlasctl() {\n"
         "  local -a names=(\n" +
         names +
         "  )\n"
         "  if (( CURRENT == 2 )); then\n"
         "    _describe command names\n"
         "    return\n"
         "  fi\n"
         "  local -a offered\n"
         "  case $words[2] in\n" +
         cases +
         "  esac\n"
         "  compadd -- $offered\n"
         "  _files\n"
         "}\n"
         "compdef _atlasctl atlasctl\n";
}

std::string fish(std::span<const Command> commands) {
  std::string text = "# fish completion of atlasctl: atlasctl completion fish | source\n";
  for (const Command& command : commands) {
    text += "complete -c atlasctl -n __fish_use_subcommand -f -a " + command.name + " -d '" +
            command.summary + "'\n";
    const std::string seen = "complete -c atlasctl -n '__fish_seen_subcommand_from " + command.name + "' -a ";
    if (!command.words.empty()) text += seen + "'" + join(command.words) + "'\n";
    if (command.takes_zones) text += seen + "'(atlasctl zones 2>/dev/null | cut -d\" \" -f1)'\n";
  }
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
