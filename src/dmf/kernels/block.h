#pragma once
#include <stdint.h>

namespace dmf::kernels {

/// Columns of a panel of a packed matrix.
inline constexpr int64_t kPanel = 48;
/// Widths that the kernels compute must be multiples of this.
inline constexpr int64_t kMultiple = 16;
/// Tokens of a sample that the attention kernels take.
inline constexpr int64_t kMostTokens = 512;
/// Rows of a block of the weights' gradients, and columns: multiples of kPanel.
inline constexpr int64_t kGradientRows = 96, kGradientColumns = 192;

// A matrix [depth, columns] is packed as the right side of a product: panels of kPanel columns, each [words,
// kPanel] of 32 bits. A word is one float32, or two bfloat16 that follow each other in depth; the last one is
// filled up with zero.

/// One half of a pre-norm transformer block: what it adds to its input. Rows are numbered within the samples
/// that take part: row r belongs to samples[r / rows of a sample]. Elements ("void*") are bfloat16 or
/// float32.
struct Branch {
  int64_t width = 0, tokens = 0;
  int64_t outputs = 0;                                       ///< leading tokens of a sample that are computed
  int64_t count = 0;                                         ///< samples that take part
  const int64_t* samples = nullptr;                          ///< [count] which; null: all
  float epsilon = 0, scale = 1;                              ///< of the norm; of what is added
  const float *norm_weight = nullptr, *norm_bias = nullptr;  ///< [width]
  const float* input = nullptr;                              ///< [samples, tokens, width]
  float* output = nullptr;                                   ///< [samples, outputs, width]
  void* normalised = nullptr;          ///< [count * tokens, width] (x - mean) / deviation; null: not kept
  float* inverse_deviation = nullptr;  ///< [count * tokens]

  // Backward.
  const float* grad_output = nullptr;  ///< as output
  const float* base = nullptr;         ///< as input: what grad_input begins with; may be grad_input
  float* grad_input = nullptr;         ///< as input
  void* grad_branch = nullptr;         ///< [count * outputs, width] scale * grad_output
  float* norm_sums = nullptr;  ///< [blocks, 2, width] gradients of norm_weight and norm_bias, in parts
};

struct AttentionBranch : Branch {
  int64_t heads = 0;
  const bool* mask = nullptr;                            ///< [samples, tokens] true = is attended; null: all
  const float *qkv_bias = nullptr, *out_bias = nullptr;  ///< [3 width], [width]
  const uint32_t *query_weight = nullptr, *key_value_weight = nullptr, *out_weight = nullptr;  ///< packed
  void *query = nullptr, *key_value = nullptr,
       *mixed = nullptr;  ///< [count * outputs, width], [count * tokens, 2 width], as query

  const uint32_t *query_back = nullptr, *key_value_back = nullptr,
                 *out_back = nullptr;  ///< packed transposed
  void *grad_query = nullptr, *grad_key_value = nullptr, *grad_mixed = nullptr;
};

struct MlpBranch : Branch {
  int64_t hidden = 0;
  const float *up_bias = nullptr, *down_bias = nullptr;
  const uint32_t *up_weight = nullptr, *down_weight = nullptr;  ///< packed
  void* before = nullptr;  ///< [count * tokens, hidden] before GELU; null: not kept

  const uint32_t *up_back = nullptr, *down_back = nullptr;  ///< packed transposed
  void* grad_before = nullptr;                              ///< as before
};

/// What a matrix of elements is read as when its rows are packed.
enum class Reading { kPlain, kNormed, kGelu };

/// Rows of elements as one side of a weight's gradient, left^T right.
struct Operand {
  const void* values = nullptr;
  int64_t rows = 0, width = 0, stride = 0;  ///< elements between rows
  Reading reading = Reading::kPlain;
  const float *weight = nullptr, *bias = nullptr;  ///< kNormed: value * weight + bias, [width]
};

/// The loops of a transformer block for one kind of processor and one type of elements. Each works on a range
/// of independent items, so that threads share nothing.
struct Kernels {
  const char* name;
  int64_t element_bytes;  ///< 2: bfloat16, 4: float32

  /// Packs the right side of x W^T (`is_transposed`: W is [columns, depth] as a linear layer keeps it) or of
  /// x W (W is [depth, columns]), panels first … last - 1.
  void (*pack)(const float* weight, int64_t depth, int64_t columns, bool is_transposed, uint32_t* to,
               int64_t first, int64_t last);
  /// Packs words first … last - 1 of the depth of an operand, all panels. @param sums  [width] sums of
  /// these rows; null: not wanted
  void (*pack_rows)(const Operand& from, uint32_t* to, float* sums, int64_t first, int64_t last,
                    void* scratch);
  /// Blocks first … last - 1 of the gradient [left_width, right_width] of a weight.
  void (*weight_gradient)(const uint32_t* left, int64_t left_width, const uint32_t* right,
                          int64_t right_width, int64_t words, float* gradient, int64_t first, int64_t last);

  // Rows first … last - 1 of all tokens: norm, query, key and value.
  void (*attention_inputs)(const AttentionBranch&, int64_t first, int64_t last, void* scratch);
  // Heads first … last - 1 of all samples (sample * heads + head).
  void (*attention)(const AttentionBranch&, int64_t first, int64_t last, void* scratch);
  // Rows first … last - 1 of all outputs: projection, sum.
  void (*attention_outputs)(const AttentionBranch&, int64_t first, int64_t last, void* scratch);
  // The same in reverse. @param part  of norm_sums
  void (*attention_outputs_back)(const AttentionBranch&, int64_t first, int64_t last, void* scratch);
  void (*attention_back)(const AttentionBranch&, int64_t first, int64_t last, void* scratch);
  void (*attention_inputs_back)(const AttentionBranch&, int64_t first, int64_t last, int64_t part,
                                void* scratch);

  // Rows first … last - 1 of all tokens.
  void (*mlp)(const MlpBranch&, int64_t first, int64_t last, void* scratch);
  void (*mlp_back)(const MlpBranch&, int64_t first, int64_t last, int64_t part, void* scratch);

  /// Words of a depth.
  int64_t words(int64_t depth) const { return (depth * element_bytes + 3) / 4; }
  /// Words that pack() writes.
  int64_t packed_words(int64_t depth, int64_t columns) const {
    return words(depth) * ((columns + kPanel - 1) / kPanel) * kPanel;
  }
};

/// Bytes of scratch memory (64-byte aligned) that a call on `rows` rows needs.
int64_t row_scratch_bytes(const Kernels& kernels, int64_t rows, int64_t width, int64_t hidden);
/// Bytes of scratch memory that attention of one head needs, forward and backward.
int64_t head_scratch_bytes(int64_t tokens, int64_t head_width);

/// The kernels for elements of bfloat16 or float32 on this processor; null: it has none that are worth it.
const Kernels* kernels_for(bool bfloat16);

/// All that this processor can run: for tests.
struct KernelList {
  const Kernels* kernels[4];
  int count;
};
KernelList all_kernels();

namespace generic {
extern const Kernels kKernels;
}
namespace v3 {
extern const Kernels kKernels;
}
namespace v4 {
extern const Kernels kKernels;
}
namespace bf16 {
extern const Kernels kKernels;
}

}  // namespace dmf::kernels
