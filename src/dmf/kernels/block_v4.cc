// The kernels of a transformer block in float32 for x86-64-v4: AVX-512.
#define DMF_ISA v4
#define DMF_NAME "float32, v4"
#include "dmf/kernels/mlp.h"
