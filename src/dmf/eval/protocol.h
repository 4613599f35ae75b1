#pragma once
#include <string>

#include "dmf/core/option_table.h"

namespace dmf::eval {

/// How answers are compared and which count.
struct ProtocolOptions {
  std::string metric = "cosine";
  bool same_camera_removed = true;

  template <class Visitor>
  void visit(Visitor& v) {
    v("metric", metric, Choices{{"cosine", "euclidean"}}, "distance that ranks the gallery");
    v("same_camera_removed", same_camera_removed,
      "leave gallery images of the query's identity and camera out (Market-1501's rule)");
  }
};

}  // namespace dmf::eval
