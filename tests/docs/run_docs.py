#!/usr/bin/env python3
"""Runs the commands of a document: every ```sh block, in order, in one folder where the files they name are there.

    run_docs.py PROGRAM MINIATURES SOURCE TINY_MODEL DOCUMENT.md
    run_docs.py --check SOURCE DOCUMENT.md …      only whether commands and flags exist (against docs/cli.md)

PROGRAM is dmf, MINIATURES dmf_make_miniature. Data sets are miniatures of a few made-up pictures, trainings take four
steps, synthetic worlds have eight persons: what is tested is that each command does what it says, not how well.

A block behind the line <!-- not run: REASON --> is not run. Of ./dmf's own verbs (test, build …) only the name is checked.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

TINY = {"run.device": "cpu", "run.precision": "float32", "run.cache": ".cache/tokens", "image.name": "efficientnet-lite0",
        "image.height": "64", "image.width": "32", "store.views": "1", "model.width": "64", "model.heads": "4",
        "model.depth": "1", "batch.identities": "2", "batch.samples": "2",
        "pretrain.steps": "4", "finetune.steps": "4"}
LIMITS = {"--identities": 8, "--test-identities": 4, "--images-per-identity": 4, "--samples": 2, "--seeds": 1,
          "?identities": 8, "?per_identity": 4}  # of a data set


def blocks(text):
    """[(line number, lines, reason not to run them or None)]"""
    found, lines, reason, start = [], None, None, 0
    for number, line in enumerate(text.splitlines(), 1):
        marking = re.fullmatch(r"<!-- not run: (.+) -->", line.strip())
        if lines is None and line.strip() == "```sh":
            lines, start = [], number + 1
        elif lines is not None and line.strip() == "```":
            found.append((start, lines, reason))
            lines, reason = None, None
        elif lines is not None:
            lines.append(line)
        elif marking:
            reason = marking[1]
        elif line.strip():
            reason = None
    return found


def commands(lines):
    """The dmf commands of a block, as lists of words."""
    text = re.sub(r"\\\n", " ", "\n".join(lines))
    for line in text.splitlines():
        line = re.sub(r"\s#\s.*$", "", line).strip()
        for piece in re.split(r"&&|\|", line):
            words = re.findall(r"'[^']*'|\"[^\"]*\"|\S+", piece)
            if words and words[0] in ("dmf", "./dmf", "/usr/bin/dmf"):
                yield words[1:]


def reference(source):
    """{command: its flags}, from docs/cli.md, and the verbs of ./dmf."""
    known, command = {}, None
    for line in (source / "docs/cli.md").read_text().splitlines():
        heading = re.fullmatch(r"## dmf (\w+)", line)
        if line.startswith("## "):
            command = heading[1] if heading else None
        row = re.match(r"\| `([^` ]+)", line)
        if command and row:
            known.setdefault(command, set()).update(row[1].split(","))
    known["help"] = {"--options", "--datasets", "--markdown", "--man", "--completion"}
    verbs = re.findall(r"^  ([a-z]+)\)$", (source / "dmf").read_text(), re.MULTILINE)
    return known, set(verbs)


def check(source, documents):
    known, verbs = reference(source)
    faults = []
    for document in documents:
        for start, lines, _ in blocks(Path(document).read_text()):
            for words in commands(lines):
                command = words[0] if words else "help"
                if command in verbs:
                    continue
                if command not in known:
                    faults.append(f"{document}:{start}: no command '{command}'")
                    continue
                for word in words:
                    flag = word.split("=")[0]
                    if flag.startswith("--") and flag not in known[command] | {"--help"}:
                        faults.append(f"{document}:{start}: dmf {command} has no flag {flag}")
    return faults


def smaller(arguments):
    """The same command, on less."""
    words = list(arguments)
    for i, word in enumerate(words[:-1]):
        if word in LIMITS and words[i + 1].isdigit():
            words[i + 1] = str(min(int(words[i + 1]), LIMITS[word]))
        if word == "--calibrate":
            words[i + 1] = str(max(float(words[i + 1]), 0.1))
    words = [re.sub(r"([?&])(identities|per_identity)=(\d+)",
                    lambda part: f"{part[1]}{part[2]}={min(int(part[3]), LIMITS['?' + part[2]])}", word) for word in words]
    if words[:1] == ["world"] and "--list" not in words and "--size" not in words:
        words += ["--size", "64x32"]
    if words[:1] and words[0] in ("train", "ablate"):
        given = dict(words[i + 1].split("=", 1) for i, word in enumerate(words[:-1]) if word == "--set")
        for key, value in TINY.items():
            if given.get(key) != "0":
                words += ["--set", f"{key}={value}"]
    return words


def as_dmf(program, verbs, arguments):
    if arguments[:1] and arguments[0] in verbs.split(","):
        return 0
    os.execv(program, [program, *smaller(arguments)])


def put(path, target):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def lay_out(tree, program, miniatures, source, tiny):
    """What the documents' commands name."""
    put(tree / "build/release", Path(program).parents[1])
    data = tree.parent / "miniatures"
    made = {}
    for name in ("market1501", "cuhk03", "cuhk03-raw", "finegpr"):
        output = subprocess.run([miniatures, name, data / name], capture_output=True, text=True, check=True).stdout
        made[name] = Path(output.strip())
    people, run = tiny / "people", tiny / "run"
    for name in ("Market-1501", "Market-1501-v15.09.15", "market1501s", "data/market1501", "data/market1501s",
                 "../shared/data/market1501s", "datasets/Market-1501-v15.09.15"):
        put(tree / name, people)
    for name in ("cuhk03-np/detected", "cuhk03p1-detected", "data/cuhk03p1-detected", "data/cuhk03-np",
                 "../shared/data/cuhk03p1-detected"):
        put(tree / name, made["cuhk03"])
    put(tree / "cuhk03_release", made["cuhk03-raw"])
    put(tree / "FineGPR", made["finegpr"])
    for folder in ("configs", "tools", "python", "docs"):
        put(tree / folder, source / folder)
    images = sorted((people / "bounding_box_test").glob("*.jpg"))
    names = ("photo.jpg", "photo1.jpg", "photo2.jpg", "a.jpg", "b.jpg", "query.jpg", "gallery.jpg", "crop.jpg")
    for name, image in zip(names, images):
        shutil.copy(image, tree / name)
    for image in images:
        for folder in ("my_crops", "other_crops", "folder/of/crops"):
            target = tree / folder / image.name[:4] / image.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(image, target)
    for name in ("first", "NAME", "world/dmf"):
        shutil.copytree(run, tree / "runs" / name)
    put(tree / "m.safetensors", run / "model.safetensors")
    put(tree / "model.safetensors", run / "model.safetensors")


def outcome(script, folder, environment):
    """Status and output of a block; one that goes on for ten minutes is ended."""
    with subprocess.Popen(["bash", "-euo", "pipefail", "-c", script], cwd=folder, env=environment, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True) as block:
        try:
            output, _ = block.communicate(timeout=600)
        except subprocess.TimeoutExpired:
            os.killpg(block.pid, signal.SIGKILL)
            output, _ = block.communicate()
        return block.returncode, output


def make_files(tree, dmf):
    """query.npy, gallery.npy and labels, as another program would leave them; a result; a world."""
    import numpy as np

    random = np.random.default_rng(0)
    centres, rows = random.normal(size=(6, 8)), ["split,identity,camera"]
    (tree / "FOLDER").mkdir()
    for split, count, camera in (("query", 6, 1), ("gallery", 24, 2)):
        people = np.arange(count) % 6
        vectors = (centres[people] + random.normal(size=(count, 8)) / 4).astype(np.float32)
        np.save(tree / f"{split}.npy", vectors)
        np.save(tree / "FOLDER" / f"{split}.npy", vectors)
        lines = [f"{person},{camera}" for person in people]
        rows += [f"{split},{line}" for line in lines]
        (tree / "FOLDER" / f"{split}.csv").write_text("identity,camera\n" + "\n".join(lines) + "\n")
    (tree / "labels.csv").write_text("\n".join(rows) + "\n")
    subprocess.run([dmf, "eval", "--model", "m.safetensors", "--test", "market1501:Market-1501", "--json", "result.json"],
                   cwd=tree, check=True, capture_output=True)
    subprocess.run([dmf, *smaller(["world", "--identities", "4", "--images-per-identity", "2", "--out", "runs/world/world/source"])],
                   cwd=tree, check=True, capture_output=True)


def run(program, miniatures, source, tiny, document):
    text = document.read_text()
    known_verbs = ",".join(sorted(reference(source)[1]))
    failed = done = 0
    with tempfile.TemporaryDirectory(prefix="dmf-docs-") as folder:
        tree = Path(folder).resolve() / "tree"
        tree.mkdir()
        wrapper = tree / "dmf"
        wrapper.write_text(f"#!/bin/sh\nexec {sys.executable} {Path(__file__).resolve()} --as-dmf {program} {known_verbs} \"$@\"\n")
        wrapper.chmod(0o755)
        lay_out(tree, program, miniatures, source, tiny)
        make_files(tree, program)
        environment = {**os.environ, "PATH": f"{tree}:{os.environ['PATH']}", "DMF_DATA": str(tree / "datasets")}
        for start, lines, reason in blocks(text):
            if reason:
                print(f"{document.name}:{start}: not run: {reason}")
                continue
            script = "\n".join(lines)
            status, output = outcome(script, tree, environment)
            done += 1
            if status != 0:
                failed += 1
                print(f"{document}:{start}: ended with {status}:\n{script}\n--- {output[-3000:]}")
    print(f"{document.name}: {done} blocks run, {failed} failed")
    return 1 if failed else 0


def main(arguments):
    if arguments[0] == "--as-dmf":
        return as_dmf(arguments[1], arguments[2], arguments[3:])
    if arguments[0] == "--check":
        faults = check(Path(arguments[1]), arguments[2:])
        print("\n".join(faults) or f"{len(arguments) - 2} documents: every command and flag exists")
        return 1 if faults else 0
    program, miniatures, source, tiny, document = (Path(argument).resolve() for argument in arguments)
    return run(str(program), str(miniatures), source, tiny, document)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
