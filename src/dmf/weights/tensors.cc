#include "dmf/weights/tensors.h"

#include "dmf/core/error.h"

namespace dmf::weights {

const torch::Tensor& Scope::operator[](const std::string& name) const {
  const auto found = tensors_->find(prefix_ + name);
  DMF_CHECK(found != tensors_->end(), InvalidArgument, "[Scope] no tensor `{}{}` among {}", prefix_, name,
            tensors_->size());
  return found->second;
}

}  // namespace dmf::weights
