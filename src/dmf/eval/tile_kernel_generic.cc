// The loops for any processor: registers of 16 bytes.
#define DMF_ISA generic
#define DMF_LANES 4
#define DMF_ROWS 4
#include "dmf/eval/tile_kernel_loops.h"
