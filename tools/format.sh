#!/usr/bin/env bash
# Formats every C++ file; with --check only tells which are not formatted (exit 1).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
formatter=$(command -v clang-format-14 || command -v clang-format) ||
  { echo "format.sh: clang-format 14 is needed: apt-get install clang-format-14" >&2; exit 2; }
if ! "$formatter" --version | grep -q 'version 14\.'; then
  echo "format.sh: clang-format 14 is needed (others format differently), this is: $("$formatter" --version)" >&2
  exit 2
fi
mode=(-i)
if [[ ${1:-} == --check ]]; then mode=(--dry-run --Werror); fi
git ls-files -z --cached --others --exclude-standard '*.h' '*.cc' | xargs -0 -r "$formatter" "${mode[@]}"
