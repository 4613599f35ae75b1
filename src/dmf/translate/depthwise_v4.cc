// The depthwise kernels for x86-64-v4: AVX-512.
#define DMF_ISA v4
#include "dmf/translate/depthwise_blocks.h"
