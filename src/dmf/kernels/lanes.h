// Sixteen float32 numbers worked on at once, for the kernels that are compiled once for each instruction set.
// Included inside such a file only, which names its namespace in DMF_ISA and is compiled with its own flags.
// No header of the standard library that defines inline functions may be used there: the linker could pick
// such a function, built for the newest processor, for the whole program.
#include <stdint.h>
#include <string.h>
#if defined(__AVX512BF16__)
#include <immintrin.h>
#endif

#define DMF_INLINE inline __attribute__((always_inline))

namespace dmf::kernels::DMF_ISA {
namespace {

constexpr int64_t kLanes = 16;
typedef float Lanes __attribute__((vector_size(kLanes * sizeof(float))));
typedef uint16_t HalfLanes __attribute__((vector_size(kLanes * sizeof(uint16_t))));
typedef uint32_t BitLanes __attribute__((vector_size(kLanes * sizeof(uint32_t))));

template <class T>
DMF_INLINE Lanes load(const T* from) {
  if constexpr (sizeof(T) == 2) {
    HalfLanes bits;
    memcpy(&bits, from, sizeof(bits));
    return (Lanes)(__builtin_convertvector(bits, BitLanes) << 16);
  } else {
    Lanes lanes;
    memcpy(&lanes, from, sizeof(lanes));
    return lanes;
  }
}

template <class T>
DMF_INLINE void store(T* to, Lanes lanes) {
  if constexpr (sizeof(T) == 2) {
#if defined(__AVX512BF16__)
    const __m256bh half = _mm512_cvtneps_pbh((__m512)lanes);
#else
    const BitLanes bits = (BitLanes)lanes;
    const BitLanes rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;  // to nearest, ties to even
    const HalfLanes half = __builtin_convertvector(rounded, HalfLanes);
#endif
    memcpy(to, &half, sizeof(half));
  } else {
    memcpy(to, &lanes, sizeof(lanes));
  }
}

}  // namespace
}  // namespace dmf::kernels::DMF_ISA
