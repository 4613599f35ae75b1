#pragma once
#include <string>
#include <vector>

#include "dmf/data/record.h"

namespace dmf::data {

/// What joins the names of a mixture's datasets: "market1501:A + cuhk03:B".
inline constexpr const char* kMixtureSign = " + ";

/// Names of the datasets that `spec` joins; one where it is no mixture. A path that is there is taken as it
/// stands.
std::vector<std::string> mixture_parts(const std::string& spec);

/// The train splits of several datasets as one to learn from: identities and cameras of different datasets
/// are different ones (both are counted on from dataset to dataset), captions and attributes are kept. Query
/// and gallery are left out. Dataset::parts tells which identities come from where.
/// @param spec      the mixture's name
/// @param datasets  at least two, each with a train split
/// @throws InvalidArgument  the same dataset twice
/// @throws DataError        a dataset without a train split
Dataset mixture_of(const std::string& spec, std::vector<Dataset> datasets);

}  // namespace dmf::data
