// The attention half of a transformer block. Included like lanes.h.
#include "dmf/kernels/product.h"

namespace dmf::kernels::DMF_ISA {
namespace {

DMF_INLINE Element* at(void* elements, int64_t index) { return static_cast<Element*>(elements) + index; }

DMF_INLINE int64_t sample_of(const Branch& b, int64_t index) {
  return b.samples == nullptr ? index : b.samples[index];
}
/// Place of row `row` (of `rows` a sample) among all tokens of the input, and of an output.
DMF_INLINE int64_t input_row(const Branch& b, int64_t row, int64_t rows) {
  return sample_of(b, row / rows) * b.tokens + row % rows;
}
DMF_INLINE int64_t output_row(const Branch& b, int64_t row) {
  return sample_of(b, row / b.outputs) * b.outputs + row % b.outputs;
}

/// Memory handed out in pieces that begin at lines of the cache.
class Scratch {
 public:
  explicit Scratch(void* memory) : next_(static_cast<char*>(memory)) {}
  template <class T>
  DMF_INLINE T* take(int64_t count) {
    T* piece = reinterpret_cast<T*>(next_);
    next_ += round_up(count * static_cast<int64_t>(sizeof(T)), 64);
    return piece;
  }

 private:
  char* next_;
};

/// Norm of rows first … last - 1 of the tokens. @param result  [last - first, width]
DMF_INLINE void normalise_rows(const Branch& b, const float* input, int64_t rows_of_sample, int64_t first,
                               int64_t last, Element* result) {
  for (int64_t r = first; r < last; ++r) {
    const float inverse = normalise(
        input + input_row(b, r, rows_of_sample) * b.width, b.width, b.norm_weight, b.norm_bias, b.epsilon,
        b.normalised == nullptr ? nullptr : at(b.normalised, r * b.width), result + (r - first) * b.width);
    if (b.normalised != nullptr) b.inverse_deviation[r] = inverse;
  }
}

/// Writes a strip plus a bias as elements.
struct StoreBiased {
  const float* bias;  // null: none
  Element* to;
  int64_t stride;
  DMF_INLINE void operator()(int64_t row, int64_t count, int64_t column, int64_t width,
                             const float* numbers) const {
    over_lanes(count, width, [&](int64_t i, int64_t j) {
      const Lanes value = load(numbers + i * kPanel + j);
      store(to + (row + i) * stride + column + j, bias == nullptr ? value : value + load(bias + column + j));
    });
  }
};

/// output = input + scale * (strip + bias), rows mapped to where they belong.
struct StoreSum {
  const Branch& b;
  const float* bias;
  int64_t first;  // row of the strips' row 0
  DMF_INLINE void operator()(int64_t row, int64_t count, int64_t column, int64_t width,
                             const float* numbers) const {
    for (int64_t i = 0; i < count; ++i) {
      const int64_t r = first + row + i;
      const float* from = b.input + input_row(b, r, b.outputs) * b.width + column;
      float* to = b.output + output_row(b, r) * b.width + column;
      for (int64_t j = 0; j < width; j += kLanes)
        store(to + j, load(from + j) + (load(numbers + i * kPanel + j) + load(bias + column + j)) * b.scale);
    }
  }
};

/// Writes (or adds) strips as float32.
struct StoreFloats {
  float* to;
  int64_t stride;
  bool adds;
  DMF_INLINE void operator()(int64_t row, int64_t count, int64_t column, int64_t width,
                             const float* numbers) const {
    over_lanes(count, width, [&](int64_t i, int64_t j) {
      float* place = to + (row + i) * stride + column + j;
      const Lanes value = load(numbers + i * kPanel + j);
      store(place, adds ? value + load(place) : value);
    });
  }
};

/// scale * grad_output of rows first … last - 1 as elements, into grad_branch.
DMF_INLINE void scale_gradients(const Branch& b, int64_t first, int64_t last) {
  for (int64_t r = first; r < last; ++r) {
    const float* from = b.grad_output + output_row(b, r) * b.width;
    for (int64_t j = 0; j < b.width; j += kLanes)
      store(at(b.grad_branch, r * b.width + j), load(from + j) * b.scale);
  }
}

/// The norm in reverse for rows first … last - 1. @param grad  [last - first, width] of its output
DMF_INLINE void normalise_rows_back(const Branch& b, int64_t rows_of_sample, int64_t first, int64_t last,
                                    const float* grad, int64_t part) {
  float* sums = b.norm_sums + part * 2 * b.width;
  memset(sums, 0, static_cast<size_t>(2 * b.width) * sizeof(float));
  for (int64_t r = first; r < last; ++r) {
    const int64_t place = input_row(b, r, rows_of_sample) * b.width;
    normalise_back(grad + (r - first) * b.width, at(b.normalised, r * b.width), b.inverse_deviation[r],
                   b.width, b.norm_weight, b.base + place, b.grad_input + place, sums, sums + b.width);
  }
}

void attention_inputs(const AttentionBranch& b, int64_t first, int64_t last, void* scratch) {
  const int64_t D = b.width, rows = last - first;
  Element* normed = Scratch(scratch).take<Element>(rows * D);
  normalise_rows(b, b.input, b.tokens, first, last, normed);
  product(normed, D, rows, b.key_value_weight, D, 2 * D,
          StoreBiased{b.qkv_bias + D, at(b.key_value, first * 2 * D), 2 * D});
  if (b.outputs == b.tokens) {
    product(normed, D, rows, b.query_weight, D, D, StoreBiased{b.qkv_bias, at(b.query, first * D), D});
    return;
  }
  for (int64_t r = first; r < last; ++r) {
    if (r % b.tokens >= b.outputs) continue;
    const int64_t row = r / b.tokens * b.outputs + r % b.tokens;
    product(normed + (r - first) * D, D, 1, b.query_weight, D, D,
            StoreBiased{b.qkv_bias, at(b.query, row * D), D});
  }
}

/// One head of one sample: its matrices as rows of elements.
struct Head {
  int64_t tokens, outputs, width, query_stride, key_stride;
  const bool* mask;
  float scale;
  int64_t query_place, key_place, value_place;  // of the first row in query and key_value
};

DMF_INLINE Head head_of(const AttentionBranch& b, int64_t item) {
  const int64_t sample = item / b.heads, width = b.width / b.heads, column = item % b.heads * width;
  Head head{b.tokens, b.outputs, width, b.width, 2 * b.width, nullptr, 0, 0, 0, 0};
  head.mask = b.mask == nullptr ? nullptr : b.mask + sample_of(b, sample) * b.tokens;
  head.scale = 1.0f / __builtin_sqrtf(static_cast<float>(width));
  head.query_place = sample * b.outputs * b.width + column;
  head.key_place = sample * b.tokens * 2 * b.width + column;
  head.value_place = head.key_place + b.width;
  return head;
}

/// Softmax of `count` rows of logits [count, stride], which it changes: shares as elements, zero behind the
/// last token.
DMF_INLINE void softmax(const Head& head, float* logits, int64_t stride, int64_t count, Element* shares) {
  constexpr float kNever = -1e30f;
  for (int64_t i = 0; i < count; ++i) {
    float* row = logits + i * stride;
    for (int64_t j = head.tokens; j < stride; ++j) row[j] = kNever;
    if (head.mask != nullptr) {
      for (int64_t j = 0; j < head.tokens; ++j) row[j] = head.mask[j] ? row[j] : kNever;
    }
    Lanes most = load(row);
    for (int64_t j = kLanes; j < stride; j += kLanes) most = larger(most, load(row + j));
    const float largest = largest_of(most);
    Lanes sum{};
    for (int64_t j = 0; j < stride; j += kLanes) {
      const Lanes share = exponential((load(row + j) - largest) * head.scale);
      sum += share;
      store(row + j, share);
    }
    const float inverse = 1.0f / sum_of(sum);
    for (int64_t j = 0; j < stride; j += kLanes) store(shares + i * stride + j, load(row + j) * inverse);
  }
}

/// out [rows, columns rounded up to kMultiple] = left times a packed matrix.
DMF_INLINE void product_here(const Element* left, int64_t stride, int64_t rows, const uint32_t* packed,
                             int64_t words, int64_t columns, float* out, int64_t out_stride) {
  for (int64_t c = 0; c < columns; c += kPanel) {
    const uint32_t* panel = packed + c * words;
    strip<false, false>({as_words(left), stride / kOfWord, rows, as_words(panel), words,
                         reinterpret_cast<const char*>(panel), out + c, out_stride},
                        round_up(smaller(kPanel, columns - c), kLanes));
  }
}

/// Shares of rows first … of a head, `count` at most kStripRows of them, into shares [count, padded tokens].
DMF_INLINE void attention_shares(const AttentionBranch& b, const Head& head, const uint32_t* keys,
                                 int64_t first, int64_t count, Element* shares) {
  alignas(64) float logits[kStripRows * kMostTokens];
  const int64_t stride = round_up(head.tokens, kLanes);
  product_here(at(b.query, head.query_place + first * head.query_stride), head.query_stride, count, keys,
               words_of(head.width), head.tokens, logits, stride);
  softmax(head, logits, stride, count, shares);
}

/// Writes float32 rows [count, width] as elements `stride` apart.
DMF_INLINE void store_rows(const float* from, int64_t count, int64_t width, Element* to, int64_t stride) {
  over_lanes(count, width,
             [&](int64_t i, int64_t j) { store(to + i * stride + j, load(from + i * width + j)); });
}

void attention(const AttentionBranch& b, int64_t first, int64_t last, void* memory) {
  const int64_t width = b.width / b.heads, padded = round_up(b.tokens, kLanes);
  Scratch scratch(memory);
  auto* keys = scratch.take<uint32_t>(round_up(b.tokens, kPanel) * words_of(width));
  auto* values = scratch.take<uint32_t>(round_up(width, kPanel) * words_of(b.tokens));
  auto* shares = scratch.take<Element>(kStripRows * padded);
  auto* mixed = scratch.take<float>(kStripRows * width);
  for (int64_t item = first; item < last; ++item) {
    const Head head = head_of(b, item);
    pack_transposed_here(at(b.key_value, head.key_place), head.key_stride, width, b.tokens, keys);
    pack_rows_here(at(b.key_value, head.value_place), head.key_stride, b.tokens, width, values);
    for (int64_t r = 0; r < b.outputs; r += kStripRows) {
      const int64_t count = smaller(kStripRows, b.outputs - r);
      attention_shares(b, head, keys, r, count, shares);
      product_here(shares, padded, count, values, words_of(b.tokens), width, mixed, width);
      store_rows(mixed, count, width, at(b.mixed, head.query_place + r * head.query_stride),
                 head.query_stride);
    }
  }
}

void attention_outputs(const AttentionBranch& b, int64_t first, int64_t last, void*) {
  product(at(b.mixed, first * b.width), b.width, last - first, b.out_weight, b.width, b.width,
          StoreSum{b, b.out_bias, first});
}

void attention_outputs_back(const AttentionBranch& b, int64_t first, int64_t last, void*) {
  scale_gradients(b, first, last);
  product(at(b.grad_branch, first * b.width), b.width, last - first, b.out_back, b.width, b.width,
          StoreBiased{nullptr, at(b.grad_mixed, first * b.width), b.width});
}

/// Gradient of the logits of some rows: shares * (grad - sum of shares * grad) * scale.
DMF_INLINE void softmax_back(const Head& head, const Element* shares, const float* grad, int64_t count,
                             Element* to) {
  const int64_t padded = round_up(head.tokens, kLanes);
  for (int64_t i = 0; i < count; ++i) {
    const Element* share = shares + i * padded;
    const float* row = grad + i * padded;
    Lanes sum{};
    for (int64_t j = 0; j < padded; j += kLanes) sum += load(share + j) * load(row + j);
    const float along = sum_of(sum);
    for (int64_t j = 0; j < padded; j += kLanes)
      store(to + i * padded + j, load(share + j) * (load(row + j) - along) * head.scale);
  }
}

/// out [columns of left, width] = left^T right: both packed by rows; written as elements.
DMF_INLINE void transposed_product(const uint32_t* left, int64_t columns, const uint32_t* right,
                                   int64_t words, int64_t width, float* numbers, Element* to,
                                   int64_t stride) {
  for (int64_t r = 0; r < columns; r += kStripRows) {
    const int64_t count = smaller(kStripRows, columns - r);
    const uint32_t* from = left + r / kPanel * kPanel * words + r % kPanel;
    for (int64_t c = 0; c < width; c += kPanel) {
      const uint32_t* panel = right + c * words;
      strip<true, false>({as_words(from), 1, count, as_words(panel), words,
                          reinterpret_cast<const char*>(panel), numbers + c, width},
                         smaller(kPanel, width - c));
    }
    store_rows(numbers, count, width, to + r * stride, stride);
  }
}

void attention_back(const AttentionBranch& b, int64_t first, int64_t last, void* memory) {
  const int64_t width = b.width / b.heads, padded = round_up(b.tokens, kLanes);
  const int64_t depth = words_of(width), tokens = words_of(b.tokens), outputs = words_of(b.outputs);
  Scratch scratch(memory);
  const int64_t across = round_up(width, kPanel), along = round_up(padded, kPanel);
  auto* keys_transposed = scratch.take<uint32_t>(along * depth);
  auto* values_transposed = scratch.take<uint32_t>(along * depth);
  auto* keys = scratch.take<uint32_t>(across * tokens);
  auto* queries = scratch.take<uint32_t>(across * outputs);
  auto* grads = scratch.take<uint32_t>(across * outputs);
  auto* shares_packed = scratch.take<uint32_t>(along * outputs);
  auto* logits_packed = scratch.take<uint32_t>(along * outputs);
  auto* shares = scratch.take<Element>(b.outputs * padded);
  auto* grad_logits = scratch.take<Element>(b.outputs * padded);
  auto* numbers = scratch.take<float>(kStripRows * (padded > width ? padded : width));
  for (int64_t item = first; item < last; ++item) {
    const Head head = head_of(b, item);
    const Element* key = at(b.key_value, head.key_place);
    const Element* value = at(b.key_value, head.value_place);
    const Element* grad = at(b.grad_mixed, head.query_place);
    pack_transposed_here(key, head.key_stride, width, b.tokens, keys_transposed);
    pack_transposed_here(value, head.key_stride, width, b.tokens, values_transposed);
    pack_rows_here(key, head.key_stride, b.tokens, width, keys);
    pack_rows_here(at(b.query, head.query_place), head.query_stride, b.outputs, width, queries);
    pack_rows_here(grad, head.query_stride, b.outputs, width, grads);
    for (int64_t r = 0; r < b.outputs; r += kStripRows) {
      const int64_t count = smaller(kStripRows, b.outputs - r);
      attention_shares(b, head, keys_transposed, r, count, shares + r * padded);
      product_here(grad + r * head.query_stride, head.query_stride, count, values_transposed, depth, b.tokens,
                   numbers, padded);
      softmax_back(head, shares + r * padded, numbers, count, grad_logits + r * padded);
      product_here(grad_logits + r * padded, padded, count, keys, tokens, width, numbers, width);
      store_rows(numbers, count, width, at(b.grad_query, head.query_place + r * head.query_stride),
                 head.query_stride);
    }
    pack_rows_here(shares, padded, b.outputs, padded, shares_packed);
    pack_rows_here(grad_logits, padded, b.outputs, padded, logits_packed);
    transposed_product(shares_packed, b.tokens, grads, outputs, width, numbers,
                       at(b.grad_key_value, head.value_place), head.key_stride);
    transposed_product(logits_packed, b.tokens, queries, outputs, width, numbers,
                       at(b.grad_key_value, head.key_place), head.key_stride);
  }
}

void attention_inputs_back(const AttentionBranch& b, int64_t first, int64_t last, int64_t part,
                           void* scratch) {
  const int64_t D = b.width, rows = last - first;
  float* grad = Scratch(scratch).take<float>(rows * D);
  product(at(b.grad_key_value, first * 2 * D), 2 * D, rows, b.key_value_back, 2 * D, D,
          StoreFloats{grad, D, false});
  if (b.outputs == b.tokens) {
    product(at(b.grad_query, first * D), D, rows, b.query_back, D, D, StoreFloats{grad, D, true});
  } else {
    for (int64_t r = first; r < last; ++r) {
      if (r % b.tokens >= b.outputs) continue;
      const int64_t row = r / b.tokens * b.outputs + r % b.tokens;
      product(at(b.grad_query, row * D), D, 1, b.query_back, D, D,
              StoreFloats{grad + (r - first) * D, D, true});
    }
  }
  normalise_rows_back(b, b.tokens, first, last, grad, part);
}

}  // namespace
}  // namespace dmf::kernels::DMF_ISA
