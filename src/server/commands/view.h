// `vesta view run`: the rows of a ViewDefinition, over files or over a store.
#pragma once

#include <cstdint>
#include <filesystem>
#include <istream>
#include <ostream>
#include <string>
#include <vector>

#include "fhir/definitions.h"
#include "ops/context.h"
#include "views/row_feed.h"

namespace vesta::server::commands {

inline constexpr std::uint64_t kMaxViewRows =
    1'000'000'000'000;  // that --limit may ask for; without it there is no limit

struct ViewOptions {
  std::string view;                          // the file of the ViewDefinition (JSON)
  std::vector<std::filesystem::path> files;  // see read_resources()
  views::RowFeedOptions rows;
  std::string parquet = {};  // the file to write the rows into; empty: they are printed
};

// Rows go out as they are made; memory does not grow with the input. What is wrong goes to `errors`. The exit code: 0;
// 1 for a file or a store that cannot be read, and for an output that cannot be written; 2 for a view that is none, or
// that fails on a resource.
int run_view(const ViewOptions& options, const fhir::Definitions& definitions, std::istream& input, std::ostream& out,
             std::ostream& errors);
int run_view(const ViewOptions& options, const ops::Context& context, std::ostream& out, std::ostream& errors);

}  // namespace vesta::server::commands
