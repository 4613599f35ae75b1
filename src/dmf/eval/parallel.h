#pragma once
#include <cstdint>
#include <functional>

#include "dmf/eval/vectors.h"

namespace dmf::eval {

/// The number of threads meant: 0 = as many as processors.
int64_t thread_count(int64_t threads);

/// Cuts [0, count) into blocks and calls work(block, thread) once for each, on `threads` threads numbered
/// from 0; the first exception ends the work and is thrown again.
void run_in_parallel(int64_t count, int64_t block, int64_t threads,
                     const std::function<void(Rows, int64_t)>& work);

}  // namespace dmf::eval
