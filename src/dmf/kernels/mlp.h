// The MLP half of a transformer block, and the gradients of weights. Included like lanes.h.
#include "dmf/kernels/attention.h"

namespace dmf::kernels::DMF_ISA {
namespace {

/// hidden = GELU(strip + bias); keeps what is before it.
struct StoreGelu {
  const float* bias;
  Element *before, *hidden;  // before may be null
  int64_t stride;
  DMF_INLINE void operator()(int64_t row, int64_t count, int64_t column, int64_t width,
                             const float* numbers) const {
    over_lanes(count, width, [&](int64_t i, int64_t j) {
      const int64_t place = (row + i) * stride + column + j;
      const Lanes value = load(numbers + i * kPanel + j) + load(bias + column + j);
      if (before != nullptr) store(before + place, value);
      store(hidden + place, gelu(value).value);
    });
  }
};

/// to = strip * GELU'(before).
struct StoreGeluBack {
  const Element* before;
  Element* to;
  int64_t stride;
  DMF_INLINE void operator()(int64_t row, int64_t count, int64_t column, int64_t width,
                             const float* numbers) const {
    over_lanes(count, width, [&](int64_t i, int64_t j) {
      const int64_t place = (row + i) * stride + column + j;
      store(to + place, load(numbers + i * kPanel + j) * gelu(load(before + place)).slope);
    });
  }
};

void mlp(const MlpBranch& b, int64_t first, int64_t last, void* memory) {
  const int64_t D = b.width, H = b.hidden, rows = last - first;
  Scratch scratch(memory);
  auto* normed = scratch.take<Element>(rows * D);
  auto* hidden = scratch.take<Element>(rows * H);
  normalise_rows(b, b.input, b.tokens, first, last, normed);
  Element* before = b.before == nullptr ? nullptr : at(b.before, first * H);
  product(normed, D, rows, b.up_weight, D, H, StoreGelu{b.up_bias, before, hidden, H});
  product(hidden, H, rows, b.down_weight, H, D, StoreSum{b, b.down_bias, first});
}

void mlp_back(const MlpBranch& b, int64_t first, int64_t last, int64_t part, void* memory) {
  const int64_t D = b.width, H = b.hidden, rows = last - first;
  float* grad = Scratch(memory).take<float>(rows * D);
  Element* grad_before = at(b.grad_before, first * H);
  scale_gradients(b, first, last);
  product(at(b.grad_branch, first * D), D, rows, b.down_back, D, H,
          StoreGeluBack{at(b.before, first * H), grad_before, H});
  product(grad_before, H, rows, b.up_back, H, D, StoreFloats{grad, D, false});
  normalise_rows_back(b, b.tokens, first, last, grad, part);
}

void pack(const float* weight, int64_t depth, int64_t columns, bool is_transposed, uint32_t* to,
          int64_t first, int64_t last) {
  const int64_t words = words_of(depth);
  for (int64_t p = first; p < last; ++p) {
    uint32_t* panel = to + p * kPanel * words;
    const int64_t c = p * kPanel, width = smaller(kPanel, columns - c);
    if (width < kPanel) memset(panel, 0, static_cast<size_t>(words * kPanel) * sizeof(uint32_t));
    if (is_transposed) {
      for (int64_t k = 0; k < depth; k += kLanes) {
        for (int64_t j = 0; j < width; ++j) {
          Element row[kLanes];
          store(row, load(weight + (c + j) * depth + k));
          for (int64_t w = 0; w < kLanes / kOfWord; ++w)
            memcpy(panel + (k / kOfWord + w) * kPanel + j, row + w * kOfWord, 4);
        }
      }
      continue;
    }
    for (int64_t w = 0; w < words; ++w) {
      for (int64_t j = 0; j < width; j += kLanes) {
        Element rows[2][kLanes];
        for (int64_t i = 0; i < kOfWord; ++i)
          store(rows[i], load(weight + (w * kOfWord + i) * columns + c + j));
        store_words(panel + w * kPanel + j, rows[0], rows[1]);
      }
    }
  }
}

/// A row of an operand as it is to be packed: as it stands, or worked out in `room`.
DMF_INLINE const Element* read_row(const Operand& from, int64_t row, Element* room) {
  const Element* values = static_cast<const Element*>(from.values) + row * from.stride;
  if (from.reading == Reading::kPlain) return values;
  for (int64_t j = 0; j < from.width; j += kLanes) {
    const Lanes value = load(values + j);
    store(room + j, from.reading == Reading::kGelu ? gelu(value).value
                                                   : value * load(from.weight + j) + load(from.bias + j));
  }
  return room;
}

void pack_rows(const Operand& from, uint32_t* to, float* sums, int64_t first, int64_t last, void* memory) {
  const int64_t words = words_of(from.rows), N = from.width;
  auto* room = static_cast<Element*>(memory);
  if (sums != nullptr) memset(sums, 0, static_cast<size_t>(N) * sizeof(float));
  for (int64_t w = first; w < last; ++w) {
    const Element* rows[2] = {nullptr, nullptr};
    for (int64_t i = 0; i < kOfWord && w * kOfWord + i < from.rows; ++i) {
      rows[i] = read_row(from, w * kOfWord + i, room + i * N);
      for (int64_t j = 0; sums != nullptr && j < N; j += kLanes)
        store(sums + j, load(sums + j) + load(rows[i] + j));
    }
    for (int64_t c = 0; c < N; c += kPanel) {
      uint32_t* panel = to + c * words + w * kPanel;
      for (int64_t j = 0; j < smaller(kPanel, N - c); j += kLanes)
        store_words(panel + j, rows[0] + c + j, rows[1] == nullptr ? nullptr : rows[1] + c + j);
    }
  }
}

void weight_gradient(const uint32_t* left, int64_t left_width, const uint32_t* right, int64_t right_width,
                     int64_t words, float* gradient, int64_t first, int64_t last) {
  constexpr int64_t kDepth = 256;  // words at a time: a panel's part stays in the cache near the processor
  const int64_t across = (right_width + kGradientColumns - 1) / kGradientColumns;
  for (int64_t item = first; item < last; ++item) {
    const int64_t top = item / across * kGradientRows, begin = item % across * kGradientColumns;
    const int64_t bottom = smaller(top + kGradientRows, left_width),
                  end = smaller(begin + kGradientColumns, right_width);
    for (int64_t k = 0; k < words; k += kDepth) {
      const int64_t depth = smaller(kDepth, words - k);
      for (int64_t c = begin; c < end; c += kPanel) {
        const uint32_t* panel = right + c * words + k * kPanel;
        for (int64_t r = top; r < bottom; r += kStripRows) {
          const uint32_t* from = left + r / kPanel * kPanel * words + k * kPanel + r % kPanel;
          const Strip part{as_words(from),
                           1,
                           smaller(kStripRows, bottom - r),
                           as_words(panel),
                           depth,
                           reinterpret_cast<const char*>(panel),
                           gradient + r * right_width + c,
                           right_width};
          k == 0 ? strip<true, false>(part, smaller(kPanel, end - c))
                 : strip<true, true>(part, smaller(kPanel, end - c));
        }
      }
    }
  }
}

}  // namespace

extern const Kernels kKernels = {DMF_NAME,       sizeof(Element),       pack,
                                 pack_rows,      weight_gradient,       attention_inputs,
                                 attention,      attention_outputs,     attention_outputs_back,
                                 attention_back, attention_inputs_back, mlp,
                                 mlp_back};

}  // namespace dmf::kernels::DMF_ISA
