// The depthwise kernels for x86-64-v3: AVX2 and FMA.
#define DMF_ISA v3
#include "dmf/translate/depthwise_blocks.h"
