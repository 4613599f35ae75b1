#pragma once
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "dmf/core/random.h"
#include "dmf/text/attributes.h"

namespace dmf::text {

/// One of `choices`.
std::string pick(RandomStream& random, std::initializer_list<std::string_view> choices);

/// "a" or "an" before `words`: "an old man".
std::string with_article(const std::string& words);

/// "x", "x and y", "x, y and z"; sometimes, or with `has_comma` always, a comma before the last "and".
std::string listed(const std::vector<std::string>& parts, RandomStream& random, bool has_comma = false);

/// "Like this" of "like this".
std::string capitalised(std::string words);

/// The value of a key, empty when it is absent.
std::string value_of(const Attributes& attributes, const std::string& key);

/// True when a yes-or-no key is "yes".
bool says_yes(const Attributes& attributes, const std::string& key);

/// Words with single spaces between them, empty ones left out.
std::string spaced(std::initializer_list<std::string_view> words);

}  // namespace dmf::text
