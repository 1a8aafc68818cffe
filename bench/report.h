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
  std::optional<double> share = {};  // of the ceiling: the median of pairs that were measured one after the other
  bool is_unsure = false;            // the measurements cannot be compared: no verdict, whatever the share
};

// Sets share and verdict from pairs. A share above 1 is no success: then the machine was not the same for both sides,
// and the row is unsure. So is one that the caller knows to be, with the reason in `doubt`.
void judge_by_ceiling(ReportRow& row, const std::vector<double>& values, const std::vector<double>& ceilings,
                      double wanted_share, const std::string& doubt);

double median(std::vector<double> values);

// What the table is printed on: cpu model, cores, kernel, memory.
std::string describe_machine();
void print_report(const std::vector<ReportRow>& rows);

}  // namespace vesta::bench
