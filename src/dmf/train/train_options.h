#pragma once
#include <cstdint>
#include <string>

#include "dmf/core/option_table.h"
#include "dmf/data/augment.h"
#include "dmf/data/sampler.h"
#include "dmf/loss/total.h"
#include "dmf/train/schedule.h"

namespace dmf::train {

/// One stage of Algorithm 1: tables [pretrain] and [finetune].
struct StageOptions {
  int64_t epochs = 120;
  int64_t steps = 0;
  double learning_rate = 1e-3;
  Schedule schedule;

  /// Batches of the whole stage over data that have `steps_per_epoch` of them in one pass.
  int64_t total_steps(int64_t steps_per_epoch) const { return steps > 0 ? steps : epochs * steps_per_epoch; }

  template <class Visitor>
  void visit(Visitor& v) {
    v("epochs", epochs, Range<int64_t>{0, 1000000},
      "passes over the identities (Section IV-B: 120); 0 = no stage");
    v("steps", steps, Range<int64_t>{0, 100000000}, "batches; above 0 it takes the place of `epochs`");
    v("learning_rate", learning_rate, Range<double>{0.0, 100.0},
      "at its highest (Section IV-B: 0.01 with SGD)");
    v("warmup", schedule.warmup, Range<double>{0.0, 0.9},
      "share of the stage over which the learning rate rises");
    v("schedule", schedule.shape, Choices{{"cosine", "step", "multistep", "constant"}},
      "how it falls: as a cosine from the warm-up's end to the stage's (Section IV-B), by `fall` every "
      "`step_every`, by `fall` at each of `milestones`, or not at all");
    v("step_every", schedule.every, Range<double>{0.001, 1.0},
      "schedule step: share of the stage between two falls");
    v("milestones", schedule.milestones, Range<double>{0.0, 1.0},
      "schedule multistep: shares of the stage at which it falls (40 and 70 of 120 epochs: 0.333, 0.583)");
    v("fall", schedule.factor, Range<double>{0.0001, 1.0}, "schedules step and multistep: factor of a fall");
  }
};

/// What a batch holds: table [batch].
struct BatchOptions {
  data::SamplerOptions sampler;
  double text_weight = 1.0;
  int64_t parts = 1;

  template <class Visitor>
  void visit(Visitor& v) {
    sampler.visit(v);
    v("text_weight", text_weight, Range<double>{0.0, 100.0},
      "weight of a text sample's losses; an image's is 1");
    v("parts", parts, Range<int64_t>{1, 1024},
      "parts that a batch is computed in, one after another: losses and gradients are the whole batch's, the "
      "memory a part's, the time about 4/3 (gradient accumulation that is exact for triplets)");
  }
};

/// Which words stand for a person in stage I: table [text].
struct TextOptions {
  std::string source = "both";
  std::string words = "keywords";
  int64_t composed = 8;

  template <class Visitor>
  void visit(Visitor& v) {
    v("source", source, Choices{{"both", "human", "composed"}},
      "captions: human (as in the data), composed (from attributes), or both: human where an identity has "
      "one");
    v("words", words, Choices{{"keywords", "sentence"}},
      "read the key words of the attributes (Section III-C) or the whole sentence");
    v("composed", composed, Range<int64_t>{1, 1000}, "wordings composed for each identity");
  }
};

/// The rule that changes the weights: table [optimizer].
struct OptimizerOptions {
  std::string name = "adamw";
  double momentum = 0.9;
  double weight_decay = 0.05;
  bool decay_vectors = false;
  double encoder_rate = 0.4;
  double layer_decay = 1.0;
  double encoder_layer_decay = 1.0;
  double clip_norm = 0.0;
  double ema = 0.0;

  template <class Visitor>
  void visit(Visitor& v) {
    v("name", name, Choices{{"sgd", "adamw"}}, "SGD with momentum (Section IV-B) or AdamW");
    v("momentum", momentum, Range<double>{0.0, 0.9999}, "of SGD, and AdamW's first beta (Section IV-B: 0.9)");
    v("weight_decay", weight_decay, Range<double>{0.0, 10.0}, "Section IV-B: 1e-4 with SGD");
    v("decay_vectors", decay_vectors, "also decay biases, norms, class tokens and positions");
    v("encoder_rate", encoder_rate, Range<double>{0.0, 100.0},
      "learning rate of the encoders' trained parts, in learning rates");
    v("layer_decay", layer_decay, Range<double>{0.01, 1.0},
      "factor of the learning rate from each block of the shared transformer to the one below it (BEiT: 0.65 "
      "for "
      "pre-trained ones)");
    v("encoder_layer_decay", encoder_layer_decay, Range<double>{0.01, 1.0},
      "the same from layer to layer of the encoders' trained parts, beside encoder_rate");
    v("clip_norm", clip_norm, Range<double>{0.0, 1e6},
      "longest gradient; a longer one is shortened; 0 = any");
    v("ema", ema, Range<double>{0.0, 0.99999},
      "decay of the weights' moving average, which is validated and saved in place of the weights; 0 = none");
  }
};

/// Random changes of stored maps (of images with freeze = "none"): table [augment].
struct AugmentOptions {
  data::AugmentOptions grid = data::grid_augment_options();
  double mixstyle = 0.5;
  double mixstyle_alpha = 0.1;

  template <class Visitor>
  void visit(Visitor& v) {
    grid.visit(v);
    v("mixstyle", mixstyle, Range<double>{0.0, 1.0},
      "probability that a map takes on a mixture of its own and another sample's channel means and "
      "deviations");
    v("mixstyle_alpha", mixstyle_alpha, Range<double>{1e-3, 100.0}, "of the mixture's Beta(alpha, alpha)");
  }
};

/// How training goes along: table [train].
struct ProgressOptions {
  int64_t validate_every = 0;
  int64_t patience = 0;
  std::string metric = "map";
  int64_t log_every = 20;
  double checkpoint_minutes = 5.0;

  template <class Visitor>
  void visit(Visitor& v) {
    v("validate_every", validate_every, Range<int64_t>{0, 1000000}, "epochs between validations; 0 = none");
    v("patience", patience, Range<int64_t>{0, 1000000},
      "validations without a better one after which a stage ends with its best weights; 0 = it never ends "
      "early and keeps its last");
    v("metric", metric, Choices{{"map", "rank1", "minp"}},
      "what makes a validation better: a figure, averaged over the validation sets");
    v("log_every", log_every, Range<int64_t>{1, 1000000}, "steps that a line of metrics.jsonl sums up");
    v("checkpoint_minutes", checkpoint_minutes, Range<double>{0.0, 1e5},
      "minutes between checkpoints; 0 = only at a stage's end and on Ctrl-C");
  }
};

/// Everything that training can be told, but the model itself.
///
///   TrainOptions options; OptionTable table; options.add_to(table);   // [pretrain], [finetune], [batch] …
struct TrainOptions {
  StageOptions pretrain, finetune;
  BatchOptions batch;
  TextOptions text;
  AugmentOptions augment;
  loss::LossOptions loss;
  OptimizerOptions optimizer;
  ProgressOptions progress;

  /// Adds each struct under its table's name; this object must outlive the table.
  void add_to(OptionTable& table) {
    table.add("pretrain", pretrain);
    table.add("finetune", finetune);
    table.add("batch", batch);
    table.add("text", text);
    table.add("augment", augment);
    table.add("loss", loss);
    table.add("optimizer", optimizer);
    table.add("train", progress);
  }
};

}  // namespace dmf::train
