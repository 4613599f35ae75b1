#include "dmf/data/image_path.h"

#include <algorithm>
#include <mutex>
#include <unordered_set>

namespace dmf::data {
namespace {

/// Orders texts of paths as their parts are ordered: the separator comes before every character.
bool is_before(std::string_view a, std::string_view b) {
  const auto rank = [](char c) { return c == '/' ? -1 : static_cast<int>(static_cast<unsigned char>(c)); };
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                      [&](char x, char y) { return rank(x) < rank(y); });
}

}  // namespace

const std::string* ImagePath::shared(const std::string& folder) {
  static std::mutex mutex;
  static std::unordered_set<std::string> folders;
  thread_local const std::string* last = nullptr;  // paths come folder by folder
  if (last != nullptr && *last == folder) return last;
  const std::lock_guard lock(mutex);
  last = &*folders.insert(folder).first;
  return last;
}

ImagePath::ImagePath(const std::filesystem::path& path)
    : folder_(shared(path.parent_path().string())), name_(path.filename().string()) {}

ImagePath::ImagePath(const std::string& folder, std::string_view name)
    : folder_(shared(folder)), name_(name) {}

std::string ImagePath::string() const {
  if (folder_->empty()) return name_;
  return folder_->ends_with('/') ? *folder_ + name_ : *folder_ + '/' + name_;
}

std::string ImagePath::below(const std::string& root) const {
  const std::string whole = string();
  if (root.empty() || !whole.starts_with(root)) return whole;
  const size_t start = root.ends_with('/') ? root.size() : root.size() + 1;
  const bool is_below = whole.size() > start && whole[start - 1] == '/';
  return is_below ? whole.substr(start) : whole;
}

bool operator<(const ImagePath& a, const ImagePath& b) {
  return a.folder_ == b.folder_ ? is_before(a.name_, b.name_) : is_before(a.string(), b.string());
}

}  // namespace dmf::data
