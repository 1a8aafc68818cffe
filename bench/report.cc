// Prints the table.
#include "bench/report.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <fstream>

namespace vesta::bench {
namespace {

std::string first_line_with(const char* path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(key)) continue;
    const std::size_t value = line.find_first_not_of(" \t", line.find(':') + 1);
    return value == std::string::npos ? "" : line.substr(value);
  }
  return "unknown";
}

std::string number(double value) {
  char text[64];
  std::snprintf(text, sizeof(text), value >= 100 ? "%.0f" : value >= 10 ? "%.1f" : "%.2f", value);
  return text;
}

std::string optional_number(const std::optional<double>& value) {
  return value ? number(*value) : "";
}

}  // namespace

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void judge_by_ceiling(ReportRow& row, const std::vector<double>& values, const std::vector<double>& ceilings,
                      double wanted_share, const std::string& doubt) {
  std::vector<double> shares;
  for (std::size_t i = 0; i < values.size() && i < ceilings.size(); ++i) {
    if (ceilings[i] > 0) shares.push_back(values[i] / ceilings[i]);
  }
  row.value = median(values);
  row.ceiling = median(ceilings);
  row.share = median(shares);
  std::string reason = doubt;
  if (reason.empty() && *row.share > 1) reason = "above its ceiling: not the same machine for both";
  if (shares.empty()) reason = "no pair";
  row.is_unsure = !reason.empty();
  if (row.is_unsure) {
    row.note = "UNSURE, " + reason + "; " + row.note;
  } else {
    row.met = *row.share >= wanted_share;
  }
}

std::string describe_machine() {
  utsname names{};
  ::uname(&names);
  return first_line_with("/proc/cpuinfo", "model name") + ", " + std::to_string(::sysconf(_SC_NPROCESSORS_ONLN)) +
         " cores, " + first_line_with("/proc/meminfo", "MemTotal") + ", " + names.sysname + " " + names.release;
}

void print_report(const std::vector<ReportRow>& rows) {
  std::printf("\n%-42s %10s %-6s %8s %8s %10s %8s  %-22s %-7s %s\n", "row", "measured", "unit", "p50 ms", "p99 ms",
              "ceiling", "share", "goal", "", "note");
  int missed = 0, unsure = 0;
  for (const ReportRow& row : rows) {
    const std::string share = row.share ? number(100 * *row.share) + " %" : "";
    const char* met = row.is_unsure ? "unsure" : !row.met ? "" : *row.met ? "met" : "MISSED";
    if (row.met && !*row.met) ++missed;
    if (row.is_unsure) ++unsure;
    std::printf("%-42s %10s %-6s %8s %8s %10s %8s  %-22s %-7s %s\n", row.name.c_str(), number(row.value).c_str(),
                row.unit.c_str(), optional_number(row.p50_ms).c_str(), optional_number(row.p99_ms).c_str(),
                optional_number(row.ceiling).c_str(), share.c_str(), row.goal.c_str(), met, row.note.c_str());
  }
  std::printf("\n%d goals missed, %d unsure\n", missed, unsure);
  std::fflush(stdout);
}

}  // namespace vesta::bench
