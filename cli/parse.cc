// The only user of CLI11, whose header takes 15 s to compile: commands describe their arguments in
// plain tables.
#include "cli/parse.h"

#include <algorithm>
#include <map>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "cli/commands.h"
#include "switch/error.h"

namespace laneway::cli {

namespace {

constexpr std::string_view kVersion = LANEWAY_VERSION;

using Slots = std::map<std::string, std::vector<std::string>, std::less<>>;

std::vector<std::string> words_of(std::string_view text, char separator) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(separator, at), text.size());
    words.emplace_back(text.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

std::string nearest_of(const std::string& word, const std::vector<std::string>& known) {
  const std::vector<std::string_view> views(known.begin(), known.end());
  return std::string(nearest(word, views.data(), views.size()));
}

// "" if `text` is a number as `takes` wants it, else what is wrong, as CLI11's validators say it.
std::string number_problem(const std::string& text, Takes takes) {
  const bool whole = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  constexpr std::size_t kDigits = 19;  // what fits 64 bits whatever the digits are
  if (takes == Takes::Count)
    return whole && text.size() <= kDigits ? "" : "expected a whole number, got \"" + text + '"';
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  const bool good = end == text.c_str() + text.size() && number > 0 && number < 1e9;
  return good ? "" : "expected a number above 0, got \"" + text + '"';
}

std::string word_problem(const std::string& text, std::string_view allowed) {
  const auto words = words_of(allowed, '|');
  if (std::find(words.begin(), words.end(), text) != words.end()) return "";
  return "expected " + std::string(allowed) + ", got \"" + text + '"';
}

void describe(CLI::App& app, const Argument& argument, Slots& slots, const std::string& group) {
  const std::string key(argument.key());
  const std::string help(argument.help);
  std::vector<std::string>& slot = slots[key];
  const std::string name = argument.is_option() ? std::string(argument.name) : key;
  if (argument.takes == Takes::Nothing) {
    app.add_flag_callback(
           name, [&slot] { slot.assign(1, ""); }, help)
        ->group(group);
    return;
  }
  CLI::Option* option = app.add_option(name, slot, help);
  option->type_name(std::string(argument.value))->group(group);
  const bool required = argument.occurs == Occurs::Once || argument.occurs == Occurs::AtLeastOnce;
  const bool single = argument.occurs == Occurs::Once || argument.occurs == Occurs::Optional;
  option->required(required);
  if (single) option->expected(1);
  if (single || argument.is_option()) option->allow_extra_args(false);
  const auto check = [takes = argument.takes, value = argument.value](const std::string& text) {
    return takes == Takes::OneOf ? word_problem(text, value) : number_problem(text, takes);
  };
  if (argument.takes != Takes::Text) option->check(check);
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

// What CLI11 could not place, as an error with a fix.
Error unplaced(const CLI::App& app, const std::string& word, bool is_command) {
  const std::string help =
      app.get_parent() == nullptr ? "laneway --help" : "laneway " + app.get_name() + " --help";
  std::vector<std::string> known;
  if (is_command) {
    for (const Command& command : all_commands()) known.emplace_back(command.name);
  } else {
    known = option_names(app);
  }
  const std::string name = word.substr(0, word.find('='));
  const std::string near = is_command || word.front() == '-' ? nearest_of(name, known) : "";
  const std::string fix = near.empty() ? help : "did you mean " + near + "?";
  if (is_command) return Error(ErrorCode::Usage, "unknown command '" + word + "'", fix);
  if (word.front() == '-') return Error(ErrorCode::Usage, "unknown option " + name, fix);
  return Error(ErrorCode::Usage, "unexpected argument '" + word + "'", fix);
}

std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text.substr(0, text.find_last_not_of(' ') + 1);
}

// The words after the first "--", taken off `words`, which is left in reverse as CLI11 wants it.
std::vector<std::string> take_command_words(std::vector<std::string>& words) {
  const auto split = std::find(words.begin(), words.end(), "--");
  std::vector<std::string> tail;
  if (split != words.end()) tail.assign(split + 1, words.end());
  words.erase(split, words.end());
  std::reverse(words.begin(), words.end());
  return tail;
}

struct Parser {
  CLI::App app{"Switches for virtual machines, over Ethernet or Wi-Fi.", "laneway"};
  Slots global;
  std::map<std::string, Slots, std::less<>> slots;  // by command

  Parser() {
    app.set_version_flag("--version", "laneway " + std::string(kVersion));
    app.allow_extras();
    app.require_subcommand(0, 1);  // a switch may be called as a command is
    for (const Argument& option : global_options()) describe(app, option, global, "Global options");
    for (const Command& command : all_commands()) {
      CLI::App* sub = app.add_subcommand(std::string(command.name), std::string(command.help));
      sub->allow_extras();
      Slots& own = slots[std::string(command.name)];
      for (const Argument& argument : command.arguments) {
        describe(*sub, argument, own, argument.is_option() ? "Options" : "Positionals");
      }
      for (const Argument& option : global_options()) describe(*sub, option, own, "Global options");
    }
  }
};

const Command& chosen(const Parser& parser, const CLI::App& sub) {
  const auto& all = all_commands();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const Command& one) { return one.name == sub.get_name(); });
  if (!sub.remaining().empty()) throw unplaced(sub, sub.remaining().front(), false);
  if (!parser.app.remaining().empty())
    throw unplaced(parser.app, parser.app.remaining().front(), false);
  return *found;
}

}  // namespace

const std::vector<Argument>& global_options() {
  static const std::vector<Argument> kOptions{
      {"--json", Takes::Nothing, "", "print the API's objects, one line each"},
      {"--socket", Takes::Text, "PATH",
       "the daemon's socket (else $LANEWAY_SOCKET, else the usual places)"},
      {"--timeout", Takes::Number, "SECONDS", "how long to wait for the daemon (10)"},
      {"-q,--quiet", Takes::Nothing, "", "say nothing but data and errors"},
      {"-v,--verbose", Takes::Nothing, "", "say on standard error what is being asked"},
  };
  return kOptions;
}

Parsed parse(std::vector<std::string> words) {
  Parser parser;
  const std::vector<std::string> tail = take_command_words(words);
  try {
    parser.app.parse(words);
  } catch (const CLI::CallForHelp&) {
    return {nullptr, {}, parser.app.help()};
  } catch (const CLI::CallForVersion&) {
    return {nullptr, {}, "laneway " + std::string(kVersion) + "\n"};
  } catch (const CLI::ParseError& error) {
    const auto subs = parser.app.get_subcommands();
    const std::string name = subs.empty() ? "" : subs.front()->get_name();
    throw Error(ErrorCode::Usage, (name.empty() ? "" : name + ": ") + one_line(error.what()),
                (name.empty() ? "laneway" : "laneway " + name) + " --help");
  }
  const auto subs = parser.app.get_subcommands();
  if (subs.empty()) {
    const auto left = parser.app.remaining();
    if (left.empty()) throw Error(ErrorCode::Usage, "no command given", "laneway --help");
    throw unplaced(parser.app, left.front(), left.front().front() != '-');
  }
  Parsed parsed{&chosen(parser, *subs.front()), {}, {}};
  for (const Slots& slots : {parser.global, parser.slots[subs.front()->get_name()]}) {
    for (const auto& [key, values] : slots) {
      for (const std::string& value : values) parsed.arguments.add(key, value);
    }
  }
  for (const std::string& word : tail) parsed.arguments.add("COMMAND", word);
  return parsed;
}

}  // namespace laneway::cli
