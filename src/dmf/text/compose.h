#pragma once
#include <string>

#include "dmf/core/random.h"
#include "dmf/text/attributes.h"

namespace dmf::text {

/// A caption that says what `attributes` say and nothing else, in wording drawn from `random`: order,
/// synonyms, sentences, optional parts. Colours of garments are always said; "no" is never said,
/// nor are weather, time, place and viewpoint. Its key words (extract_keywords) hold each garment with its
/// colours, and contradict no attribute.
///
///   {"gender": "female", "upper_colour": "red", "lower_type": "jeans", "bag": "yes"}
///   → "The woman is wearing a red top and jeans. She has a bag."
///
/// @throws InvalidArgument  an attribute that check_attributes refuses
std::string compose_caption(const Attributes& attributes, RandomStream& random);

/// A caption in the grammar of FineGPR-C, the captions the paper pre-trains on: one sentence, one of three
/// orders, with "upper-body clothes", "lower-body clothes", weather, time of day and viewpoint, and a tail
/// "this person also wears boots and carries a bag". Said is what `attributes` say; unlike compose_caption
/// the tail says "no boots" too.
///
/// Source: Xiang et al. 2023, "Rethinking person re-identification via semantic-based pretraining", examples
/// in the README of the data set.
/// @throws InvalidArgument  an attribute that check_attributes refuses
std::string compose_finegpr_caption(const Attributes& attributes, RandomStream& random);

}  // namespace dmf::text
