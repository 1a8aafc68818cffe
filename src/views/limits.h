// The limits of views: how large a ViewDefinition may be, and how much one resource may become.
#pragma once

#include <cstddef>

namespace vesta::views {

// Of a ViewDefinition.
inline constexpr std::size_t kMaxViewBytes = 1024 * 1024;
inline constexpr std::size_t kMaxSelectDepth = 16;  // selects within selects
inline constexpr std::size_t kMaxSelects = 1000;
inline constexpr std::size_t kMaxColumns = 1000;  // of all branches together
inline constexpr std::size_t kMaxConstants = 200;
inline constexpr std::size_t kMaxConditions = 200;  // of `where`
inline constexpr std::size_t kMaxRepeatPaths = 20;  // of one `repeat`

// Of the rows of one resource.
inline constexpr std::size_t kMaxRowsPerResource = 100'000;
inline constexpr std::size_t kMaxCellsPerResource = 2'000'000;
// Those of tables that are multiplied into others counted too, and of rows that a later select takes away.
inline constexpr std::size_t kMaxMadeCellsPerResource = 5 * kMaxCellsPerResource;
inline constexpr std::size_t kMaxElementsPerResource = 200'000;  // that selects are run on
inline constexpr std::size_t kMaxStepsPerResource = 5'000'000;   // of FHIRPath, in all expressions together
inline constexpr std::size_t kMaxRepeatDepth = 64;               // levels that a `repeat` goes down

}  // namespace vesta::views
