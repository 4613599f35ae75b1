#include "dmf/core/option_table.h"

#include <gmock/gmock.h>

#include "dmf/core/error.h"
#include "dmf/core/file.h"
#include "support/temporary_folder.h"

namespace dmf {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

struct LossOptions {
  double label_smoothing = 0.1;
  int64_t samples = 4;
  bool use_center = false;
  std::string distance = "squared";
  std::string note;
  std::vector<std::string> weights;

  template <class Visitor>
  void visit(Visitor& v) {
    v("label_smoothing", label_smoothing, Range{0.0, 0.9}, "mass given to the other identities");
    v("samples", samples, Range<int64_t>{2, 64}, "samples of an identity");
    v("use_center", use_center, "centre loss");
    v("distance", distance, Choices{{"squared", "plain"}}, "of two features");
    v("note", note, "a text");
    v("weights", weights, "files");
  }
};

struct RunOptions {
  int64_t seed = 1;

  template <class Visitor>
  void visit(Visitor& v) {
    v("seed", seed, Range<int64_t>{0, INT64_MAX}, "of everything that is drawn");
  }
};

class OptionTableTest : public testing::Test {
 protected:
  OptionTableTest() {
    table_.add("loss", loss_);
    table_.add("run", run_);
  }

  auto setting(const std::string& assignment) {
    return [this, assignment] { table_.set(assignment); };
  }
  auto loading(const std::string& text) {
    return [this, text] { table_.load_toml_text(text, "run.toml"); };
  }

  LossOptions loss_;
  RunOptions run_;
  OptionTable table_;
};

TEST_F(OptionTableTest, SetsEveryTypeOfValue) {
  for (const char* assignment : {"loss.label_smoothing=0", "loss.samples=8", "loss.use_center=true",
                                 "loss.distance=plain", "loss.note=a=b c", "loss.weights=[\"x\", \"y\"]"}) {
    table_.set(assignment);
  }
  EXPECT_EQ(loss_.label_smoothing, 0.0);
  EXPECT_EQ(loss_.samples, 8);
  EXPECT_TRUE(loss_.use_center);
  EXPECT_EQ(loss_.distance, "plain");
  EXPECT_EQ(loss_.note, "a=b c");
  EXPECT_THAT(loss_.weights, ElementsAre("x", "y"));
  table_.set("loss.weights=one");
  EXPECT_THAT(loss_.weights, ElementsAre("one"));
  table_.set("loss.note=123");
  EXPECT_EQ(loss_.note, "123");
}

TEST_F(OptionTableTest, NamesTheNearestKeyOfAnUnknownOne) {
  EXPECT_THAT(setting("loss.label_smothing=0"),
              ThrowsMessage<InvalidArgument>(AllOf(HasSubstr("unknown option `loss.label_smothing`"),
                                                   HasSubstr("did you mean `loss.label_smoothing`?"))));
  EXPECT_THAT(loading("[los]\nsamples = 3"),
              ThrowsMessage<InvalidArgument>(
                  AllOf(HasSubstr("run.toml:2"), HasSubstr("did you mean `loss.samples`?"))));
  EXPECT_THAT(loading("[loss]\nsample = 3\nsamples = 65\nnot = 1"),
              ThrowsMessage<InvalidArgument>(
                  AllOf(HasSubstr("run.toml:2"), HasSubstr("run.toml:3"), HasSubstr("run.toml:4"))))
      << "all of them at once";
}

TEST_F(OptionTableTest, RefusesValuesOutOfRangeAndOfOtherTypes) {
  EXPECT_THAT(
      setting("loss.samples=1"),
      ThrowsMessage<InvalidArgument>("[options] value of `loss.samples`: expected an integer 2 … 64, got 1"));
  EXPECT_THAT(setting("loss.samples=65"), ThrowsMessage<InvalidArgument>(HasSubstr("got 65")));
  EXPECT_THAT(setting("loss.samples=4.0"), ThrowsMessage<InvalidArgument>(HasSubstr("got 4.0")));
  EXPECT_THAT(setting("loss.samples="), ThrowsMessage<InvalidArgument>(HasSubstr("got \"\"")));
  EXPECT_THAT(setting("run.seed=18446744073709551615"), testing::Throws<InvalidArgument>());
  EXPECT_THAT(setting("run.seed=-1"), ThrowsMessage<InvalidArgument>(HasSubstr("expected an integer >= 0")));
  EXPECT_THAT(setting("loss.label_smoothing=0.91"),
              ThrowsMessage<InvalidArgument>(HasSubstr("a number 0 … 0.9")));
  EXPECT_THAT(setting("loss.label_smoothing=nan"), ThrowsMessage<InvalidArgument>(HasSubstr("got \"nan\"")));
  EXPECT_THAT(loading("[loss]\nlabel_smoothing = nan"), testing::Throws<InvalidArgument>());
  EXPECT_THAT(setting("loss.use_center=1"),
              ThrowsMessage<InvalidArgument>(HasSubstr("expected true or false")));
  EXPECT_THAT(setting("loss.distance=cosine"),
              ThrowsMessage<InvalidArgument>(HasSubstr("expected squared | plain")));
  EXPECT_THAT(setting("loss.weights=[1]"), ThrowsMessage<InvalidArgument>(HasSubstr("a list of texts")));
  EXPECT_THAT(setting("samples=1"), ThrowsMessage<InvalidArgument>(HasSubstr("expected table.key=value")));
  EXPECT_THAT(setting("loss.note=\xff"),
              ThrowsMessage<InvalidArgument>("[--set] value of `loss.note` is not UTF-8"));
  EXPECT_EQ(loss_.samples, 4);
}

TEST_F(OptionTableTest, NamesFileAndLineOfWhatIsWrong) {
  EXPECT_THAT(
      loading("[loss]\nsamples = 4\nlabel_smoothing = 2.0\n"),
      ThrowsMessage<InvalidArgument>(AllOf(HasSubstr("run.toml:3"), HasSubstr("loss.label_smoothing"))));
  EXPECT_THAT(loading("[loss]\nsamples = = 4\n"), ThrowsMessage<DataError>(HasSubstr("run.toml:2")));
  EXPECT_THAT(loading("samples = 4\n"), ThrowsMessage<InvalidArgument>(AllOf(
                                            HasSubstr("run.toml:1"), HasSubstr("outside of a [table]"))));
  EXPECT_THAT(loading("[loss]\nsamples = 2020-01-01\n"),
              ThrowsMessage<InvalidArgument>(HasSubstr("run.toml:2")));
  EXPECT_THAT([this] { table_.load_toml("/nowhere/run.toml"); },
              ThrowsMessage<DataError>(HasSubstr("/nowhere/run.toml")));
}

TEST_F(OptionTableTest, TomlRoundTripKeepsEveryValue) {
  loss_ = {0.30000000000000004, 7, true, "plain", "quotes \" and \\ and\nlines, Größe", {"a.pth", "b"}};
  run_.seed = INT64_MAX;
  const test::TemporaryFolder folder;
  write_text(folder / "run.toml", table_.to_toml());

  LossOptions loss;
  RunOptions run;
  OptionTable table;
  table.add("loss", loss);
  table.add("run", run);
  table.load_toml(folder / "run.toml");
  EXPECT_EQ(table.to_json(), table_.to_json());
  EXPECT_EQ(loss.label_smoothing, 0.30000000000000004);
  EXPECT_EQ(loss.note, loss_.note);
  EXPECT_EQ(run.seed, INT64_MAX);
}

TEST_F(OptionTableTest, JsonRoundTripKeepsEveryValue) {
  table_.load_json({{"loss", {{"samples", 9}, {"distance", "plain"}}}, {"run", {{"seed", 5}}}});
  EXPECT_EQ(table_.to_json()["loss"]["samples"], 9);
  EXPECT_EQ(run_.seed, 5);
  EXPECT_THAT(
      [this] {
        table_.load_json({{"loss", {{"sample", 9}}}});
      },
      ThrowsMessage<InvalidArgument>(HasSubstr("did you mean `loss.samples`?")));
}

TEST_F(OptionTableTest, DocumentsEveryOption) {
  loss_.samples = 9;
  EXPECT_THAT(
      table_.markdown(),
      AllOf(HasSubstr("### [loss]"), HasSubstr("| `samples` | `4` | 2 … 64 | samples of an identity |"),
            HasSubstr("| `distance` | `\"squared\"` | squared, plain | of two features |"),
            HasSubstr("| `seed` | `1` | >= 0 |")));
}

}  // namespace
}  // namespace dmf
