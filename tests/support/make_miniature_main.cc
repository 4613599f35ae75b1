// Writes a miniature dataset: dmf_make_miniature NAME FOLDER. For trying commands without the published data.
#include <cstdio>
#include <exception>

#include "support/miniature_datasets.h"

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: dmf_make_miniature NAME FOLDER\nnames:", stderr);
    for (const std::string& name : dmf::test::miniature_names()) std::fprintf(stderr, " %s", name.c_str());
    std::fputs("\n", stderr);
    return 2;
  }
  try {
    std::printf("%s\n", dmf::test::make_miniature(argv[1], argv[2]).c_str());
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
