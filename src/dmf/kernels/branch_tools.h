#pragma once
#include <ATen/Parallel.h>
#include <torch/types.h>

#include <algorithm>

#include "dmf/kernels/block.h"

// What both halves of a transformer block need to run their kernels on tensors.
namespace dmf::kernels {

/// What a branch's kernels need beside its tensors.
struct BranchSetting : torch::CustomClassHolder {
  const Kernels* kernels = nullptr;
  int64_t heads = 1, tokens = 0, outputs = 0;
  float epsilon = 0, scale = 1;
  torch::Tensor mask, samples;  ///< samples: [count] int64, undefined = all
  bool keeps_weights = false;   ///< packed weights are used again (inference)

  int64_t count(int64_t batch) const { return samples.defined() ? samples.size(0) : batch; }
  torch::Dtype type() const { return kernels->element_bytes == 2 ? torch::kBFloat16 : torch::kFloat32; }
  torch::Tensor elements(int64_t rows, int64_t width) const { return at::empty({rows, width}, type()); }
};

inline const uint32_t* words_of(const torch::Tensor& packed) {
  return reinterpret_cast<const uint32_t*>(packed.const_data_ptr<int32_t>());
}

/// Calls work(first, last, scratch) for parts of [0, count) on all cores.
template <class Work>
void over_items(int64_t count, int64_t scratch_bytes, const Work& work) {
  at::parallel_for(0, count, 1, [&](int64_t first, int64_t last) {
    const torch::Tensor scratch = at::empty({scratch_bytes}, torch::kUInt8);
    work(first, last, scratch.mutable_data_ptr());
  });
}

/// Rows cut into blocks whose scratch memory stays in a core's cache, as many for each thread.
struct RowBlocks {
  int64_t rows, size, count, scratch_bytes;

  /// @param hidden  numbers of a row beside its `width` that lie in the scratch memory
  RowBlocks(const Kernels& kernels, int64_t rows_, int64_t width, int64_t hidden) : rows(rows_) {
    constexpr int64_t kCache = 640 << 10, kMost = 96, kLeast = 16, kStrip = 8;
    const int64_t most = std::clamp(kCache / row_scratch_bytes(kernels, 1, width, hidden), kLeast, kMost);
    const int64_t threads = at::get_num_threads();
    const int64_t rounds = std::max<int64_t>(1, (rows + threads * most - 1) / (threads * most));
    size = std::max<int64_t>(1, (rows + threads * rounds - 1) / (threads * rounds));
    if (rounds > 4) size = (size + kStrip - 1) / kStrip * kStrip;
    count = (rows + size - 1) / size;
    scratch_bytes = row_scratch_bytes(kernels, size, width, hidden);
  }

  /// Calls work(first row, last row, block, scratch).
  template <class Work>
  void run(const Work& work) const {
    over_items(count, scratch_bytes, [&](int64_t first, int64_t last, void* scratch) {
      for (int64_t i = first; i < last; ++i) work(i * size, std::min(rows, (i + 1) * size), i, scratch);
    });
  }
};

/// Rows of elements packed for a weight's gradient, and their sum where it is asked for.
struct PackedRows {
  torch::Tensor words;
  int64_t width = 0, depth = 0;  ///< depth in words
  torch::Tensor sum;             ///< [width] float32
};
PackedRows pack_operand(const Kernels& kernels, const Operand& operand, bool sums);

/// Gradient of a linear layer's weight: left^T right, [left.width, right.width] float32, into `to`.
void gradient_of_weight(const Kernels& kernels, const PackedRows& left, const PackedRows& right, float* to);

/// What the gradient of a branch's input begins with: that of its output, zero for tokens that are no
/// outputs.
struct InputGradient {
  torch::Tensor value;
  const float* base;
  InputGradient(const torch::Tensor& grad_output, int64_t tokens, bool skips_samples);
};

/// A branch's output before it is computed: samples that skip it keep their values.
torch::Tensor empty_output(const torch::Tensor& sequence, int64_t outputs, bool skips_samples);

/// Fills in what both branches have in common.
void describe_branch(Branch& branch, const BranchSetting& setting, const torch::Tensor& norm_weight,
                     int64_t batch, int64_t tokens);

/// Sums of the blocks of normalise_rows_back: {gradient of the norm's weight, of its bias}.
std::pair<torch::Tensor, torch::Tensor> norm_gradients(const torch::Tensor& parts);

}  // namespace dmf::kernels
