#pragma once
#include <cstdint>
#include <functional>

#include "dmf/eval/vectors.h"

namespace dmf::eval {

/// Calls work(0 … count-1), each once, on `threads` threads; the first exception ends the work and is thrown
/// again.
/// @param threads  0 = as many as processors
void run_in_parallel(int64_t count, int64_t threads, const std::function<void(int64_t)>& work);

/// Cuts [0, count) into parts of at most `longest` rows, several for each thread, and calls work(part) for
/// each.
void run_rows_in_parallel(int64_t count, int64_t longest, int64_t threads,
                          const std::function<void(Rows)>& work);

}  // namespace dmf::eval
