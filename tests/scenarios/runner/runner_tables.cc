// The steps of one line: searches, and resources and requests that are refused or accepted.
#include <algorithm>

#include "tests/scenarios/runner/answers.h"
#include "tests/scenarios/runner/runner.h"

namespace vesta::tests {
bool Runner::follow_pages(const Step& step, const std::string& target, Walk& walk) {
  const bool is_forward = walk.relation == "next";
  std::string url = target;
  for (int page = 0; page < kMaxPages && !url.empty(); ++page) {
    Exchange exchange;
    if (!send(step, make_request("GET", url), exchange)) return false;
    if (exchange.response.status != 200 || !exchange.json) {
      fail(step,
           "GET " + url + ": " + std::to_string(exchange.response.status) + " " + shortened(exchange.response.body));
      return false;
    }
    const auto found = texts_at(*exchange.json, "$.entry[*].resource.id");
    walk.ids.insert(is_forward ? walk.ids.end() : walk.ids.begin(), found.begin(), found.end());
    walk.back = link_of(*exchange.json, is_forward ? "previous" : "next");
    url = link_of(*exchange.json, walk.relation);
  }
  if (!url.empty()) fail(step, "more than " + std::to_string(kMaxPages) + " pages");
  return url.empty();
}

// The same question five ways: as it is, in pages of two there and back again, by POST, and counted.
bool Runner::run_search(const Step& step) {
  const std::string target = expand(step.target);
  const std::string more = target.find('?') == std::string::npos ? "?" : "&";
  const bool counted = target.find("_count=") != std::string::npos;
  std::vector<std::string> wanted = words_of(expand(step.text));
  const bool ordered = step.kind == Step::Kind::order;
  const auto check_ids = [&](std::vector<std::string> ids, const char* how) {
    if (!ordered) {
      std::sort(wanted.begin(), wanted.end());
      std::sort(ids.begin(), ids.end());
    }
    if (ids == wanted) return true;
    fail(step, target + " (" + how + "): " + join(ids) + " in place of " + join(wanted));
    return false;
  };

  Walk whole{"next"};
  if (!follow_pages(step, target, whole) || !check_ids(whole.ids, "GET")) return false;
  if (!counted) {
    Walk there{"next"};
    if (!follow_pages(step, target + more + "_count=2", there) || !check_ids(there.ids, "pages of two")) return false;
    // From what stands before the last page to the first one; the last page is what is left.
    Walk back{"previous"};
    if (!there.back.empty()) {
      if (!follow_pages(step, there.back, back)) return false;
      const std::size_t last = there.ids.size() - std::min(back.ids.size(), there.ids.size());
      if (last == 0 || last > 2) {
        fail(step, target + " (backward): " + join(back.ids) + " before the last page of " + join(there.ids));
        return false;
      }
      back.ids.insert(back.ids.end(), there.ids.end() - static_cast<std::ptrdiff_t>(last), there.ids.end());
    }
    if (there.ids.size() > 2 && !check_ids(back.ids, "pages of two, backward")) return false;
  }

  Exchange total;
  if (!send(step, make_request("GET", target + more + "_summary=count"), total)) return false;
  const auto totals = total.json ? texts_at(*total.json, "$.total") : std::vector<std::string>{};
  if (totals != std::vector<std::string>{std::to_string(wanted.size())}) {
    fail(step, target + " (_summary=count): total " + join(totals) + " in place of " + std::to_string(wanted.size()));
    return false;
  }

  const std::size_t question = target.find('?');
  http::Request post = make_request("POST", target.substr(0, question) + "/_search");
  post.headers.add("Content-Type", "application/x-www-form-urlencoded");
  post.body = question == std::string::npos ? "" : target.substr(question + 1);
  post.body += post.body.empty() ? "_total=accurate" : "&_total=accurate";
  if (!counted) post.body += "&_count=1000";
  Exchange posted;
  if (!send(step, std::move(post), posted)) return false;
  if (posted.response.status != 200 || !posted.json) {
    fail(step, "POST _search: " + std::to_string(posted.response.status) + " " + shortened(posted.response.body));
    return false;
  }
  if (texts_at(*posted.json, "$.total") != totals) {
    fail(step, target + " (POST, _total=accurate): " + join(texts_at(*posted.json, "$.total")));
    return false;
  }
  return counted || check_ids(texts_at(*posted.json, "$.entry[*].resource.id"), "POST");
}

// The same wrong resource by POST, by PUT, and in a transaction.
bool Runner::run_reject(const Step& step) {
  const std::string type = expand(step.target);
  const std::string body = expand(step.body);
  const std::string wanted = expand(step.text);
  const std::string bundle = R"({"resourceType":"Bundle","type":"transaction","entry":[)"
                             R"({"request":{"method":"POST","url":"Basic"},"resource":{"resourceType":"Basic",)"
                             R"("code":{"text":"fine"}}},{"request":{"method":"POST","url":")" +
                             type + R"("},"resource":)" + with_type(type, "", body) + "}]}";
  struct Way {
    const char* method;
    std::string target;
    std::string body;
  };
  const std::vector<Way> ways = {{"POST", type, with_type(type, "", body)},
                                 {"PUT", type + "/wrong", with_type(type, "wrong", body)},
                                 {"POST", "", bundle}};
  for (const Way& way : ways) {
    http::Request request = make_request(way.method, way.target);
    request.headers.add("Content-Type", "application/fhir+json");
    request.body = way.body;
    Exchange exchange;
    if (!send(step, std::move(request), exchange)) return false;
    const std::string shown = std::string(way.method) + " " + shortened(way.target + " " + body) + ": " +
                              std::to_string(exchange.response.status) + " " + shortened(exchange.response.body);
    if (exchange.response.status != 400 && exchange.response.status != 422) {
      fail(step, "not refused: " + shown);
      return false;
    }
    // In a Bundle the path may begin at the entry.
    std::string in_bundle = wanted;
    if (wanted == type || wanted.starts_with(type + ".")) {
      in_bundle = "Bundle.entry[1].resource" + wanted.substr(type.size());
    }
    if (!exchange.json || (!outcome_names(*exchange.json, wanted) && !outcome_names(*exchange.json, in_bundle))) {
      fail(step, "does not name " + wanted + ": " + shown);
      return false;
    }
  }
  return true;
}

bool Runner::run_accept(const Step& step) {
  const std::string type = expand(step.target);
  http::Request request = make_request("POST", type);
  request.headers.add("Content-Type", "application/fhir+json");
  request.body = with_type(type, "", expand(step.body));
  auto sent = parse_json(request.body);
  Exchange created;
  if (!send(step, std::move(request), created)) return false;
  if (created.response.status != 201 || !sent) {
    fail(step, "not accepted: " + std::to_string(created.response.status) + " " + shortened(created.response.body));
    return false;
  }
  std::string location(created.response.headers.get("Location"));
  location = location.substr(0, location.find("/_history"));
  Exchange read;
  if (!send(step, make_request("GET", location), read)) return false;
  if (read.response.status != 200 || !read.json) {
    fail(step, "not read back: " + location + ": " + std::to_string(read.response.status));
    return false;
  }
  for (JsonValue* side : {&*sent, &*read.json}) {
    side->erase("id");
    if (JsonValue* meta = side->find("meta")) {
      meta->erase("versionId");
      meta->erase("lastUpdated");
      if (meta->members.empty()) side->erase("meta");
    }
  }
  if (const auto difference = first_difference(*sent, *read.json)) {
    fail(step, "read back otherwise than sent: " + *difference);
    return false;
  }
  return true;
}

bool Runner::run_refuse(const Step& step) {
  Exchange exchange;
  if (!send(step, make_request(step.method, expand(step.target)), exchange)) return false;
  const std::string shown = step.method + " " + expand(step.target) + ": " + std::to_string(exchange.response.status) +
                            " " + shortened(exchange.response.body);
  if (exchange.response.status != step.status) {
    fail(step, shown + " in place of " + std::to_string(step.status));
    return false;
  }
  const std::string wanted = expand(step.text);
  if (!wanted.empty() && (!exchange.json || !outcome_names(*exchange.json, wanted))) {
    fail(step, "does not name " + wanted + ": " + shown);
    return false;
  }
  return true;
}

}  // namespace vesta::tests
