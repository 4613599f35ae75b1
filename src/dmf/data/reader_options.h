#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "dmf/core/option_table.h"

namespace dmf::data {

// What may stand behind the `?` of a dataset's name, for each format that takes options.

struct NoOptions {
  template <class Visitor>
  void visit(Visitor&) {}
};

/// market1501
struct MarketOptions {
  bool distractors = false;

  template <class Visitor>
  void visit(Visitor& v) {
    v("distractors", distractors, "add the 500,000 distractors (folder images/ or distractors_500k/)");
  }
};

/// cuhk03
struct Cuhk03Options {
  std::string boxes = "detected";
  std::string protocol = "new";
  int64_t split = 0;

  template <class Visitor>
  void visit(Visitor& v) {
    v("boxes", boxes, Choices{{"detected", "labeled"}}, "boxes of a detector or drawn by hand");
    v("protocol", protocol, Choices{{"new", "classic"}},
      "new: 767 identities to train, 700 to test; classic: 100 to test (`cuhk-03.mat` only)");
    v("split", split, Range<int64_t>{0, 19}, "which of the classic protocol's 20 splits");
  }
};

/// msmt17
struct MsmtOptions {
  bool val = true;

  template <class Visitor>
  void visit(Visitor& v) {
    v("val", val, "train on list_val.txt too (the published 32,621 images hold it)");
  }
};

/// finegpr, randperson
struct SampleOptions {
  int64_t identities = 0;
  int64_t per_identity = 0;
  int64_t seed = 0;
  std::string captions;

  template <class Visitor>
  void visit(Visitor& v) {
    v("identities", identities, Range<int64_t>{0, 1000000},
      "identities drawn, of the same seed each larger draw with the smaller in it; 0 = all");
    v("per_identity", per_identity, Range<int64_t>{0, 1000000},
      "images drawn of each identity (Section IV-A: 11); 0 = all");
    v("seed", seed, Range<int64_t>{0, 1000000000}, "of the draw");
    v("captions", captions, "file of sentences; empty = FineGPR-C's beside the images, where it is there");
  }

  bool takes_all() const { return identities == 0 && per_identity == 0; }
};

/// cuhk01, viper, prid, ilids
struct RandomSplitOptions {
  int64_t split = 0;

  template <class Visitor>
  void visit(Visitor& v) {
    v("split", split, Range<int64_t>{0, 9}, "which of ten splits of the identities into halves, drawn by it");
  }
};

/// grid
struct GridOptions {
  int64_t split = 0;

  template <class Visitor>
  void visit(Visitor& v) {
    v("split", split, Range<int64_t>{0, 9}, "which of the ten published splits");
  }
};

/// cuhkpedes, icfgpedes, rstpreid
struct CaptionedOptions {
  std::string split = "train";
  std::vector<std::string> without;

  template <class Visitor>
  void visit(Visitor& v) {
    v("split", split, Choices{{"train", "all"}}, "images to train on: the published part, or all");
    v("without", without,
      "parts of imgs/ to leave out: a name, or a JSON list (Market and CUHK03 hold those sets' people)");
  }
};

}  // namespace dmf::data
