#pragma once
#include <filesystem>
#include <future>
#include <optional>
#include <string>

#include "dmf/embed/embedder.h"
#include "dmf/serve/model.h"
#include "dmf/serve/work_queue.h"

namespace dmf::cli {

/// A model file as the service asks for it. All that is computed is computed in one thread: OpenMP gives each
/// thread that calls it threads of its own.
class ServedModel : public serve::Model {
 public:
  /// @throws as embed::Embedder
  ServedModel(const std::string& file, const embed::EmbedOptions& options);

  int64_t width() const override { return embedder_.width(); }
  int64_t picture_height() const override;
  int64_t picture_width() const override;
  bool reads_sentences() const override { return embedder_.reads_sentences(); }
  nlohmann::json card() const override;
  std::optional<search::SameThreshold> threshold() const override { return threshold_; }

  std::vector<serve::Vector> pictures(const std::vector<data::Pixels>& pictures) const override;
  std::vector<serve::Vector> sentences(const std::vector<std::string>& sentences) const override;
  serve::Reading read(const std::string& sentence) const override;
  serve::Likeness compare(const data::Pixels& first, const data::Pixels& second) const override;

 private:
  template <class Work>
  auto in_its_thread(const Work& work) const {
    std::packaged_task<decltype(work())()> task(work);
    auto result = task.get_future();
    thread_.push([&task] { task(); });
    return result.get();
  }

  embed::Embedder embedder_;
  std::optional<search::SameThreshold> threshold_;
  mutable serve::WorkQueue thread_;
};

}  // namespace dmf::cli
