#!/usr/bin/env python3
"""Makes the project's evaluation splits out of the official downloads, by copying (or linking) image files.

    python3 tools/make_splits.py market1501s Market-1501-v15.09.15 OUT
    python3 tools/make_splits.py cuhk03p1 cuhk03-np/detected OUT
    python3 tools/make_splits.py cuhk03p1 cuhk03_release/images_detected OUT

market1501s   the training half of Market-1501 (its bounding_box_train), split again by identity. Test identities and
              query names are listed in configs/splits/market1501s.json: the queries are one image for each test
              identity and camera, drawn at random once, so there is no rule that would name them.
cuhk03p1      camera pair 1 of CUHK03, detected boxes, out of CUHK03-NP's layout (0003_c1_21.png) or out of the images
              of cuhk-03.mat under the names of the widely used extraction (1_003_1_01.png: pair, person, camera,
              number). Rules and identity lists are in configs/splits/cuhk03p1.json.

The files are the official ones, byte for byte; OUT is then opened as market1501:OUT or cuhk03:OUT. What that cannot
reproduce of the copies the published figures were measured on is told in configs/splits/README.md.
Needs Python 3.8 or later and nothing else.
"""

import argparse
import collections
import json
import os
import re
import shutil
import sys

LISTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "configs", "splits")
SPLITS = ("bounding_box_train", "query", "bounding_box_test")
IMAGE = re.compile(r"\.(jpe?g|png|bmp)$", re.IGNORECASE)


class Refusal(Exception):
    """What the user has to put right."""


def read_lists(name):
    with open(os.path.join(LISTS, name + ".json"), encoding="utf-8") as file:
        return json.load(file)


def images_in(folder):
    return sorted(name for name in os.listdir(folder) if IMAGE.search(name))


def market1501s(source):
    """Yields (path, split, new name) for each image."""
    lists = read_lists("market1501s")
    test, queries = set(lists["test_identities"]), set(lists["queries"])
    folder = os.path.join(source, "bounding_box_train")
    if not os.path.isdir(folder):
        raise Refusal(f"{source}: expected Market-1501-v15.09.15 with a folder bounding_box_train")
    for name in images_in(folder):
        if name in queries:
            split = "query"
        elif name.split("_")[0] in test:
            split = "bounding_box_test"
        else:
            split = "bounding_box_train"
        yield os.path.join(folder, name), split, name


def cuhk03_images(source):
    """All images as (row in camera pair 1, camera, order among those of this row and camera, path)."""
    extraction = re.compile(r"^(\d)_(\d{3})_([12])_(\d{2})\.")
    new_protocol = re.compile(r"^(\d{4})_c([12])_(\d+)\.")
    folders = [os.path.join(source, split) for split in SPLITS if os.path.isdir(os.path.join(source, split))]
    for folder in folders or [source]:
        for name in images_in(folder):
            match = extraction.match(name)
            if match and match[1] == "1":
                yield int(match[2]), int(match[3]), int(match[4]), os.path.join(folder, name)
            match = new_protocol.match(name)
            if match:
                yield int(match[1]), int(match[2]), int(match[3]), os.path.join(folder, name)


def cuhk03p1(source):
    """Yields (path, split, new name) for each image."""
    lists = read_lists("cuhk03p1")
    first_test_row, rows = lists["first_test_row"], lists["rows"]
    groups = collections.defaultdict(list)
    for row, camera, order, path in cuhk03_images(source):
        if row <= rows:  # the persons after these were seen by the other camera pairs
            groups[row, camera].append((order, path))
    for (row, camera), images in sorted(groups.items()):
        is_test = row >= first_test_row
        identity = 1001 + row - first_test_row if is_test else row
        # The five places of camera 1 are numbered 0 to 4, those of camera 2 5 to 9; the filled ones come first.
        for place, (_, path) in enumerate(sorted(images), start=0 if camera == 1 else 5):
            is_query = place in (0, 5)
            split = ("query" if is_query else "bounding_box_test") if is_test else "bounding_box_train"
            yield path, split, f"{identity:04}_c{camera}_{place:02}{os.path.splitext(path)[1].lower()}"


def check(name, jobs):
    """The counts tell whether the download is the right and the whole one."""
    images = collections.Counter(split for _, split, _ in jobs)
    identities = collections.defaultdict(set)
    for _, split, new_name in jobs:
        identities[split].add(new_name.split("_")[0])
    expected = read_lists(name)["counts"]
    found = {split: [len(identities[split]), images[split]] for split in SPLITS}
    for split in SPLITS:
        print(f"{split:20} {found[split][0]:4} identities {found[split][1]:5} images")
    if found != expected:
        raise Refusal(f"these are not the official images, or not all of them: expected {expected}, found {found}")


def write(jobs, out, link):
    for split in SPLITS:
        os.makedirs(os.path.join(out, split), exist_ok=True)
    for path, split, new_name in jobs:
        target = os.path.join(out, split, new_name)
        if link:
            os.symlink(os.path.abspath(path), target)
        else:
            shutil.copyfile(path, target)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("split", choices=["market1501s", "cuhk03p1"])
    parser.add_argument("source", help="folder of the official download")
    parser.add_argument("out", help="folder to make; must not exist")
    parser.add_argument("--link", action="store_true", help="symbolic links instead of copies")
    arguments = parser.parse_args()
    try:
        if not os.path.isdir(arguments.source):
            raise Refusal(f"{arguments.source}: no such folder")
        if os.path.exists(arguments.out):
            raise Refusal(f"{arguments.out}: is there already")
        jobs = list({"market1501s": market1501s, "cuhk03p1": cuhk03p1}[arguments.split](arguments.source))
        check(arguments.split, jobs)
        write(jobs, arguments.out, arguments.link)
    except (Refusal, OSError) as problem:
        print(f"make_splits: {problem}", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
