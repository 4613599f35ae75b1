#!/usr/bin/env bash
# Everything a reviewer checks: format, shell scripts, a build in which warnings are errors, all tests.
#   tools/check.sh          preset dev
#   tools/check.sh asan     with the address and undefined-behaviour sanitizers (slow)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools/format.sh --check
if command -v shellcheck >/dev/null; then
  shellcheck dmf .ci/run tools/*.sh tests/*/*.sh
else
  echo "check.sh: shellcheck is not installed, the shell scripts are not checked" >&2
fi
DMF_PRESET=${1:-dev} ./dmf test
