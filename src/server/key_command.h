// Asking a key service: a program whose standard output is the key.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "base/result.h"

namespace vesta::server {

inline constexpr std::size_t kMaxKeyText = 4096;  // of a key in a file, or printed by a program
inline constexpr std::chrono::seconds kMaxKeyCommandTime{30};

// Runs a program and its arguments, with spaces in between and without a shell; gives what it has printed. Its errors
// go to ours; nothing else is shared with it: no standard input, no open file, no signal that is blocked or ignored. It
// is in a process group of its own, which is ended if it takes too long. Errors: unavailable: it cannot be run, does
// not end with 0 in time, or prints more than kMaxKeyText.
Result<std::string> run_key_command(const std::string& command,
                                    std::chrono::milliseconds max_time = kMaxKeyCommandTime);

}  // namespace vesta::server
