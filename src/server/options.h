// Options of the command line: each with its environment variable. (Library: CLI11.)
#pragma once

#include <CLI/CLI.hpp>
#include <charconv>
#include <map>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "server/commands/client.h"
#include "server/commands/policy.h"
#include "server/commands/rekey.h"
#include "server/commands/user.h"
#include "server/config.h"

namespace vesta::server {

// "--max-body-mib" -> "VESTA_MAX_BODY_MIB"
inline std::string environment_name(std::string option) {
  option.erase(0, option.find_first_not_of('-'));
  for (char& c : option) c = c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return "VESTA_" + option;
}

// Of several of the same flag the last counts, so that a script can put its user's flags after its own.
template <class T>
CLI::Option* add_option(CLI::App& command, const std::string& name, T& target, const std::string& description) {
  return command.add_option(name, target, description)
      ->envname(environment_name(name))
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->capture_default_str();
}

// A whole number from `least` to `most`, in plain digits: "-1" must not come to mean the largest number there is.
template <class Number>
CLI::Option* add_number(CLI::App& command, const std::string& name, Number& target, std::type_identity_t<Number> least,
                        std::type_identity_t<Number> most, const std::string& description) {
  const std::string range = std::to_string(least) + " to " + std::to_string(most);
  const auto check = [least, most, range](const std::string& text) -> std::string {
    Number number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_plain = error == std::errc() && end == text.data() + text.size() &&
                          (text.size() == 1 || text.front() != '0');  // "010" would be read as octal
    if (is_plain && number >= least && number <= most) return {};
    return "'" + text + "' is no number from " + range;
  };
  return add_option(command, name, target, description)->type_name("NUMBER")->check(check, range);
}

// One of named values. The help lists the names alone, as "bar|lines|none".
template <class T>
void add_choice(CLI::App& command, const std::string& name, T& target, const std::map<std::string, T>& choices,
                const std::string& description) {
  std::vector<std::string> names;
  std::string list;
  for (const auto& [choice, value] : choices) {
    names.push_back(choice);
    list += (list.empty() ? "" : "|") + choice;
  }
  CLI::Validator is_choice = CLI::IsMember(names, CLI::ignore_case);
  is_choice.description("");
  command
      .add_option_function<std::string>(
          name, [&target, &choices](const std::string& choice) { target = choices.at(choice); }, description)
      ->envname(environment_name(name))
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->type_name(list)
      ->transform(std::move(is_choice));
}

// Several values: the flag several times, or one list with commas.
inline CLI::Option* add_list(CLI::App& command, const std::string& name, std::vector<std::string>& target,
                             const std::string& description) {
  return command.add_option(name, target, description + "; may be given several times, or as a list with commas")
      ->envname(environment_name(name))
      ->delimiter(',')
      ->allow_extra_args(false);
}

// What was written behind "vesta", without options.
inline std::string words_of(const CLI::App& command) {
  std::string words = command.get_name();
  for (const CLI::App* group = command.get_parent(); group->get_parent() != nullptr; group = group->get_parent()) {
    words.insert(0, group->get_name() + " ");
  }
  for (const CLI::Option* const option : command.get_options()) {
    if (!option->get_positional()) continue;
    for (const std::string& word : option->results()) words += " " + word;
  }
  return words;
}

// Those of `vesta serve`.
void add_serve_options(CLI::App& command, ServeConfig& serve);

// Those of every command that opens a store, for one that is encrypted.
void add_store_key_options(CLI::App& command, StoreKeyConfig& key);
// `--store`: sqlite, memory or a URL.
void add_store_engine_option(CLI::App& command, std::string& engine);

// Those of `vesta store rekey`.
void add_rekey_options(CLI::App& command, commands::RekeyOptions& rekey);

// Those of `vesta client add`.
void add_client_options(CLI::App& command, commands::ClientOptions& client);

// Those of `vesta user add`, and of `vesta user password`.
void add_user_options(CLI::App& command, commands::UserOptions& user);
void add_password_options(CLI::App& command, commands::UserOptions& user);

// Those of `vesta policy test`.
void add_policy_test_options(CLI::App& command, commands::PolicyTestOptions& policy);

}  // namespace vesta::server
