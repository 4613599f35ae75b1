#!/usr/bin/env bash
# make_wheel.sh BUILD: the wheel of the Python module dmf, in BUILD/packages, from what BUILD holds. Called by `./dmf wheel`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
build=$1
version=$(sed -n 's/^project(dmf VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
torch=$(sed -n 's/^torch==\([^ ]*\).*/\1/p' deps/python.txt)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cmake --install "$build" --component python --prefix "$folder/wheel" --strip >/dev/null
info=$folder/wheel/dmf-$version.dist-info
mkdir -p "$info"
cp LICENSE "$info/"
cat >"$info/METADATA" <<METADATA
Metadata-Version: 2.1
Name: dmf
Version: $version
Summary: Person re-identification that learns from images and words
License: Apache-2.0
License-File: LICENSE
Requires-Python: >=3.9
Requires-Dist: numpy
Requires-Dist: torch==$torch
METADATA
cat >"$info/WHEEL" <<WHEEL
Wheel-Version: 1.0
Generator: make_wheel.sh
Root-Is-Purelib: false
Tag: py3-none-linux_$(uname -m)
WHEEL
mkdir -p "$build/packages"
# The same files make the same bytes: each has the time of the commit.
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct 2>/dev/null || echo 315532800)
export SOURCE_DATE_EPOCH
find "$folder/wheel" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
/usr/bin/python3 -m wheel pack "$folder/wheel" --dest-dir "$build/packages" >/dev/null
echo "made: $build/packages/dmf-$version-py3-none-linux_$(uname -m).whl"
