#pragma once
// Shared by every translation unit that touches tensors: libtorch's headers cost about 10 s a file without
// it. torch/torch.h (nn, data, optim) would double that, and nothing here needs it. The JSON library is in
// every third of these files, and costs 2 s.
#include <torch/types.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>
