// Matrix products of packed panels. Included like lanes.h.
#include "dmf/kernels/functions.h"
#if defined(DMF_BFLOAT16)
#include <immintrin.h>
#endif

namespace dmf::kernels::DMF_ISA {
namespace {

// A tile of kTileRows x kTileVectors registers: as many sums as hide the latency of a multiplication.
#if defined(__AVX512F__)
constexpr int kWide = 16, kTileRows = 8;
#elif defined(__AVX__)
constexpr int kWide = 8, kTileRows = 4;
#else
constexpr int kWide = 4, kTileRows = 4;
#endif
constexpr int kTileVectors = 3;
constexpr int64_t kStripRows = 8;  // of the left side that are multiplied by one panel at a time
typedef float Wide __attribute__((vector_size(kWide * sizeof(float))));
typedef float WideInMemory __attribute__((vector_size(kWide * sizeof(float)), aligned(4), may_alias));
typedef float Word __attribute__((may_alias));  // 32 bits, whatever they mean

DMF_INLINE Wide repeated(float x) {
#if defined(__AVX512F__)
  return Wide{x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x};
#elif defined(__AVX__)
  return Wide{x, x, x, x, x, x, x, x};
#else
  return Wide{x, x, x, x};
#endif
}

DMF_INLINE Wide add_product(Wide sum, Wide a, Wide b) {
#if defined(DMF_BFLOAT16)
  return (Wide)_mm512_dpbf16_ps((__m512)sum, (__m512bh)a, (__m512bh)b);
#else
  return sum + a * b;
#endif
}

/// out [R, V vectors] (+)= left [R, depth] right [depth, V vectors], in words.
/// @param left  kPackedLeft: a panel's columns, else rows `stride` words apart
/// @param next  memory that will be read soon: fetched meanwhile, a line each step
template <int R, int V, bool kPackedLeft, bool kAdds>
__attribute__((noinline)) void tile(const Word* left, int64_t stride, const Word* right, int64_t depth,
                                    const char* next, float* out, int64_t out_stride) {
  Wide sum[R][V];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) {
      sum[r][v] = Wide{};
      if constexpr (kAdds)
        sum[r][v] = *reinterpret_cast<const WideInMemory*>(out + r * out_stride + v * kWide);
    }
  }
  for (int64_t k = 0; k < depth; ++k) {
    Wide b[V];
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v) b[v] = *reinterpret_cast<const WideInMemory*>(right + k * kPanel + v * kWide);
    __builtin_prefetch(next + k * 64, 0, 2);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const Wide a = repeated(kPackedLeft ? left[k * kPanel + r] : left[r * stride + k]);
#pragma GCC unroll 3
      for (int v = 0; v < V; ++v) sum[r][v] = add_product(sum[r][v], a, b[v]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 3
    for (int v = 0; v < V; ++v)
      *reinterpret_cast<WideInMemory*>(out + r * out_stride + v * kWide) = sum[r][v];
  }
}

/// A strip's operands.
struct Strip {
  const Word* left;
  int64_t stride, rows;
  const Word* right;
  int64_t depth;
  const char* next;
  float* out;
  int64_t out_stride;
};

/// Tiles of the largest size that fits, over all rows of V vectors.
template <int V, bool kPackedLeft, bool kAdds>
void column(const Strip& s, int64_t place) {
  const int64_t step = kPackedLeft ? 1 : s.stride;
  int64_t r = 0;
  const auto run = [&]<int R>() {
    tile<R, V, kPackedLeft, kAdds>(s.left + r * step, s.stride, s.right + place, s.depth, s.next,
                                   s.out + r * s.out_stride + place, s.out_stride);
    r += R;
  };
  while (r + kTileRows <= s.rows) run.template operator()<kTileRows>();
  if (kTileRows > 4 && r + 4 <= s.rows) run.template operator()<4>();
  if (r + 2 <= s.rows) run.template operator()<2>();
  if (r < s.rows) run.template operator()<1>();
}

/// out [rows, columns] (+)= left right for one panel; columns a multiple of kMultiple.
template <bool kPackedLeft, bool kAdds>
DMF_INLINE void strip(const Strip& s, int64_t columns) {
  for (int64_t c = 0; c < columns; c += kTileVectors * kWide) {
    const int64_t vectors = (columns - c) / kWide;
    if (vectors >= 3) {
      column<3, kPackedLeft, kAdds>(s, c);
    } else if (vectors == 2) {
      column<2, kPackedLeft, kAdds>(s, c);
    } else {
      column<1, kPackedLeft, kAdds>(s, c);
    }
  }
}

DMF_INLINE const Word* as_words(const void* elements) { return static_cast<const Word*>(elements); }

/// left [rows, depth] times a packed matrix [depth, columns], some numbers at a time: done(row, count,
/// column,
/// width, numbers), numbers [count, width] at kPanel numbers a row.
/// @param stride  elements between rows of `left`, an even number
template <class Done>
DMF_INLINE void product(const Element* left, int64_t stride, int64_t rows, const uint32_t* packed,
                        int64_t depth, int64_t columns, const Done& done) {
  alignas(64) float numbers[kStripRows * kPanel];
  const int64_t words = words_of(depth);
  for (int64_t c = 0; c < columns; c += kPanel) {
    const int64_t width = smaller(kPanel, columns - c);
    const uint32_t* panel = packed + c * words;
    const char* here = reinterpret_cast<const char*>(panel);
    const char* next = c + kPanel < columns ? here + words * kPanel * 4 : here;
    const char* const end = next + words * kPanel * 4;
    for (int64_t r = 0; r < rows; r += kStripRows) {
      const int64_t count = smaller(kStripRows, rows - r);
      strip<false, false>({as_words(left + r * stride), stride / kOfWord, count, as_words(panel), words, next,
                           numbers, kPanel},
                          width);
      next = next + 2 * words * 64 <= end ? next + words * 64 : here;
      done(r, count, c, width, numbers);
    }
  }
}

/// Calls work(i, j) for every sixteen numbers of a strip: row i, column j.
template <class Work>
DMF_INLINE void over_lanes(int64_t count, int64_t width, const Work& work) {
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t j = 0; j < width; j += kLanes) work(i, j);
  }
}

/// Sixteen words of a packed matrix from two rows (of bfloat16; one of float32).
DMF_INLINE void store_words(uint32_t* to, const Element* first, const Element* second) {
#if defined(DMF_BFLOAT16)
  HalfLanes low, high{};
  memcpy(&low, first, sizeof(low));
  if (second != nullptr) memcpy(&high, second, sizeof(high));
  const BitLanes words =
      __builtin_convertvector(low, BitLanes) | (__builtin_convertvector(high, BitLanes) << 16);
  memcpy(to, &words, sizeof(words));
#else
  (void)second;
  memcpy(to, first, kLanes * sizeof(float));
#endif
}

/// Asks for what lies behind a piece of a row: the next head's. Rows are too far apart for the processor to
/// find out by itself.
DMF_INLINE void prefetch_behind(const Element* piece, int64_t elements) {
  const char* behind = reinterpret_cast<const char*>(piece + elements);
  for (int64_t i = 0; i < elements * static_cast<int64_t>(sizeof(Element)); i += 64)
    __builtin_prefetch(behind + i, 0, 3);
}

/// Packs rows [depth, columns] `stride` elements apart, as the right side of a product by them. @param
/// columns  a
/// multiple of kMultiple
DMF_INLINE void pack_rows_here(const Element* rows, int64_t stride, int64_t depth, int64_t columns,
                               uint32_t* to) {
  const int64_t words = words_of(depth);
  for (int64_t c = 0; c < columns; c += kLanes) {
    uint32_t* panel = to + c / kPanel * kPanel * words + c % kPanel;
    for (int64_t w = 0; w < words; ++w) {
      const Element* first = rows + w * kOfWord * stride;
      const Element* second = w * kOfWord + 1 < depth ? first + stride : nullptr;
      if (c == 0) {
        prefetch_behind(first, columns);
        if (kOfWord == 2 && second != nullptr) prefetch_behind(second, columns);
      }
      store_words(panel + w * kPanel, first + c, second == nullptr ? nullptr : second + c);
    }
  }
}

/// One stage of a transposition: exchanges the off-diagonal halves of blocks of 2 Step x 2 Step.
template <int Step>
DMF_INLINE void exchange(Lanes (&rows)[kLanes]) {
  typedef int32_t Places __attribute__((vector_size(kLanes * sizeof(int32_t))));
  constexpr Places kPlaces = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
  constexpr int32_t kOther = static_cast<int32_t>(kLanes);
  constexpr Places kUpper = (kPlaces & Step) == 0 ? kPlaces : kPlaces - Step + kOther;
  constexpr Places kLower = (kPlaces & Step) == 0 ? kPlaces + Step : kPlaces + kOther;
#pragma GCC unroll 16
  for (int i = 0; i < kLanes; ++i) {
    if ((i & Step) != 0) continue;
    const Lanes a = rows[i], b = rows[i + Step];
    rows[i] = __builtin_shuffle(a, b, kUpper);
    rows[i + Step] = __builtin_shuffle(a, b, kLower);
  }
}

/// Writes sixteen rows of sixteen words as columns: to[w * kPanel + row].
DMF_INLINE void store_transposed(Lanes (&rows)[kLanes], uint32_t* to) {
  exchange<1>(rows);
  exchange<2>(rows);
  exchange<4>(rows);
  exchange<8>(rows);
#pragma GCC unroll 16
  for (int w = 0; w < kLanes; ++w) memcpy(to + w * kPanel, &rows[w], sizeof(Lanes));
}

/// Packs rows [columns, depth] `stride` elements apart, as the right side of a product by their transpose;
/// columns beyond the last row are zero. @param depth  a multiple of kMultiple
DMF_INLINE void pack_transposed_here(const Element* rows, int64_t stride, int64_t depth, int64_t columns,
                                     uint32_t* to) {
  const int64_t words = words_of(depth);
  for (int64_t c = 0; c < round_up(columns, kPanel); c += kLanes) {
    uint32_t* panel = to + c / kPanel * kPanel * words + c % kPanel;
    const int64_t count = smaller(kLanes, columns - c);
    for (int64_t i = 0; i < count; ++i) prefetch_behind(rows + (c + i) * stride, depth);
    int64_t w = 0;
    for (; w + kLanes <= words; w += kLanes) {
      Lanes block[kLanes];
#pragma GCC unroll 16
      for (int64_t i = 0; i < kLanes; ++i) {
        block[i] = Lanes{};
        if (i < count) memcpy(&block[i], rows + (c + i) * stride + w * kOfWord, sizeof(Lanes));
      }
      store_transposed(block, panel + w * kPanel);
    }
    for (; w < words; ++w) {  // eight words are left where a head has 16 or 48 bfloat16
      for (int64_t i = 0; i < kLanes; ++i) {
        uint32_t word = 0;
        if (i < count) memcpy(&word, rows + (c + i) * stride + w * kOfWord, sizeof(word));
        panel[w * kPanel + i] = word;
      }
    }
  }
}

}  // namespace
}  // namespace dmf::kernels::DMF_ISA
