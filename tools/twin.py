#!/usr/bin/env python3
"""The model, its losses and ten SGD steps once more, in plain PyTorch: what the C++ code is compared with.

It shares no code with src/ and is written from docs/method.md. Everything is computed in float64 and stored in
float32. Run by hand, its output is kept:

    python tools/twin.py tests/golden/train/twin.safetensors
"""
import sys

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

WIDTH, DEPTH, HEADS, MLP = 24, 2, 4, 48
CHANNELS, ROWS, COLUMNS = 12, 4, 2
TEXT_WIDTH, TEXT_LENGTH, MAX_TEXT_LENGTH = 10, 5, 8
IDENTITIES, IMAGES_EACH, TEXTS_EACH = 4, 3, 2
TEXT_WEIGHT, SMOOTHING = 0.5, 0.1
STEPS, RATE, MOMENTUM, DECAY = 10, 0.01, 0.9, 1e-4


class Encoder(nn.Module):
    """Stands for the trained part of an image encoder: 1 x 1 convolution, batch norm, ReLU."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(CHANNELS, CHANNELS, 1, bias=False)
        self.norm = nn.BatchNorm2d(CHANNELS)

    def forward(self, maps):
        return F.relu(self.norm(self.conv(maps))).flatten(2).transpose(1, 2)


class Translation(nn.Module):
    """Eq. 4 and 5: projection, class token, position embedding of one modality."""

    def __init__(self, inputs, positions, encoder=None):
        super().__init__()
        self.encoder = encoder
        self.projection = nn.Linear(inputs, WIDTH)
        self.class_token = nn.Parameter(torch.zeros(WIDTH))
        self.position = nn.Parameter(torch.zeros(1 + positions, WIDTH))

    def forward(self, x, mask, pooled):
        if self.encoder is not None:
            x = self.encoder(x)
        tokens = self.projection(x)
        sequences = []
        for sample, words in zip(tokens, mask):
            first = self.class_token
            if pooled:
                first = first + sample[words].mean(0)
            sequences.append(torch.cat([first[None], sample]))
        sequence = torch.stack(sequences)
        return sequence + self.position[: sequence.shape[1]]


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.proj = nn.Linear(WIDTH, WIDTH)

    def forward(self, x, mask):
        heads = []
        q, k, v = self.qkv(x).split(WIDTH, -1)
        size = WIDTH // HEADS
        for h in range(HEADS):
            part = slice(h * size, (h + 1) * size)
            logits = torch.einsum("bid,bjd->bij", q[..., part], k[..., part]) / size**0.5
            logits = logits.masked_fill(~mask[:, None, :], -torch.inf)
            heads.append(logits.softmax(-1) @ v[..., part])
        return self.proj(torch.cat(heads, -1))


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = nn.LayerNorm(WIDTH, eps=1e-6)
        self.attn = Attention()
        self.norm2 = nn.LayerNorm(WIDTH, eps=1e-6)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(WIDTH, MLP), "fc2": nn.Linear(MLP, WIDTH)})

    def forward(self, x, mask):
        x = x + self.attn(self.norm1(x), mask)
        return x + self.mlp["fc2"](F.gelu(self.mlp["fc1"](self.norm2(x))))


class Twin(nn.Module):
    def __init__(self):
        super().__init__()
        self.image = Translation(CHANNELS, ROWS * COLUMNS, Encoder())
        self.text = Translation(TEXT_WIDTH, MAX_TEXT_LENGTH)
        blocks = {str(i): Block() for i in range(DEPTH)}
        self.transformer = nn.ModuleDict({**blocks, "norm": nn.LayerNorm(WIDTH, eps=1e-6)})
        self.neck = nn.BatchNorm1d(WIDTH)
        self.classifier = nn.Linear(WIDTH, IDENTITIES, bias=False)
        self.neck.bias.requires_grad_(False)

    def transform(self, sequence, mask):
        mask = torch.cat([torch.ones(len(mask), 1, dtype=torch.bool), mask], 1)
        for i in range(DEPTH):
            sequence = self.transformer[str(i)](sequence, mask)
        return self.transformer["norm"](sequence)[:, 0]

    def forward(self, data, pooled):
        all_patches = torch.ones(len(data["images"]), ROWS * COLUMNS, dtype=torch.bool)
        images = self.transform(self.image(data["images"], all_patches, pooled), all_patches)
        texts = self.transform(self.text(data["texts"], data["mask"], pooled), data["mask"])
        features = torch.cat([images, texts])
        return features, self.classifier(self.neck(features))


def total_loss(features, logits, labels, weights, squared):
    """Eq. 1 and 2, anchor by anchor."""
    identity = triplet = 0.0
    for i in range(len(labels)):
        right = F.one_hot(labels[i], IDENTITIES) * (1 - SMOOTHING) + SMOOTHING / IDENTITIES
        identity = identity - weights[i] * (right * logits[i].log_softmax(0)).sum()
        distance = ((features[i] - features) ** 2).sum(1)
        distance = distance if squared else distance.clamp_min(1e-12).sqrt()
        others = torch.arange(len(labels)) != i
        farthest = distance[(labels == labels[i]) & others].max()
        nearest = distance[labels != labels[i]].min()
        triplet = triplet + weights[i] * torch.log1p(torch.exp(farthest - nearest))
    identity, triplet = identity / weights.sum(), triplet / weights.sum()
    return identity + triplet, identity, triplet


def make_inputs():
    """Samples that lie about their identity's centre, in both modalities."""
    image_labels = torch.arange(IDENTITIES).repeat_interleave(IMAGES_EACH)
    text_labels = torch.arange(IDENTITIES).repeat_interleave(TEXTS_EACH)
    maps = torch.randn(IDENTITIES, CHANNELS, ROWS, COLUMNS)[image_labels]
    words = torch.randn(IDENTITIES, TEXT_LENGTH, TEXT_WIDTH)[text_labels]
    lengths = torch.randint(1, TEXT_LENGTH + 1, (len(text_labels), 1))
    return {
        "images": maps + torch.randn_like(maps),
        "texts": words + torch.randn_like(words),
        "mask": torch.arange(TEXT_LENGTH)[None] < lengths,
        "labels": torch.cat([image_labels, text_labels]),
        "weights": torch.cat([torch.ones(len(image_labels)), torch.full((len(text_labels),), TEXT_WEIGHT)]),
    }


def parameters_of(model):
    return {k: v for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked")}


def run_case(initial, data, pooled, squared, out, name):
    model = Twin().double()
    model.load_state_dict(initial, strict=False)
    features, logits = model(data, pooled)
    losses = total_loss(features, logits, data["labels"], data["weights"], squared)
    losses[0].backward()
    out[f"{name}.features"], out[f"{name}.logits"], out[f"{name}.losses"] = features, logits, torch.stack(losses)
    for key, parameter in model.named_parameters():
        if parameter.requires_grad:
            out[f"{name}.gradient.{key}"] = parameter.grad.clone()

    model = Twin().double()
    model.load_state_dict(initial, strict=False)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(trained, lr=RATE, momentum=MOMENTUM, weight_decay=DECAY)
    steps = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = total_loss(*model(data, pooled), data["labels"], data["weights"], squared)[0]
        loss.backward()
        optimizer.step()
        steps.append(loss.detach())
    out[f"{name}.steps"] = torch.stack(steps)
    for key in ("neck.running_var", "image.encoder.norm.running_mean", "transformer.1.mlp.fc1.weight"):
        out[f"{name}.after.{key}"] = parameters_of(model)[key]


def main(path):
    torch.manual_seed(11)
    data = make_inputs()
    model = Twin()
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if key.endswith("norm.weight") or ".norm1.weight" in key or ".norm2.weight" in key or key == "neck.weight":
                parameter.copy_(1 + 0.1 * torch.randn_like(parameter))
            elif key != "neck.bias":
                parameter.copy_(0.3 * torch.randn_like(parameter))
    initial = parameters_of(model)
    out = {f"input.{k}": v for k, v in data.items()}
    out |= {f"initial.{k}": v for k, v in initial.items()}
    exact = {k: v.double() if v.is_floating_point() else v for k, v in data.items()}
    for pooled in (False, True):
        for squared in (False, True):
            name = ("pooled" if pooled else "learned") + "_" + ("squared" if squared else "euclidean")
            run_case(initial, exact, pooled, squared, out, name)
            print(name, [round(x, 4) for x in out[f"{name}.steps"].tolist()])
    out = {k: (v.detach().float() if v.is_floating_point() else v).contiguous() for k, v in out.items()}
    save_file(out, path)


if __name__ == "__main__":
    main(sys.argv[1])
