#!/usr/bin/env bash
# installed_test.sh BUILD SOURCE TINY_MODEL: installs a build with a key that is thrown away, moves the tree, and uses it
# as a user, as another program and as one who does not trust it.
set -euo pipefail
build=$1 source=$2 tiny=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset DMF_PACKAGES
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
# expect STATUS TEXT COMMAND…: COMMAND ends with STATUS, and what it says holds TEXT.
expect() {
  local status=0 output
  output=$("${@:3}" 2>&1) || status=$?
  [[ $status == "$1" ]] || fail "${*:3}: ended with $status, expected $1: $output"
  [[ $output == *"$2"* ]] || fail "${*:3}: expected '$2' in: $output"
}

openssl genpkey -algorithm ed25519 -out "$work/secret.pem"
openssl pkey -in "$work/secret.pem" -pubout -out "$work/public.pem"
DMF_SIGNING_KEY=$work/secret.pem cmake --install "$build" --prefix "$work/first" >"$work/log"
mv "$work/first" "$work/prefix"
prefix=$work/prefix dmf=$work/prefix/bin/dmf
cd "$work"

# It finds its own libraries and encoders, and nothing of the build.
expect 0 'minilm-l6' "$dmf" doctor
linked=$(ldd "$dmf" "$prefix/lib/dmf/libdmf.so")
[[ $linked == *"$prefix/bin/../lib/dmf/libtorch_cpu.so"* ]] || fail "libtorch is not the installed one: $linked"
[[ $linked != *"not found"* && $linked != *"$source"* ]] || fail "$linked"
mapfile -t images < <(find "$tiny/people/bounding_box_test" -name '*.jpg' | sort | head -n 6)
expect 0 '[6, 64] float32' "$dmf" embed --model "$tiny/run/model.safetensors" --out v.npy "${images[@]}"

# Another program.
cmake -S "$source/tests/consumer" -B consumer -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_BUILD_TYPE=Debug >>log
ninja -C consumer >>log || { cat log; fail "the consumer does not build"; }
expect 0 "1.000 ${images[0]}" consumer/consumer "$tiny/run/model.safetensors" people "${images[@]}"
expect 3 'none.jpg' consumer/consumer "$tiny/run/model.safetensors" people none.jpg

# Help for shells and man.
gzip -dc "$prefix/share/man/man1/dmf.1.gz" >dmf.1
while read -r command flag; do
  grep -q "^\.SS dmf $command\$" dmf.1 || fail "the manual page does not tell of $command"
  grep -qF -- "${flag//-/\\-}" dmf.1 || fail "the manual page does not tell of $command $flag"
  for shell in bash-completion/completions/dmf zsh/vendor-completions/_dmf fish/vendor_completions.d/dmf.fish; do
    grep -qE -- "(^| )$command( |\)|'|\$|:)" "$prefix/share/$shell" || fail "$shell does not know $command"
  done
  grep -qE -- "^ +${command}\) flags='([^']* )?${flag}[ ']" "$prefix/share/bash-completion/completions/dmf" ||
    fail "bash does not complete $command $flag"
done < <(awk '/^## /{ c = /^## dmf / ? $3 : "" } /^\| `-/ && c { split($2, f, "[`,]"); for (i in f) if (f[i] ~ /^--/) print c, f[i] }' \
  "$source/docs/cli.md")
bash -n "$prefix/share/bash-completion/completions/dmf"

# Licences, and trust.
expect 0 'libturbojpeg0' "$dmf" version --licences
expect 0 'torch' "$dmf" version --licences --json
expect 2 'without a public key' "$dmf" version --verify
expect 0 'files below' "$dmf" version --verify --key public.pem
openssl genpkey -algorithm ed25519 -out other.pem
openssl pkey -in other.pem -pubout -out other_public.pem
expect 3 'is not signed by this key' "$dmf" version --verify --key other_public.pem
printf 'x' >>"$prefix/share/dmf/configs/quickstart.toml"
expect 3 'altered  share/dmf/configs/quickstart.toml' "$dmf" version --verify --key public.pem
rm "$prefix/share/dmf/configs/quickstart.toml"
expect 3 'missing  share/dmf/configs/quickstart.toml' "$dmf" version --verify --key public.pem
