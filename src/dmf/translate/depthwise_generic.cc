// The depthwise kernels for any processor.
#define DMF_ISA generic
#include "dmf/translate/depthwise_blocks.h"
