"""Writes vision.json and vision.safetensors: outputs of transformers and timm for the vision transformers.

Usage: python tools/make_vision_golden.py tests/golden/translate
Needs torch, numpy, safetensors, transformers and timm.

Weights are numbers that both sides compute from a tensor's name (see weight()); of each output 256 evenly spaced
numbers of the patch tokens are kept. vision.json holds each model's config.json (where it has one) and the names and
shapes of the tensors as its checkpoint has them.
"""

import json
import pathlib
import sys
import tempfile

import safetensors.torch
import timm
import torch
import torch.nn.functional as F
import transformers
from timm.models.deit import VisionTransformerDistilled
from timm.models.vision_transformer import VisionTransformer

from make_translate_golden import formula_image, formula_tensor, sample, values

# Grids with more columns and fewer rows than 256 x 128 has: tables are enlarged and reduced (where antialiasing shows).
SMALL = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "image_size": 160, "patch_size": 16}
HALF, IMAGENET = ([0.5] * 3, [0.5] * 3), ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])


def weight(name, sizes):
    """A vision transformer's tensor: what is added or multiplied must show in the output."""
    if name.endswith(("lambda_1", "lambda_2", "lambda1", "gamma")):
        return 0.5 + 0.25 * values(name, sizes)
    if len(sizes) == 3 or name.endswith(("bias_table", "mask_token")):
        return values(name, sizes)
    return formula_tensor(name, sizes)


def normalise(pixels, mean_and_deviation):
    mean, deviation = (torch.tensor(v, dtype=torch.float64).view(1, 3, 1, 1) for v in mean_and_deviation)
    return ((pixels / 255.0 - mean) / deviation).float()


class Golden:
    def __init__(self):
        self.models, self.outputs = {}, {}

    def add(self, name, config, shapes, run, sizes, normalisation):
        """`shapes`: as the checkpoint has them; run(pixels) gives the patch tokens."""
        self.models[name] = {"config": config, "tensors": {k: list(v) for k, v in shapes.items()}}
        for height, width in sizes:
            pixels = normalise(formula_image("image", 2, height, width), normalisation)
            with torch.no_grad():
                tokens = run(pixels)
            self.outputs[f"{name}/{height}x{width}"] = sample(tokens)
            print(name, height, width, tuple(tokens.shape), tokens.std().item())


def checkpoint_of(model):
    """config.json and shapes as save_pretrained writes them."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        config = json.loads((pathlib.Path(folder) / "config.json").read_text())
        tensors = safetensors.torch.load_file(pathlib.Path(folder) / "model.safetensors")
    return config, {k: tuple(v.shape) for k, v in tensors.items()}


def loaded(model, shapes):
    """`model` with the formula's weights, read from a checkpoint with these names."""
    config = model.config
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        safetensors.torch.save_file({k: weight(k, v) for k, v in shapes.items()},
                                    pathlib.Path(folder) / "model.safetensors", {"format": "pt"})
        return type(model).from_pretrained(folder, config=config).eval()


def add_transformers(golden, name, model, sizes, normalisation, apart=1, prefix="", interpolate=False):
    config, shapes = checkpoint_of(model)
    model = loaded(model, shapes)
    extra = {"interpolate_pos_encoding": True} if interpolate else {}

    def run(pixels):
        return model(pixels, **extra).last_hidden_state[:, apart:]

    # Formula weights are named as in the model itself: a prefix in the file is taken off before.
    golden.add(name, config, {prefix + k: v for k, v in shapes.items()}, run, sizes, normalisation)


def data2vec(**options):
    return transformers.Data2VecVisionModel(transformers.Data2VecVisionConfig(intermediate_size=64, **SMALL, **options))


def add_timm(golden, name, model, sizes, normalisation, apart=1, prefix="", skip=()):
    shapes = {k: tuple(v.shape) for k, v in model.state_dict().items() if k not in skip}
    model.load_state_dict({k: weight(k, tuple(v.shape)) for k, v in model.state_dict().items()})
    model.eval()
    golden.add(name, None, {prefix + k: v for k, v in shapes.items()}, lambda x: model.forward_features(x)[:, apart:],
               sizes, normalisation)


def publisher_positions(self, embeddings, height, width):
    """DINOv2's own resampling without registers: 0.1 cells are added to the grid, and no antialiasing."""
    table = self.position_embeddings
    side = int((table.shape[1] - 1) ** 0.5)
    rows, columns = height // self.config.patch_size, width // self.config.patch_size
    if rows == side and columns == side:
        return table
    grid = table[:, 1:].reshape(1, side, side, -1).permute(0, 3, 1, 2)
    grid = F.interpolate(grid, scale_factor=((rows + 0.1) / side, (columns + 0.1) / side), mode="bicubic")
    assert grid.shape[-2:] == (rows, columns)
    return torch.cat((table[:, :1], grid.permute(0, 2, 3, 1).flatten(1, 2)), dim=1)


def publisher_checkpoint(names):
    """Shapes under the publisher's names, and how the model's tensors come from them."""
    parts = {"attention.output.dense": "attn.proj", "layer_scale1.lambda1": "ls1.gamma",
             "layer_scale2.lambda1": "ls2.gamma"}
    top = {"embeddings.cls_token": "cls_token", "embeddings.mask_token": "mask_token",
           "embeddings.register_tokens": "register_tokens", "embeddings.position_embeddings": "pos_embed",
           "embeddings.patch_embeddings.projection": "patch_embed.proj", "layernorm": "norm"}
    shapes, sources = {}, {}
    for name, shape in names.items():
        new = name.replace("encoder.layer.", "blocks.")
        for old, replacement in {**parts, **top}.items():
            if new == old or old in parts or new.startswith(old + "."):
                new = new.replace(old, replacement)
        third = None
        for index, part in enumerate(("query", "key", "value")):
            if f"attention.attention.{part}" in new:
                new, third = new.replace(f"attention.attention.{part}", "attn.qkv"), index
        shapes[new] = tuple(shape) if third is None else (3 * shape[0], *shape[1:])
        sources[name] = (new, third)
    return shapes, sources


def add_publisher(golden, name, model, sizes, apart):
    _, names = checkpoint_of(model)
    shapes, sources = publisher_checkpoint(names)
    file = {k: weight(k, v) for k, v in shapes.items()}
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        state = {k: file[new] if third is None else file[new].chunk(3)[third].contiguous()
                 for k, (new, third) in sources.items()}
        safetensors.torch.save_file(state, pathlib.Path(folder) / "model.safetensors", {"format": "pt"})
        model = type(model).from_pretrained(folder).eval()
    if apart == 1:
        bound = publisher_positions.__get__(model.embeddings)
        model.embeddings.interpolate_pos_encoding = bound
    golden.add(name, None, shapes, lambda x: model(x).last_hidden_state[:, apart:], sizes, IMAGENET)


def add_all(golden):
    native, person = (160, 160), (256, 128)
    both = [native, person]
    add_transformers(golden, "data2vec-shared", data2vec(use_shared_relative_position_bias=True), both, HALF)
    add_transformers(golden, "data2vec-per-block", data2vec(use_relative_position_bias=True), both, HALF)
    add_transformers(golden, "data2vec-absolute",
                     data2vec(use_absolute_position_embeddings=True, use_mask_token=True, use_mean_pooling=False,
                              layer_scale_init_value=0.0), both, HALF, prefix="data2vec_vision.")
    vit = {"intermediate_size": 64, **SMALL}
    add_transformers(golden, "hf-vit", transformers.ViTModel(transformers.ViTConfig(**vit), add_pooling_layer=False),
                     both, HALF, interpolate=True)
    timm_small = {"img_size": 160, "embed_dim": 32, "depth": 3, "num_heads": 4, "mlp_ratio": 2, "num_classes": 5}
    add_timm(golden, "vit", VisionTransformer(**timm_small, dynamic_img_size=True), both, HALF)
    add_timm(golden, "transreid", VisionTransformer(**{**timm_small, "img_size": person}), [person], HALF,
             prefix="base.")
    add_timm(golden, "deit", VisionTransformerDistilled(**timm_small, dynamic_img_size=True), both, IMAGENET, apart=2)
    dino = {**SMALL, "image_size": 154, "patch_size": 14, "mlp_ratio": 2}
    native = (154, 154)
    registers = {**dino, "num_register_tokens": 3}
    add_transformers(golden, "dinov2", transformers.Dinov2Model(transformers.Dinov2Config(**dino)), [native, person],
                     IMAGENET)
    add_transformers(golden, "dinov2-registers",
                     transformers.Dinov2WithRegistersModel(transformers.Dinov2WithRegistersConfig(**registers)),
                     [native, person], IMAGENET, apart=4)
    add_publisher(golden, "dinov2-publisher", transformers.Dinov2Model(transformers.Dinov2Config(**dino)),
                  [native, person], 1)
    add_publisher(golden, "dinov2-publisher-registers",
                  transformers.Dinov2WithRegistersModel(transformers.Dinov2WithRegistersConfig(**registers)),
                  [native, person], 4)
    base = transformers.Data2VecVisionConfig(use_shared_relative_position_bias=True)
    add_transformers(golden, "data2vec-base", transformers.Data2VecVisionModel(base), [person], HALF)


def main():
    folder = pathlib.Path(sys.argv[1])
    torch.manual_seed(0)
    print("timm", timm.__version__, "transformers", transformers.__version__)
    golden = Golden()
    add_all(golden)
    (folder / "vision.json").write_text(json.dumps(golden.models, separators=(",", ":")) + "\n")
    safetensors.torch.save_file(golden.outputs, folder / "vision.safetensors")


if __name__ == "__main__":
    main()
