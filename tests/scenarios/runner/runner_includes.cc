// The step `include`: the matches of a search, and what is returned beside them.
#include <algorithm>

#include "tests/scenarios/runner/answers.h"
#include "tests/scenarios/runner/runner.h"

namespace vesta::tests {
namespace {

std::vector<std::string> sorted_words(const std::string& text) {
  std::vector<std::string> words = words_of(text);
  std::erase(words, "-");
  std::sort(words.begin(), words.end());
  return words;
}

void sort_unique(std::vector<std::string>& words) {
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
}

}  // namespace

// Adds the entries of the page at `url`, which becomes that of the next one, or empty.
bool Runner::take_page(const Step& step, std::string& url, Included& found) {
  Exchange exchange;
  if (!send(step, make_request("GET", url), exchange)) return false;
  const auto refuse = [&](const std::string& why) {
    fail(step, "GET " + url + ": " + why);
    return false;
  };
  if (exchange.response.status != 200 || !exchange.json) {
    return refuse(std::to_string(exchange.response.status) + " " + shortened(exchange.response.body));
  }
  const auto modes = texts_at(*exchange.json, "$.entry[*].search.mode");
  const auto types = texts_at(*exchange.json, "$.entry[*].resource.resourceType");
  const auto ids = texts_at(*exchange.json, "$.entry[*].resource.id");
  if (modes.size() != ids.size() || types.size() != ids.size()) return refuse("entries without a mode, type or id");
  std::vector<std::string> all;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    all.push_back(types[i] + "/" + ids[i]);
    if (modes[i] == "match") {
      found.matches.push_back(ids[i]);
      found.match_names.push_back(all.back());
    } else if (modes[i] == "include") {
      found.included.push_back(all.back());
    } else {
      return refuse(all.back() + " has the mode " + modes[i]);
    }
  }
  const std::size_t entries = all.size();
  sort_unique(all);
  if (all.size() != entries) return refuse("a resource is there twice: " + join(ids));
  found.totals = texts_at(*exchange.json, "$.total");
  url = link_of(*exchange.json, "next");
  return true;
}

// On one page with the total, which is of the matches alone; and page after page, where each page has what its own
// matches include, so that a resource may come again on the next.
bool Runner::run_include(const Step& step) {
  const std::string target = expand(step.target);
  const std::string text = expand(step.text);
  const std::size_t plus = std::min(text.find(" + "), text.size());
  const std::vector<std::string> matches = sorted_words(text.substr(0, plus));
  const std::vector<std::string> included = sorted_words(text.substr(std::min(plus + 3, text.size())));
  const std::string more = target.find('?') == std::string::npos ? "?" : "&";

  Included whole;
  std::string url = target + more + "_total=accurate&_count=1000";
  if (!take_page(step, url, whole)) return false;
  Included paged;
  url = target + more + "_count=1";
  for (int page = 0; page < kMaxPages && !url.empty(); ++page) {
    if (!take_page(step, url, paged)) return false;
  }
  if (whole.totals != std::vector<std::string>{std::to_string(matches.size())}) {
    fail(step, target + ": total " + join(whole.totals) + " in place of " + std::to_string(matches.size()));
    return false;
  }
  for (Included* found : {&whole, &paged}) {
    std::sort(found->matches.begin(), found->matches.end());
    // What is a match on another page may be included on this one.
    std::erase_if(found->included, [&](const std::string& name) {
      return std::find(found->match_names.begin(), found->match_names.end(), name) != found->match_names.end();
    });
    sort_unique(found->included);
    if (found->matches != matches || found->included != included) {
      fail(step, target + (found == &whole ? " (one page): " : " (pages of one): ") + join(found->matches) + " + " +
                     join(found->included) + " in place of " + join(matches) + " + " + join(included));
      return false;
    }
  }
  return true;
}

}  // namespace vesta::tests
