#pragma once
#include <string>

#include "dmf/cli/embedded_test.h"
#include "dmf/cli/eval_run.h"
#include "dmf/cli/result.h"
#include "dmf/cli/vector_input.h"
#include "dmf/embed/embedder.h"
#include "dmf/eval/protocol.h"

namespace dmf::cli {

/// Embeds the queries and the gallery of a dataset and measures the answers.
///
/// A dataset without these splits (a folder by identity, say) gives one image of each identity and camera as
/// query, drawn with seed 0, which the result's protocol says.
/// @param spec  as open_dataset() takes it
/// @throws what open_dataset(), Embedder::images() and evaluate() throw
TestResult measure(const embed::Embedder& embedder, const std::string& spec,
                   const eval::ProtocolOptions& protocol);

/// The same with all that may be asked of a test.
TestResult measure(const embed::Embedder& embedder, const std::string& spec, const EvalRequest& request);

/// Embeds the queries and the gallery of a dataset.
/// @param request  what will be asked: words of the queries are gathered where its `by` needs them
/// @throws what open_dataset(), require_split(), check_columns() and Embedder::images() throw
EmbeddedTest embed_test(const embed::Embedder& embedder, const std::string& spec, const EvalRequest& request);

/// Measures what embed_test() gave.
TestResult measure(const embed::Embedder& embedder, const EmbeddedTest& test, const EvalRequest& request);

/// Looks whether a dataset can be tested as asked: before minutes go into the vectors of those before it.
/// @throws what open_dataset(), require_split() and check_columns() throw
void check_test(const std::string& spec, const EvalRequest& request);

/// Measures vectors that anything may have made.
/// @throws what evaluate_into() throws
TestResult measure_vectors(const VectorInput& input, const EvalRequest& request);

}  // namespace dmf::cli
