#pragma once
#include <functional>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace dmf::cli {

/// One command of the program: a row of the table in main.cc. One file holds one command and gives it by a
/// function `Command NAME_command()`, declared below.
///
///   // eval.cc
///   #include <CLI/CLI.hpp>
///   namespace dmf::cli {
///   namespace {
///   struct EvalArguments {
///     std::string model;
///     std::vector<std::string> tests;
///     bool json = false;
///   };
///   void eval(const EvalArguments& arguments) { … }      // results to standard output, the rest through
///   spdlog }  // namespace
///
///   Command eval_command() {
///     return {"eval", "Tests a model file on datasets", "dmf eval --model m.safetensors --test
///     folder:crops",
///             [](CLI::App& app) {
///               auto arguments = std::make_shared<EvalArguments>();
///               app.add_option("--model", arguments->model, "model file of a
///               run")->required()->type_name("FILE"); app.add_option("--test", arguments->tests, "dataset to
///               test on; may be repeated")
///                   ->required()->type_name("DATASET");
///               app.add_flag("--json", arguments->json, "print one JSON document instead of the table");
///               return [arguments] { eval(*arguments); };
///             }};
///   }
///
/// A failure is a thrown dmf::Error: main.cc alone catches, prints the message and maps its kind to the exit
/// code. main.cc adds --help, --quiet and --verbose to every command and sets up the log and Ctrl-C before
/// the body runs. docs/cli.md is generated from `declare`: after a change run `./dmf help --markdown >
/// docs/cli.md`.
struct Command {
  std::string name;     ///< the verb, as typed
  std::string summary;  ///< one line for the list of commands
  std::string example;  ///< shown by --help and in docs/cli.md; lines that can be pasted
  /// Declares the command's flags on `app` and returns what runs once they are parsed. The closure owns the
  /// values that the flags are bound to.
  std::function<std::function<void()>(CLI::App& app)> declare;
};

Command ablate_command();
Command bench_command();
Command doctor_command();
Command embed_command();
Command eval_command();
Command export_command();
Command fetch_command();
Command index_command();
Command matrix_command();
Command quickstart_command();
Command report_command();
Command search_command();
Command serve_command();
Command train_command();
Command translate_command();
Command version_command();
Command world_command();

/// `dmf help [COMMAND]`, from the table of main.cc, which must outlive it.
Command help_command(const std::vector<Command>& table);

}  // namespace dmf::cli
