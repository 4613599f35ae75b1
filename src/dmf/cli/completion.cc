#include "dmf/cli/completion.h"

#include <fmt/ranges.h>

#include "dmf/core/error.h"

namespace dmf::cli {
namespace {

std::vector<std::string> names_of(const std::vector<ListedCommand>& commands) {
  std::vector<std::string> names;
  for (const ListedCommand& command : commands) names.push_back(command.name);
  return names;
}

/// What may stand behind a flag: its choices, keys of options, or nothing known (then file names).
std::vector<std::string> words_behind(const Flag& flag, const std::vector<std::string>& keys) {
  if (flag.names[0] != "--set") return flag.choices;
  std::vector<std::string> words;
  for (const std::string& key : keys) words.push_back(key + "=");
  return words;
}

/// In single quotes of a shell.
std::string in_quotes(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

/// The choices of a command's first positional argument: "dmf index add".
std::vector<std::string> first_words(const ListedCommand& command, const std::vector<std::string>& names) {
  if (command.name == "help") return names;
  for (const Flag& flag : command.flags) {
    if (flag.is_positional) return flag.choices;
  }
  return {};
}

std::string bash_values(const ListedCommand& command, const std::vector<std::string>& keys) {
  std::string text;
  for (const Flag& flag : command.flags) {
    if (flag.is_positional || !flag.needs_value) continue;
    const auto words = words_behind(flag, keys);
    const bool is_key = flag.names[0] == "--set";
    text += fmt::format(
        "    {}) {} ;;\n",
        fmt::format("{}:{}", command.name, fmt::join(flag.names, fmt::format("|{}:", command.name))),
        words.empty() ? "_dmf_files; return"
                      : fmt::format("_dmf_words {}{}; return", is_key ? "nospace " : "space ",
                                    in_quotes(fmt::format("{}", fmt::join(words, " ")))));
  }
  return text;
}

std::string bash_flags(const ListedCommand& command) {
  std::vector<std::string> flags;
  for (const Flag& flag : command.flags) {
    if (!flag.is_positional) flags.insert(flags.end(), flag.names.begin(), flag.names.end());
  }
  return fmt::format("    {}) flags={} ;;\n", command.name,
                     in_quotes(fmt::format("{}", fmt::join(flags, " "))));
}

std::string bash(const std::vector<ListedCommand>& commands, const std::vector<std::string>& keys) {
  const auto names = names_of(commands);
  std::string values, flags, first;
  for (const ListedCommand& command : commands) {
    values += bash_values(command, keys);
    flags += bash_flags(command);
    const auto words = first_words(command, names);
    if (!words.empty())
      first += fmt::format("    {}) words={} ;;\n", command.name,
                           in_quotes(fmt::format("{}", fmt::join(words, " "))));
  }
  return fmt::format(
      "# Completion of dmf for bash; made by `dmf help --completion bash`.\n"
      "_dmf_files() {{ compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$word\"); }}\n"
      "_dmf_words() {{\n"
      "  if [[ $1 == nospace ]]; then compopt -o nospace; fi\n"
      "  mapfile -t COMPREPLY < <(compgen -W \"$2\" -- \"$word\")\n"
      "}}\n"
      "_dmf() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}} "
      "command=${{COMP_WORDS[1]}}\n"
      "  local flags= words=\n"
      "  COMPREPLY=()\n"
      "  if ((COMP_CWORD == 1)); then _dmf_words space {}; return; fi\n"
      "  case $command:$before in\n{}  esac\n"
      "  case $command in\n{}  esac\n"
      "  if [[ $word == -* ]]; then _dmf_words space \"$flags\"; return; fi\n"
      "  case $command in\n{}  esac\n"
      "  if ((COMP_CWORD == 2)) && [[ $words ]]; then _dmf_words space \"$words\"; fi\n"
      "  if ((${{#COMPREPLY[@]}} == 0)); then _dmf_files; fi\n"
      "}}\n"
      "complete -F _dmf dmf ./dmf\n",
      in_quotes(fmt::format("{}", fmt::join(names, " "))), values, flags, first);
}

/// Help as zsh's _arguments wants it: without its own marks.
std::string zsh_text(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') result += '\\';
    result += c;
  }
  return result;
}

std::string zsh(const std::vector<ListedCommand>& commands, const std::vector<std::string>& keys) {
  std::string list, cases;
  for (const ListedCommand& command : commands) {
    list += fmt::format("    {}\n", in_quotes(command.name + ":" + zsh_text(command.summary)));
    cases += fmt::format("    {}) _arguments -s", command.name);
    for (const Flag& flag : command.flags) {
      const auto words = words_behind(flag, keys);
      const std::string value = words.empty() ? "_files" : fmt::format("({})", fmt::join(words, " "));
      const std::string kind = zsh_text(flag.kind.substr(0, flag.kind.find(":{")));
      if (flag.is_positional) continue;
      for (const std::string& name : flag.names) {
        std::string spec = fmt::format("*{}[{}]", name, zsh_text(flag.help));
        if (flag.needs_value) spec += fmt::format(":{}:{}", kind, value);
        cases += " \\\n      " + in_quotes(spec);
      }
    }
    const auto first = first_words(command, names_of(commands));
    if (!first.empty()) cases += " \\\n      " + in_quotes(fmt::format("1:what:({})", fmt::join(first, " ")));
    cases += " \\\n      '*:file:_files' ;;\n";
  }
  return fmt::format(
      "#compdef dmf\n# Completion of dmf for zsh; made by `dmf help --completion zsh`.\n"
      "local -a commands=(\n{})\n"
      "if ((CURRENT == 2)); then\n  _describe command commands\nelse\n"
      "  local command=$words[2]\n  shift words\n  ((CURRENT--))\n  case $command in\n{}  esac\nfi\n",
      list, cases);
}

std::string fish(const std::vector<ListedCommand>& commands, const std::vector<std::string>& keys) {
  std::string text = "# Completion of dmf for fish; made by `dmf help --completion fish`.\n";
  for (const ListedCommand& command : commands)
    text += fmt::format("complete -c dmf -n __fish_use_subcommand -f -a {} -d {}\n", command.name,
                        in_quotes(command.summary));
  for (const ListedCommand& command : commands) {
    const std::string when = fmt::format("complete -c dmf -n '__fish_seen_subcommand_from {}'", command.name);
    const auto first = first_words(command, names_of(commands));
    if (!first.empty())
      text += fmt::format("{} -a {}\n", when, in_quotes(fmt::format("{}", fmt::join(first, " "))));
    for (const Flag& flag : command.flags) {
      if (flag.is_positional) continue;
      text += when;
      for (const std::string& name : flag.names)
        text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      const auto words = words_behind(flag, keys);
      if (flag.needs_value) text += " -r";
      if (!words.empty()) text += " -f -a " + in_quotes(fmt::format("{}", fmt::join(words, " ")));
      text += " -d " + in_quotes(flag.help) + "\n";
    }
  }
  return text;
}

}  // namespace

std::string completion_script(const std::string& shell, const std::vector<ListedCommand>& commands,
                              const std::vector<std::string>& keys) {
  if (shell == "bash") return bash(commands, keys);
  if (shell == "zsh") return zsh(commands, keys);
  if (shell == "fish") return fish(commands, keys);
  throw InvalidArgument(Expectation{"--completion", "shell", "bash, zsh or fish", shell, ""}.message());
}

}  // namespace dmf::cli
