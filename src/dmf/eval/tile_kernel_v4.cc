// The loops for x86-64-v4: AVX-512, thirty-two registers.
#define DMF_ISA v4
#define DMF_LANES 16
#define DMF_ROWS 14
#include "dmf/eval/tile_kernel_loops.h"
