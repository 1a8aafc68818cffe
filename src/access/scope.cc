// Reading, comparing and intersecting of scopes.
#include "access/scope.h"

#include <algorithm>
#include <array>
#include <utility>

#include "access/records.h"
#include "http/ascii.h"

namespace vesta::access {
namespace {

struct NamedContext {
  std::string_view name;
  Scope::Context context;
};
constexpr std::array<NamedContext, 3> kContexts = {
    {{"patient", Scope::Context::patient}, {"user", Scope::Context::user}, {"system", Scope::Context::system}}};

struct Letter {
  char letter;
  Action action;
};
// In the order in which they must stand.
constexpr std::array<Letter, 5> kLetters = {
    {{'c', Action::create}, {'r', Action::read}, {'u', Action::update}, {'d', Action::remove}, {'s', Action::search}}};

struct Word {
  std::string_view word;
  std::string_view letters;
};
// https://hl7.org/fhir/smart-app-launch/STU2.2/scopes-and-launch-context.html#scopes-for-requesting-fhir-resources
constexpr std::array<Word, 3> kWordsOfVersion1 = {{{"read", "rs"}, {"write", "cud"}, {"*", "cruds"}}};

std::optional<Scope::Context> context_of(std::string_view name) {
  const auto found = std::ranges::find(kContexts, name, &NamedContext::name);
  return found == kContexts.end() ? std::nullopt : std::optional(found->context);
}

// Of letters that stand in their order, each once at most; nullopt: of none, or of others.
std::optional<Actions> actions_of(std::string_view letters) {
  Actions actions;
  std::size_t at = 0;
  for (const Letter& each : kLetters) {
    if (at == letters.size() || letters[at] != each.letter) continue;
    actions.set(static_cast<std::size_t>(each.action));
    if (each.action == Action::search) actions.set(static_cast<std::size_t>(Action::count));
    ++at;
  }
  return at == letters.size() && actions.any() ? std::optional(actions) : std::nullopt;
}

bool is_type(std::string_view text) {
  return text == kAllTypes || (!text.empty() && text.front() >= 'A' && text.front() <= 'Z' &&
                               std::ranges::all_of(text, [](char c) { return http::is_alpha(c); }));
}

// NQCHAR: what stands in a list of scopes without being taken for something else.
// https://www.rfc-editor.org/rfc/rfc6749#appendix-A.4
bool is_scope_character(char c) {
  return c > ' ' && c <= '~' && c != '"' && c != '\\';
}

// Would be one of resources, if it were well formed.
bool looks_like_one_of_resources(std::string_view text) {
  const std::size_t slash = text.find('/');
  return slash != std::string_view::npos && context_of(text.substr(0, slash));
}

std::vector<std::string_view> parts_of(std::string_view query) {
  std::vector<std::string_view> parts;
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    if (end > 0) parts.push_back(query.substr(0, end));
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return parts;
}

// Each parameter of a query takes something away: all parameters of two queries allow what both do.
std::string both_queries(const std::string& left, const std::string& right) {
  std::string both = left;
  const std::vector<std::string_view> present = parts_of(left);
  for (const std::string_view part : parts_of(right)) {
    if (std::ranges::find(present, part) == present.end()) both.append(both.empty() ? "" : "&").append(part);
  }
  return both;
}

// What both allow; nullopt: nothing.
std::optional<Scope> both(const Scope& asked, const Scope& registered) {
  if (asked.context != registered.context) return std::nullopt;
  Scope common = asked;
  common.actions &= registered.actions;
  if (common.actions.none()) return std::nullopt;
  if (asked.type != registered.type) {
    if (asked.type != kAllTypes && registered.type != kAllTypes) return std::nullopt;
    if (asked.type == kAllTypes) common.type = registered.type;
    if (is_named_only(common.type)) return std::nullopt;
  }
  common.query = both_queries(asked.query, registered.query);
  return common;
}

void add(std::string text, std::vector<std::string>& granted) {
  if (granted.size() >= kMaxScopes || std::ranges::find(granted, text) != granted.end()) return;
  granted.push_back(std::move(text));
}

void add_covered(const std::string& text, const Scope& asked, std::span<const Scope> registered,
                 std::vector<std::string>& granted) {
  std::vector<Scope> common;
  for (const Scope& each : registered) {
    std::optional<Scope> one = both(asked, each);
    if (!one) continue;
    const auto same = std::ranges::find_if(
        common, [&](const Scope& other) { return other.type == one->type && other.query == one->query; });
    if (same == common.end()) {
      common.push_back(std::move(*one));
    } else {
      same->actions |= one->actions;
    }
  }
  const bool is_whole = std::ranges::any_of(common, [&](const Scope& each) { return covers(each, asked); });
  if (is_whole) return add(text, granted);
  for (const Scope& each : common) add(to_string(each), granted);
}

std::vector<Scope> scopes_of_resources(std::span<const std::string> texts) {
  std::vector<Scope> scopes;
  for (const std::string& text : texts) {
    if (auto scope = parse_scope(text)) scopes.push_back(std::move(*scope));
  }
  return scopes;
}

}  // namespace

std::optional<Scope> parse_scope(std::string_view text) {
  if (text.size() > kMaxScopeBytes || !std::ranges::all_of(text, is_scope_character)) return std::nullopt;
  const std::size_t question = text.find('?');
  const std::string_view path = text.substr(0, question);
  const std::size_t slash = path.find('/');
  const std::size_t dot = path.find('.');
  if (slash == std::string_view::npos || dot == std::string_view::npos || dot < slash) return std::nullopt;
  const auto context = context_of(path.substr(0, slash));
  const std::string_view type = path.substr(slash + 1, dot - slash - 1);
  if (!context || !is_type(type)) return std::nullopt;
  std::string_view letters = path.substr(dot + 1);
  const auto word = std::ranges::find(kWordsOfVersion1, letters, &Word::word);
  const bool is_version_1 = word != kWordsOfVersion1.end();
  if (is_version_1) letters = word->letters;
  const auto actions = actions_of(letters);
  if (!actions) return std::nullopt;
  Scope scope{*context, std::string(type), *actions, {}};
  if (question == std::string_view::npos) return scope;
  scope.query = text.substr(question + 1);
  const bool has_parts = !parts_of(scope.query).empty();
  return is_version_1 || !has_parts ? std::nullopt : std::optional(std::move(scope));
}

std::string to_string(const Scope& scope) {
  std::string text(std::ranges::find(kContexts, scope.context, &NamedContext::context)->name);
  text.append("/").append(scope.type).append(".");
  for (const Letter& each : kLetters) {
    if (scope.actions.test(static_cast<std::size_t>(each.action))) text.push_back(each.letter);
  }
  if (!scope.query.empty()) text.append("?").append(scope.query);
  return text;
}

bool covers(const Scope& granted, const Scope& asked) {
  const std::optional<Scope> common = both(asked, granted);
  if (!common || common->type != asked.type || common->actions != asked.actions) return false;
  return parts_of(common->query).size() == parts_of(asked.query).size();  // nothing that takes more away
}

std::vector<std::string> granted_scopes(std::span<const std::string> asked, std::span<const std::string> registered) {
  asked = asked.first(std::min(asked.size(), kMaxScopes));
  registered = registered.first(std::min(registered.size(), kMaxScopes));
  std::optional<std::vector<Scope>> of_resources;
  std::vector<std::string> granted;
  for (const std::string& text : asked) {
    const auto scope = parse_scope(text);
    if (!scope && looks_like_one_of_resources(text)) continue;
    // OPTIMIZATION: clients mostly ask for what they are registered with.
    if (std::ranges::find(registered, text) != registered.end()) {
      add(text, granted);
    } else if (scope) {
      if (!of_resources) of_resources = scopes_of_resources(registered);
      add_covered(text, *scope, *of_resources, granted);
    }
  }
  return granted;
}

}  // namespace vesta::access
