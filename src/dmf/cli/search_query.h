#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "dmf/cli/search_picture.h"
#include "dmf/embed/embedder.h"

namespace dmf::cli {

/// What is searched for, as it is typed.
struct QueryInput {
  std::vector<std::string> images, texts;
  std::vector<int64_t> ids;
  double text_weight = 0.5;
  bool is_together = false;
};

/// One query.
struct Query {
  std::string name;           ///< path, sentence, "crop 7", or several of them
  std::string read_as;        ///< of sentences: what the model read
  std::string image;          ///< path of its (first) picture; empty: none
  std::vector<int64_t> own;   ///< stored crops it is made of, which are not among its answers
  std::string words;          ///< its sentences
  std::vector<float> vector;  ///< length 1
  bool is_judged = true;      ///< of pictures alone: a threshold holds
};

/// Pictures and crops are a query each (or all together one), sentences too; given both, each picture's query
/// is the weighted mean with the mean of the sentences, of unit vectors. What of a sentence the model does
/// not read (negations, words that are not known) is logged.
/// @param embedder  null where `input` has crops of the gallery alone
/// @throws InvalidArgument  nothing to search for; no such crop, or its vector is damaged; a model without a
/// text path
/// @throws DataError        a picture that cannot be decoded
std::vector<Query> make_queries(const QueryInput& input, const search::GalleryView& gallery,
                                const embed::Embedder* embedder);

/// [N, D] float32 as N vectors.
std::vector<std::vector<float>> rows_of(const torch::Tensor& vectors);

/// As it is drawn. @throws DataError  its picture cannot be decoded any more
ShownQuery shown_query(const Query& query, const search::GalleryView& gallery);

}  // namespace dmf::cli
