#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "dmf/weights/tensors.h"

namespace dmf::weights {

/// A tensor that a model needs.
struct ExpectedTensor {
  std::string name;
  std::vector<int64_t> sizes;  ///< kAnySize (core/shape.h) matches every size
  bool optional = false;       ///< may be missing; where it is there, its shape must match
};

/// How a file's names become the model's, in this order. A `*` at an end of an ignore pattern matches all
/// there.
struct NameRules {
  /// Names in the file that may stay unused: "fc.*", "*.num_batches_tracked".
  std::vector<std::string> ignore = {};
  /// Prefixes ("module."); the first that a name starts with is taken off.
  std::vector<std::string> strip = {};
  /// {from, to}: every occurrence, one rule after another.
  std::vector<std::pair<std::string, std::string>> renames = {};
  /// Prefix put before each name.
  std::string add = {};
};

/// The name in the model of the tensor called `name` in a file.
std::string mapped_name(const std::string& name, const NameRules& rules);

/// Finds each expected tensor in a file's tensors.
/// @param file   any floating type; where an ignored name is also an expected one, it is used
/// @param where  the file, for the message
/// @return under the expected names, float32, sharing memory with `file` where it was float32 already
/// @throws DataError  one message with every missing, misshaped, mistyped, unused and doubled tensor
NamedTensors match_tensors(const NamedTensors& file, const std::vector<ExpectedTensor>& expected,
                           const NameRules& rules, const std::string& where);

}  // namespace dmf::weights
