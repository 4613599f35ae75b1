// The kernels of a transformer block in float32 for x86-64-v3: AVX2.
#define DMF_ISA v3
#define DMF_NAME "float32, v3"
#include "dmf/kernels/mlp.h"
