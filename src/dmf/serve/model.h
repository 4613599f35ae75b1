#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "dmf/data/pixels.h"
#include "dmf/search/answer.h"

namespace dmf::serve {

using Vector = std::vector<float>;

/// What becomes of a sentence: told to whoever typed it.
struct Reading {
  std::vector<std::string> read_as;   ///< key words; empty: the sentence as it stands
  std::vector<std::string> left_out;  ///< what is negated
  std::vector<std::string> unknown;   ///< words that are not known and not read
};

/// A number for each patch of a picture, row by row.
struct PatchValues {
  int64_t rows = 0, columns = 0;
  std::vector<float> values;
};

/// What makes two pictures alike, and where.
struct Likeness {
  double similarity = 0;
  PatchValues first, second;
};

/// What turns pictures and sentences into vectors. The service knows a model by this alone, so that its tests
/// need none. Called from several threads.
class Model {
 public:
  virtual ~Model() = default;
  virtual int64_t width() const = 0;
  /// Size that pictures are given in.
  virtual int64_t picture_height() const = 0;
  virtual int64_t picture_width() const = 0;
  virtual bool reads_sentences() const = 0;
  /// What is known of the model, for its card.
  virtual nlohmann::json card() const = 0;
  /// Which similarity of pictures means the same person, where that is known.
  virtual std::optional<search::SameThreshold> threshold() const = 0;

  /// A unit vector of each. Many at once are cheaper than one by one, and give the same.
  virtual std::vector<Vector> pictures(const std::vector<data::Pixels>& pictures) const = 0;
  /// Likewise. @param sentences  each with a letter
  virtual std::vector<Vector> sentences(const std::vector<std::string>& sentences) const = 0;
  virtual Reading read(const std::string& sentence) const = 0;
  /// Takes seconds.
  virtual Likeness compare(const data::Pixels& first, const data::Pixels& second) const = 0;
};

}  // namespace dmf::serve
