// Limits and sizes that several modules must agree on. A limit of one module stands in that module.
#pragma once

#include <cstddef>

namespace vesta {

// Bytes that a buffer of outside text keeps allocated behind its end, so that vectorised readers may read past it.
inline constexpr std::size_t kReadPadding = 64;

}  // namespace vesta
