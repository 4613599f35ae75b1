// The loops for x86-64-v3: AVX2 and fused multiply-add, sixteen registers.
#define DMF_ISA v3
#define DMF_LANES 8
#define DMF_ROWS 6
#include "dmf/eval/tile_kernel_loops.h"
