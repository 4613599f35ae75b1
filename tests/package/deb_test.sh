#!/usr/bin/env bash
# deb_test.sh ROOT PACKAGE.deb [TINY_MODEL]: installs the package in a bare Debian 12 root, uses it there, removes it. As root;
# the root is made where it is not there: debootstrap --variant=minbase bookworm ROOT. Nothing of this machine's /usr is used.
set -euo pipefail
root=$1 package=$2 tiny=${3:-}
fail() { printf 'FAILED: %s\n' "$*" >&2; exit 1; }
inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }
# shellcheck disable=SC2016
count_packages() { inside dpkg-query -W -f '${Package}\n' | wc -l; }
[[ -d $root/usr ]] || debootstrap --variant=minbase bookworm "$root" "$(awk '/^URIs/ {print $2; exit}' /etc/apt/sources.list.d/debian.sources)"
cp -r /etc/apt/. "$root/etc/apt/"
[[ ! -e $root/etc/apt/sources.list.d/debian.sources ]] || rm -f "$root/etc/apt/sources.list"
cp /etc/resolv.conf "$root/etc/"
mkdir -p "$root/etc/ssl/certs"
[[ -s $root/etc/ssl/certs/ca-certificates.crt ]] || cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
mountpoint -q "$root/proc" || mount -t proc proc "$root/proc"
trap 'umount "$root/proc"' EXIT
cp "$package" "$root/tmp/dmf.deb"
before=$(count_packages)
inside apt-get -qq update
inside apt-get -qq -y --no-install-recommends install /tmp/dmf.deb >/dev/null
echo "installed, with $(($(count_packages) - before - 1)) packages of Debian's"
inside dmf doctor
inside dmf version --licences >/dev/null
rm -rf "$root/tmp/try"
mkdir "$root/tmp/try"
inside dmf world --identities 4 --images-per-identity 4 --size 64x32 --layout market1501 --out /tmp/try/people --quiet
if [[ $tiny ]]; then
  cp "$tiny/run/model.safetensors" "$root/tmp/try/"
else
  inside sh -c 'cd /tmp/try && dmf train --train market1501:people --out run --quiet --set image.height=64 --set image.width=32 \
    --set store.views=1 --set model.width=64 --set model.heads=4 --set model.depth=1 --set batch.identities=2 --set batch.samples=2 --set batch.texts_beside=1 \
    --set pretrain.steps=2 --set finetune.steps=2 && mv run/model.safetensors .'
fi
inside sh -c 'cd /tmp/try && dmf embed --model model.safetensors --out v.npy people/query'
inside sh -c 'cd /tmp/try && dmf index add gallery people --model model.safetensors && dmf search gallery --text "a red coat" --top 3'
inside apt-get -qq -y remove dmf >/dev/null
[[ ! -e $root/usr/bin/dmf && ! -e $root/usr/lib/dmf && ! -e $root/usr/share/dmf ]] || fail "something was left behind"
echo "removed without a trace"
