"""Golden data of the byte-level BPE tokeniser: token ids of the package `tokenizers` for many sentences.

    python tools/make_bpe_golden.py

Needs the package tokenizers (0.23 was used) and numpy, safetensors, torch for its neighbours. Trains a small vocabulary on
synthetic sentences and writes into tests/golden/text:
  tokenizer.json          RoBERTa's pipeline with that vocabulary
  byte_bpe.jsonl          [text, ids, ids with add_prefix_space], <s> and </s> included, nothing cut; a text that is not UTF-8
                          is {"hex": ...}, its ids those of Python's decode("utf-8", "replace")
  byte_bpe.txt            fingerprints of both kinds of ids of each sentence of wordpiece.jsonl, one line a sentence
  byte_bpe_characters.txt for each block of 4096 characters: first character, fingerprint of the ids of "aXb X\tX1X'sX X" for all X
All sentences are made here or in make_text_golden.py, from a seed.
"""
import argparse
import hashlib
import json
import pathlib
import random

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

import make_text_golden as sentences_of

ROOT = pathlib.Path(__file__).resolve().parent.parent
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
VOCABULARY = 1000
EXTRA = [
    "", " ", "  ", "\t", "\n", " \n ", "a", " a", "  a", "   a", "a ", "a  ", "a\tb", "a \tb", "a\t b", "a\n\nb", "a \n b", "\r\n\r\nx",
    "I'm he's she'd we'll they've you're it't o'clock", "I'M HE'S SHE'D", "'s't're've'm'll'd", "'sa 'ta ''s '' ' s", "don't've",
    "rock'n'roll 'tis 'll'ma", "\u2019s \u2019t isn\u2019t", "1 22 333 4444 55555 666666", "a1b2c3 1a 2b", "3.14 1,000 -5 +7 1e-9 0x1F 50% $9",
    "\u00bd \u00b2 \u2167 \u0661\u0662\u0663 \u09e7 \u56db \u3007 \U0001d7d8", "...!!!???", " ... !?", "a.b,c;d:e", "(red) [blue] {green} <tan>",
    "\U0001f600", " \U0001f600\U0001f600", "\U0001f469\U0001f3fd\u200d\U0001f9b0 red", "\U0001f3f3\ufe0f\u200d\U0001f308!", "\U0001f1e9\U0001f1ea 1\ufe0f\u20e3",
    "\u7a7f\u7ea2\u8272\u886c\u886b \u7684\u5973\u4eba\u3002", "\u9752\u3044\u30b7\u30e3\u30c4\u3001", "\ube68\uac04 \uc154\uce20", "\u0e1c\u0e39\u0e49\u0e2b\u0e0d\u0e34\u0e07",
    "e\u0301 \u0301e a\u0323\u0307b", "\u0915\u092e\u0940\u091c\u093c", "\u0000", "a\u0000b", "\u0007\u001b\u007f", "\u0085 a\u0085b", "\u00a0a \u00a0 b", "a\u3000b\u3000 c",
    "\u2003\u2003x", "\u2028\u2029y", "\u200b \u200bz", "\ufeffa", "\ufffd", "\uffff", "\U0010ffff", "\u180e a\u180eb", "\u001c\u001d\u001e\u001f a\u001cb", "x" * 300, "shirt" * 60,
    "-" * 200, " " * 50 + "a" + " " * 50, "\u00e9" * 150, "\U0001f45f" * 40, "<s>", "</s>", "a<mask>b", "a <mask> b", "a  \n<mask>  b", "<mask><mask>", " <pad> <unk> ",
    "<s>a red shirt</s>", "<s", "<<s>>", "<MASK>", "< mask >", "<mask", "a red<pad>shirt 's<s>'s", " <s> a", "\u0120a \u010a", "https://example.org/a_b-c?x=1&y=%20#top",
    "snake_case camelCase SHOUT_CASE kebab-case", "C:\\Users\\me\\file.txt", "tab\tseparated\tvalues \t\t end\t",
]
MALFORMED = ["ff", "61ff62", "20c328", "e28261", "f09f9861", "c0af", "eda08062", "f8888080806120", "c3", "e2", "e282", "f0", "f09f98", "8061", "6120ff20ff", "f4908080", "e0809f20", "41f09f9f20", "ef bfbd".replace(" ", "")]


def corpus(rng):
    """Synthetic sentences that the vocabulary is learned from: captions of made-up persons, some other scripts, numbers."""
    yield from sentences_of.captions(rng, 6000)
    yield from sentences_of.SCRIPTS[:3] * 3
    for _ in range(300):
        yield f"{rng.randint(0, 9999)} people aren't here, it's {rng.randint(1, 12)}:{rng.randint(10, 59)}; they'll say \U0001f600!"


def make_tokenizer():
    tokenizer = Tokenizer(models.BPE(dropout=None, continuing_subword_prefix="", end_of_word_suffix="", fuse_unk=False))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=SPECIAL, show_progress=False,
                                  initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.train_from_iterator(corpus(random.Random(7)), trainer)
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    ends = [(token, tokenizer.token_to_id(token)) for token in ("</s>", "<s>")]
    tokenizer.post_processor = processors.RobertaProcessing(*ends, trim_offsets=True, add_prefix_space=False)
    return tokenizer


def fingerprint(ids):
    return hashlib.sha256(" ".join(map(str, ids)).encode()).hexdigest()[:8]


def block_fingerprint(tokenizer, first):
    digest = hashlib.sha256()
    for code in range(first, first + 4096):
        if not 0xD800 <= code < 0xE000:
            x = chr(code)
            digest.update((" ".join(map(str, tokenizer.encode(f"a{x}b {x}\t{x}1{x}'s{x} {x}").ids)) + "\n").encode())
    return digest.hexdigest()[:16]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "tests/golden/text")
    args = parser.parse_args()
    plain = make_tokenizer()
    (args.out / "tokenizer.json").write_text(json.dumps(json.loads(plain.to_str()), separators=(",", ":")) + "\n")
    spaced = Tokenizer.from_str(plain.to_str())
    spaced.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)

    rng = random.Random(11)
    texts = [(text, text) for text in EXTRA + [f"{odd}a{odd} {odd}1 {odd}{odd}" for odd in sentences_of.ODD[::4]]]
    texts += [({"hex": code}, bytes.fromhex(code).decode("utf-8", "replace")) for code in MALFORMED]
    for _ in range(40):
        raw = bytes(rng.choice([rng.randint(0, 255), rng.randint(0xC0, 0xF5), rng.randint(0x80, 0xBF), 0x20]) for _ in range(rng.randint(2, 10)))
        texts.append(({"hex": raw.hex()}, raw.decode("utf-8", "replace")))
    rows = [[name, plain.encode(text).ids, spaced.encode(text).ids] for name, text in texts]
    lines = [json.dumps(row, ensure_ascii=True, separators=(",", ":")) for row in rows]
    (args.out / "byte_bpe.jsonl").write_text("\n".join(lines) + "\n")

    shared = [json.loads(line)[0] for line in (args.out / "wordpiece.jsonl").read_text(encoding="utf-8").splitlines()]
    prints = [f"{fingerprint(plain.encode(text).ids)} {fingerprint(spaced.encode(text).ids)}" for text in shared]
    (args.out / "byte_bpe.txt").write_text("\n".join(prints) + "\n")
    blocks = [*range(0, 0x20000, 4096), *range(0x20000, 0x33000, 4096), 0xE0000, 0xF0000, 0x10F000]
    (args.out / "byte_bpe_characters.txt").write_text(
        "".join(f"{first:x} {block_fingerprint(plain, first)}\n" for first in blocks))
    print(f"{len(rows)} + {len(shared)} sentences, {len(blocks)} blocks, {plain.get_vocab_size()} tokens")


if __name__ == "__main__":
    main()
