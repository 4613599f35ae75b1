#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace dmf {

/// Allowed values of a number, both ends included.
template <class T>
struct Range {
  T low, high;
};

/// Allowed values of a text.
struct Choices {
  std::initializer_list<const char*> values;
};

/// One option of one options struct: where it lives, what it may be, what it means.
struct Option {
  std::string key;          ///< "table.name", as in the TOML file and in --set
  std::string help;         ///< meaning, unit, paper section
  std::string allowed;      ///< "1 … 1000", "relu | gelu", "text"
  nlohmann::json standard;  ///< value when the table was made
  std::function<nlohmann::json()> get;
  std::function<void(const nlohmann::json&)> set;  ///< throws InvalidArgument out of range or of another type
};

/// All options of a program, gathered from options structs. Each struct lists its fields once:
///
///   struct LossOptions {
///     double label_smoothing = 0.1;
///     template <class Visitor> void visit(Visitor& v) {
///       v("label_smoothing", label_smoothing, Range{0.0, 0.9}, "identity loss: mass given to the other
///       identities");
///     }
///   };
///   LossOptions loss; OptionTable table; table.add("loss", loss);
///   table.load_toml("run.toml"); table.set("loss.label_smoothing=0");
///
/// File keys, --set, validation, the effective configuration and docs/cli.md all come from it. Unknown keys
/// are errors that name the nearest known one. The structs must outlive the table.
class OptionTable {
 public:
  template <class Options>
  void add(const std::string& table, Options& options) {
    prefix_ = table + ".";
    options.visit(*this);
  }

  // Called by the visit functions.
  void operator()(const char* name, bool& value, const char* help);
  void operator()(const char* name, int64_t& value, Range<int64_t> range, const char* help);
  void operator()(const char* name, double& value, Range<double> range, const char* help);
  void operator()(const char* name, std::string& value, Choices choices, const char* help);
  void operator()(const char* name, std::string& value, const char* help);
  /// A list of numbers, each in the range: an array in the TOML file; --set takes a JSON array.
  void operator()(const char* name, std::vector<double>& value, Range<double> range, const char* help);
  /// A list of texts: an array in the TOML file; --set takes a JSON array, or a plain text for a list of one.
  void operator()(const char* name, std::vector<std::string>& value, const char* help);

  /// Reads a TOML file of [table] key = value. Throws DataError naming file and line, or InvalidArgument
  /// naming the key.
  void load_toml(const std::filesystem::path& path);
  /// The same from a text; `where` names it in messages.
  void load_toml_text(const std::string& text, const std::string& where);
  /// One assignment "table.key=value"; `where` names its place in messages.
  void set(const std::string& assignment, const std::string& where = "--set");
  /// Sets what `values` holds: {"table": {"key": value}}.
  void load_json(const nlohmann::json& values);
  nlohmann::json to_json() const;
  std::string to_toml() const;
  /// Every option as a Markdown table, for docs/cli.md.
  std::string markdown() const;
  const std::vector<Option>& options() const { return options_; }

 private:
  void insert(Option option);
  void set_value(const std::string& key, const nlohmann::json& value, const std::string& where);
  const Option& find(const std::string& key, const std::string& where) const;

  std::string prefix_;
  std::vector<Option> options_;
};

}  // namespace dmf
