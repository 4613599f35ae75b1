"""Golden data of the text encoders: hidden states of the package `transformers` on weights that both sides compute.

    python tools/make_text_encoder_golden.py

Needs torch, numpy, safetensors and transformers (5 was used). Writes tests/golden/text/encoders.safetensors:
  NAME/states  last hidden states of the read tokens of three sentences, of small encoders: bert, roberta, data2vec-text
  NAME/base    256 evenly spaced numbers of the base configuration's states of one sentence: bert, data2vec-text
Texts are tokenised by tests/golden/text/tokenizer.json (made by make_bpe_golden.py) or, for BERT, given as ids.
"""
import pathlib

import torch
import transformers
from safetensors.torch import save_file
from tokenizers import Tokenizer

from make_translate_golden import formula_tensor, sample

ROOT = pathlib.Path(__file__).resolve().parent.parent
TEXTS = ["A woman in a red coat, she's 30.", "man", "  navy-blue shirt \u2014 and a caf\u00e9 bag! \U0001f600"]
BERT_IDS = [[2, 7, 9, 11, 500, 3], [2, 3], [2, 5, 6, 7, 8, 39, 999, 12, 3]]
SMALL = dict(vocab_size=1001, hidden_size=32, num_hidden_layers=3, num_attention_heads=4, intermediate_size=64,
             max_position_embeddings=40, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0)
MODELS = {
    "bert": (transformers.BertConfig, transformers.BertModel, dict(type_vocab_size=2)),
    "roberta": (transformers.RobertaConfig, transformers.RobertaModel, dict(type_vocab_size=1, layer_norm_eps=1e-5)),
    "data2vec-text": (transformers.Data2VecTextConfig, transformers.Data2VecTextModel,
                      dict(type_vocab_size=1, layer_norm_eps=1e-5)),
}
BASE = {
    "bert": dict(vocab_size=30522, max_position_embeddings=512),
    "data2vec-text": dict(vocab_size=50265, max_position_embeddings=514),
}


def model_of(name, **sizes):
    make_config, make_model, settings = MODELS[name]
    model = make_model(make_config(**{**settings, **sizes}), add_pooling_layer=False).eval()
    state = {key: formula_tensor(key, tuple(value.shape)) for key, value in model.state_dict().items()
             if value.is_floating_point()}
    model.load_state_dict(state, strict=False)
    return model


def states(model, rows):
    padding = model.config.pad_token_id
    longest = max(map(len, rows))
    ids = torch.tensor([row + [padding] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    with torch.no_grad():
        output = model(ids, attention_mask=mask).last_hidden_state
    return output[mask.bool()].contiguous()


def main():
    folder = ROOT / "tests/golden/text"
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    rows = [tokenizer.encode(text).ids for text in TEXTS]
    out = {}
    for name in MODELS:
        out[f"{name}/states"] = states(model_of(name, **SMALL), BERT_IDS if name == "bert" else rows)
    for name, sizes in BASE.items():
        out[f"{name}/base"] = sample(states(model_of(name, **sizes), [BERT_IDS[2] if name == "bert" else rows[2]]))
    save_file(out, folder / "encoders.safetensors")
    print({key: tuple(value.shape) for key, value in out.items()})


if __name__ == "__main__":
    main()
