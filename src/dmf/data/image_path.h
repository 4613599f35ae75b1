#pragma once
#include <filesystem>
#include <ostream>
#include <string>
#include <string_view>

namespace dmf::data {

/// Where an image file lies, in little memory: the folder's text is shared by all paths in it, and only the
/// name is the path's own. A std::filesystem::path of six parts takes several times as much, which counts in
/// datasets of two million images. Converts to and from std::filesystem::path.
class ImagePath {
 public:
  ImagePath() = default;
  ImagePath(const std::filesystem::path& path);  // NOLINT(google-explicit-constructor): they are the same
  ImagePath(const std::string& path)
      : ImagePath(std::filesystem::path(path)) {}  // NOLINT(google-explicit-constructor)
  ImagePath(const char* path)
      : ImagePath(std::filesystem::path(path)) {}  // NOLINT(google-explicit-constructor)
  ImagePath(const std::string& folder, std::string_view name);
  operator std::filesystem::path() const { return string(); }  // NOLINT(google-explicit-constructor)

  std::string string() const;
  std::filesystem::path filename() const { return name_; }
  std::filesystem::path parent_path() const { return folder(); }
  /// The folder's text; the same object for all paths of a folder.
  const std::string& folder() const { return *folder_; }
  const std::string& name() const { return name_; }

  /// The path below `root` with '/', where it lies below it; else the whole path.
  std::string below(const std::string& root) const;

  friend bool operator==(const ImagePath& a, const ImagePath& b) {
    return a.folder_ == b.folder_ && a.name_ == b.name_;
  }
  friend bool operator==(const ImagePath& a, const std::filesystem::path& b) { return a == ImagePath(b); }
  /// The order of std::filesystem::path: part by part.
  friend bool operator<(const ImagePath& a, const ImagePath& b);
  friend std::ostream& operator<<(std::ostream& out, const ImagePath& path) { return out << path.string(); }

 private:
  static const std::string* shared(const std::string& folder);

  const std::string* folder_ = shared("");  // never null; kept for the life of the program: folders are few
  std::string name_;
};

}  // namespace dmf::data
