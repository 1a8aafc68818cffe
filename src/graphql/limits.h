// The limits of GraphQL: how large a document may be, and how much one request may read, search and answer.
#pragma once

#include <cstddef>

namespace vesta::graphql {

// Of a document.
inline constexpr std::size_t kMaxDocumentBytes = 256 * 1024;
inline constexpr std::size_t kMaxTokens = 20'000;
inline constexpr std::size_t kMaxDepth = 32;      // selections within selections, fragments included; values too
inline constexpr std::size_t kMaxFields = 2'000;  // of the operation, each fragment counted where it is spread
inline constexpr std::size_t kMaxFragments = 200;
inline constexpr std::size_t kMaxVariables = 200;
inline constexpr std::size_t kMaxVariablesBytes = 256 * 1024;
// Of the operation, each counted once for each type that it is asked of.
inline constexpr std::size_t kMaxPlannedSelections = 50'000;
inline constexpr std::size_t kMaxArgumentValues = 500;  // of one argument: the values of its list

// Of a request.
inline constexpr std::size_t kMaxReads = 2'000;             // single reads and references that are resolved
inline constexpr std::size_t kMaxSearches = 200;            // lists and connections
inline constexpr std::size_t kMaxListResources = 1'000;     // of one list; connections have pages
inline constexpr std::size_t kMaxResources = 10'000;        // that are read or found
inline constexpr std::size_t kMaxResourceBytes = 64 << 20;  // their texts, as often as they are read or found
inline constexpr std::size_t kMaxNodes = 1'000'000;         // values and objects of the answer
inline constexpr std::size_t kMaxVisits = 50'000'000;       // of elements that are looked at for a field
inline constexpr std::size_t kMaxOutputBytes = 32 << 20;
inline constexpr std::size_t kMaxFhirpathSteps = 5'000'000;  // in all expressions together
inline constexpr std::size_t kMaxSliceBytes = 256;           // of the name that @slice makes of one value
inline constexpr std::size_t kMaxProblems = 50;              // that are reported

}  // namespace vesta::graphql
