#!/usr/bin/env bash
# make_tiny_model.sh PROGRAM FOLDER: synthetic people in FOLDER/people and a model trained on them for seconds in
# FOLDER/run. For tests that need some model file; it has learned nothing.
set -euo pipefail
program=$1
rm -rf "$2"
mkdir -p "$2"
cd "$2"
"$program" world --identities 8 --images-per-identity 6 --size 64x32 --layout market1501 --out people --quiet >/dev/null
set --
for option in run.finetune_texts=true run.cache=tokens run.device=cpu run.precision=float32 \
  image.name=efficientnet-lite0 image.height=64 image.width=32 store.views=1 model.width=64 model.heads=4 \
  model.depth=1 batch.identities=2 batch.samples=2 batch.texts_beside=1 pretrain.steps=4 finetune.steps=4; do
  set -- "$@" --set "$option"
done
"$program" train --train market1501:people --test market1501:people --out run "$@" --quiet >/dev/null
rm -rf tokens run/checkpoint
