// The kernels of a transformer block in bfloat16: AVX512-BF16. Elsewhere the compiler has no such
// instruction.
#if defined(__AVX512BF16__)
#define DMF_BFLOAT16
#define DMF_ISA bf16
#define DMF_NAME "bfloat16, AVX512-BF16"
#include "dmf/kernels/mlp.h"
#endif
