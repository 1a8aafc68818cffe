// The report of a run: the machine, and one table with the goal of each row.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace vesta::bench {

struct ReportRow {
  std::string name;
  double value = 0;
  std::string unit;  // "/s", "MB", "ms", "bytes"
  std::optional<double> p50_ms, p99_ms;
  std::optional<double> ceiling;  // same unit, measured in the same run
  std::string goal;               // as the table shows it; empty: none
  std::optional<bool> met;
  std::string note;
};

// What the table is printed on: cpu model, cores, kernel, memory.
std::string describe_machine();
void print_report(const std::vector<ReportRow>& rows);

}  // namespace vesta::bench
