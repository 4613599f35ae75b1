#!/usr/bin/env bash
# Builds the committed tree twice, in folders of different names and without ccache, and compares what is installed byte for byte.
#   tools/check_reproducible.sh [TARGET…]    with targets (dmf_search …), the built archives of these are compared instead
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH CCACHE_DISABLE=1
for name in first another/folder; do
  git clone --quiet . "$work/$name"
  ln -s "$(readlink -f .deps)" "$work/$name/.deps"
  cmake -S "$work/$name" --preset release -DDMF_TESTS=OFF >/dev/null
  ninja -C "$work/$name/build/release" -j "${DMF_JOBS:-$(nproc)}" "$@" >/dev/null
  (($#)) || cmake --install "$work/$name/build/release" --prefix "$work/$name/installed" --strip >/dev/null
done
if (($#)); then
  files() { (cd "$work/$1/build/release" && find . -name '*.a' -o -path ./bin/dmf | sort | xargs sha256sum); }
else
  files() { (cd "$work/$1/installed" && find . -type f | sort | xargs sha256sum); }
fi
files first >"$work/a"
files another/folder >"$work/b"
if ! diff "$work/a" "$work/b"; then
  echo "these files differ" >&2
  exit 1
fi
echo "the same bytes: $(wc -l <"$work/a") files"
