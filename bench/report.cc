// Prints the table.
#include "bench/report.h"

#include <sys/utsname.h>
#include <unistd.h>

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

std::string describe_machine() {
  utsname names{};
  ::uname(&names);
  return first_line_with("/proc/cpuinfo", "model name") + ", " + std::to_string(::sysconf(_SC_NPROCESSORS_ONLN)) +
         " cores, " + first_line_with("/proc/meminfo", "MemTotal") + ", " + names.sysname + " " + names.release;
}

void print_report(const std::vector<ReportRow>& rows) {
  std::printf("\n%-42s %10s %-6s %8s %8s %10s %8s  %-22s %-7s %s\n", "row", "measured", "unit", "p50 ms", "p99 ms",
              "ceiling", "share", "goal", "", "note");
  int missed = 0;
  for (const ReportRow& row : rows) {
    const std::string share = row.ceiling && *row.ceiling > 0 ? number(100 * row.value / *row.ceiling) + " %" : "";
    const char* met = !row.met ? "" : *row.met ? "met" : "MISSED";
    if (row.met && !*row.met) ++missed;
    std::printf("%-42s %10s %-6s %8s %8s %10s %8s  %-22s %-7s %s\n", row.name.c_str(), number(row.value).c_str(),
                row.unit.c_str(), optional_number(row.p50_ms).c_str(), optional_number(row.p99_ms).c_str(),
                optional_number(row.ceiling).c_str(), share.c_str(), row.goal.c_str(), met, row.note.c_str());
  }
  std::printf("\n%s\n", missed == 0 ? "all goals met" : (std::to_string(missed) + " goals missed").c_str());
  std::fflush(stdout);
}

}  // namespace vesta::bench
