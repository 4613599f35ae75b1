#pragma once

namespace dmf {

/// Whether this processor has the levels x86-64-v3 (AVX2, FMA) and x86-64-v4 (AVX-512 F, BW, CD, DQ, VL) of
/// the x86-64 psABI; false on other architectures.
#if !defined(__x86_64__)
inline bool has_x86_64_v3() { return false; }
inline bool has_x86_64_v4() { return false; }
#elif defined(__clang__)  // which knows the levels' names from version 17 on
inline bool has_x86_64_v3() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
         __builtin_cpu_supports("bmi2");
}
inline bool has_x86_64_v4() {
  return has_x86_64_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}
#else
inline bool has_x86_64_v3() { return __builtin_cpu_supports("x86-64-v3"); }
inline bool has_x86_64_v4() { return __builtin_cpu_supports("x86-64-v4"); }
#endif

}  // namespace dmf
