#include "dmf/eval/tile_kernel.h"

#include "dmf/core/processor.h"

namespace dmf::eval {

TileKernels all_tile_kernels() {
  TileKernels all{{&generic::kKernel}, 1};
#if defined(__x86_64__)
  if (has_x86_64_v3()) all.kernels[all.count++] = &v3::kKernel;
  if (has_x86_64_v4()) all.kernels[all.count++] = &v4::kKernel;
#endif
  return all;
}

const TileKernel& tile_kernel() {
  static const TileKernels all = all_tile_kernels();
  return *all.kernels[all.count - 1];
}

}  // namespace dmf::eval
