#include "dmf/data/csv_text.h"

#include <utility>

#include "dmf/core/error.h"

namespace dmf::data {

CsvText::CsvText(std::string_view text, std::string file) : text_(text), file_(std::move(file)) {
  if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
}

bool CsvText::next(CsvRow& row) {
  while (at_ < text_.size()) {
    row = {line_, {}};
    do row.fields.push_back(field());
    while (take(','));
    take('\r');
    if (at_ < text_.size() && !take('\n')) fail("text after a closing quote");
    ++line_;
    if (row.fields.size() > 1 || !row.fields[0].empty()) return true;
  }
  return false;
}

void CsvText::fail(const std::string& what) const {
  throw DataError(fmt::format("{}:{}: {}", file_, line_, what));
}

bool CsvText::take(char c) {
  const bool is_next = at_ < text_.size() && text_[at_] == c;
  at_ += is_next;
  return is_next;
}

std::string CsvText::field() {
  if (take('"')) return quoted();
  const size_t start = at_;
  while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '\n') ++at_;
  std::string_view value = text_.substr(start, at_ - start);
  if (value.ends_with('\r')) value.remove_suffix(1);
  return std::string(value);
}

std::string CsvText::quoted() {
  const int64_t opened = line_;
  std::string value;
  for (; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      if (at_ >= text_.size() || text_[at_] != '"') return value;
    }
    line_ += c == '\n';
    value += c;
  }
  line_ = opened;
  fail("a quote is opened and not closed");
}

}  // namespace dmf::data
