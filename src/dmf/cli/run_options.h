#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "dmf/core/option_table.h"
#include "dmf/data/augment.h"
#include "dmf/eval/protocol.h"
#include "dmf/fuse/model_options.h"
#include "dmf/train/train_options.h"
#include "dmf/translate/image_encoder.h"
#include "dmf/translate/text_encoder.h"

namespace dmf::cli {

/// The run as a whole: table [run].
struct GeneralOptions {
  std::string train;
  std::string pretrain;
  std::vector<std::string> test;
  std::vector<std::string> validation;
  int64_t seed = 0;
  std::string device = "auto";
  std::string precision = "auto";
  std::string cache = ".cache/tokens";
  bool finetune_texts = false;

  template <class Visitor>
  void visit(Visitor& v) {
    v("train", train, "dataset that is learned from, FORMAT:PATH; several joined by \" + \" are a mixture");
    v("pretrain", pretrain, "dataset of stage I (images and words); empty = the one of `train`");
    v("test", test, "datasets that the model is tested on at the end");
    v("validation", validation,
      "datasets that are measured while training (train.validate_every); empty = those of `test`");
    v("seed", seed, Range<int64_t>{0, INT64_MAX}, "of every random draw; the same seed gives the same run");
    v("device", device, "cpu, cuda, cuda:1 or auto (a GPU where there is one)");
    v("precision", precision, Choices{{"auto", "float32", "bfloat16"}},
      "type of the heavy products; auto: bfloat16 where the hardware has it");
    v("cache", cache, "folder of the token stores");
    v("finetune_texts", finetune_texts,
      "stage II learns from the captions of its dataset too, as stage I does ([batch]), so that sentences "
      "still "
      "find pictures after it; the paper's stage II has images alone");
  }
};

/// The token store: table [store].
struct StoreOptions {
  bool enabled = true;
  int64_t views = 2;

  template <class Visitor>
  void visit(Visitor& v) {
    v("enabled", enabled, "keep the frozen part's output; false: compute it anew for every batch");
    v("views", views, Range<int64_t>{1, 64},
      "stored looks of each training image; the first is the image itself");
  }
};

/// How the test at the end embeds: table [embed].
struct TestEmbeddingOptions {
  int64_t batch = 32;
  bool flip = false;

  template <class Visitor>
  void visit(Visitor& v) {
    v("batch", batch, Range<int64_t>{1, 4096}, "images that go through the model together");
    v("flip", flip, "an image's vector is the mean of its own and its mirror image's");
  }
};

/// Everything a configuration file may hold: the options structs of all modules, each under its table's name.
///
///   RunOptions options;
///   options.table().load_toml("configs/quickstart.toml");
struct RunOptions {
  GeneralOptions run;
  translate::ImageEncoderOptions image;
  translate::TextEncoderOptions text_encoder;
  StoreOptions store;
  data::ViewOptions view;
  fuse::ModelOptions model;
  train::TrainOptions train;
  TestEmbeddingOptions embed;
  eval::ProtocolOptions eval;

  /// A table bound to these structs; they must outlive it.
  OptionTable table();
  /// {"table": {"key": value}}
  nlohmann::json values() const;
};

}  // namespace dmf::cli
