// The kernels of a transformer block in float32 for any processor.
#define DMF_ISA generic
#define DMF_NAME "float32, generic"
#include "dmf/kernels/mlp.h"
