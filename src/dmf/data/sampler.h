#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "dmf/core/option_table.h"
#include "dmf/core/random.h"
#include "dmf/data/record.h"

namespace dmf::data {

enum class Modality { kImage, kText };

/// One sample of a batch. Which view or caption of the record is used is the caller's draw.
struct Sample {
  int64_t record;     ///< index into the records that the sampler was made of
  int64_t label;      ///< class of the identity: 0 … classes() - 1, in the order of the identities
  Modality modality;  ///< read as an image, or as words about this person
  bool operator==(const Sample&) const = default;
};

struct SamplerOptions {
  int64_t identities = 16;
  int64_t samples = 4;
  double text_fraction = 0.0;
  int64_t texts_beside = 0;
  std::string epoch = "identities";
  std::string cameras = "any";
  std::string balance = "identities";
  std::vector<double> shares{};

  template <class Visitor>
  void visit(Visitor& v) {
    v("identities", identities, Range<int64_t>{2, 1024}, "identities in a batch, P (Section IV-B: 16)");
    v("samples", samples, Range<int64_t>{2, 1024}, "samples of each identity, K (Section IV-B: 4)");
    v("text_fraction", text_fraction, Range{0.0, 1.0},
      "share of an identity's samples that are texts in place of images");
    v("texts_beside", texts_beside, Range<int64_t>{0, 1024},
      "texts of each identity added beside its samples");
    v("epoch", epoch, Choices{{"identities", "images"}},
      "an epoch has as many batches as it takes to see each identity once, or to see as many samples as "
      "there are images");
    v("cameras", cameras, Choices{{"any", "spread"}},
      "an identity's images: any of them, or of as many different cameras as there are");
    v("balance", balance, Choices{{"identities", "datasets"}},
      "of a mixture's datasets in a batch: each as it has identities, or by `shares`");
    v("shares", shares, Range{0.0, 1e6},
      "balance datasets: weights of the mixture's datasets, in their order; empty = equal ones");
  }
};

/// Draws batches of P identities × K samples.
///
///   IdentitySampler sampler(dataset.train, dataset.attributes, options, seed);
///   for (int64_t i = 0; i < sampler.batches(epoch); ++i) step(sampler.batch(epoch, i));
///
/// Identities come in shuffled order, each once before any comes again, never twice in a batch; the last
/// batch is filled with identities of a new shuffle. An identity's images are drawn without replacement, with
/// replacement if it has fewer than asked for; with cameras = "spread" a camera gives its n-th image only
/// when all others have given n - 1 (where they have as many). Of K samples `text_fraction` are texts (a
/// fraction of a sample is drawn), then come `texts_beside` more. A text's record is one with captions where
/// the identity has one, else any record of it (its attributes are to be put into words). An identity with
/// neither captions nor attributes gives images only.
///
/// Of a mixture (mixture.h) with balance = "datasets" a batch's identities are drawn from each dataset by its
/// share: over an epoch they have it within one identity, in a batch within two. Within a dataset they come
/// in shuffled order as above; those of a small one come oftener.
///
/// batch() depends only on the records, options, seed, epoch and index: training can go on from any batch,
/// and it is safe to call from several threads.
class IdentitySampler {
 public:
  /// @param records     images of the train split; junk and distractors are left out
  /// @param attributes  by identity, empty if there are none
  /// @param parts       Dataset::parts: of a mixture
  /// @throws InvalidArgument  fewer than P identities; none with two images; texts are asked for, but nothing
  /// has any; shares of another number than datasets, or that ask for more identities than one has
  IdentitySampler(const std::vector<Record>& records, const std::map<int64_t, text::Attributes>& attributes,
                  const SamplerOptions& options, uint64_t seed, const std::vector<DatasetPart>& parts = {});

  /// Batches in an epoch (the same in every epoch).
  int64_t batches(int64_t epoch) const;
  /// Samples of a batch, those of an identity side by side; images before texts.
  /// @throws InvalidArgument  index outside 0 … batches(epoch) - 1
  std::vector<Sample> batch(int64_t epoch, int64_t index) const;

  /// Number of identities.
  int64_t classes() const { return static_cast<int64_t>(identities_.size()); }
  /// Identity of each class.
  const std::vector<int64_t>& identities() const { return identities_; }
  /// Identities that have captions or attributes.
  int64_t classes_with_text() const { return classes_with_text_; }

 private:
  std::vector<int64_t> draw_images(int64_t label, int64_t count, RandomStream& random) const;
  std::vector<int64_t> identity_order(int64_t epoch) const;
  std::vector<int64_t> balanced_order(int64_t epoch) const;
  void set_parts(const std::vector<DatasetPart>& parts);

  std::vector<int64_t> identities_;
  std::vector<std::vector<int64_t>> images_;  ///< [class] record indices
  std::vector<int64_t> cameras_;              ///< [record], where they are to be spread; else empty
  std::vector<std::vector<int64_t>> texts_;  ///< [class] record indices that may be read as text; empty: none
  std::vector<std::vector<int64_t>> parts_;  ///< [dataset] labels; empty where they are not balanced
  SamplerOptions options_;                   ///< its shares sum to 1 where they are
  uint64_t seed_;
  int64_t image_count_ = 0;
  int64_t classes_with_text_ = 0;
};

}  // namespace dmf::data
