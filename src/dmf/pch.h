#pragma once
// Shared by every translation unit that touches tensors: libtorch's headers cost about 10 s a file without
// it. torch/torch.h (nn, data, optim) would double that, and nothing here needs it.
#include <torch/types.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>
