#!/usr/bin/env python3
"""Training, embedding and loading: ours (`dmf bench`) against the peers' own code, in turn, in one run, on one machine.

    python3 bench/engine.py --scripts ../shared/peers --peers PEERS --python V/bin/python --program build/release/bin/dmf
    python3 bench/engine.py … --case train-vit-b --case embed-vit-b --rounds 3

PEERS holds a checkout of damo-cv/TransReID under its name; V is an environment as the README of the scripts' folder tells,
whose train_transreid.py, embed_peers.py and loader_peers.py are run here. Each round measures every side once, each in a
process of its own; ratios are of the same round, and the median over rounds is printed. All sides get the same batch, the
same number of threads and the same kind of images; ours keeps its weights in float32 and multiplies in the precision named.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys

# What a case is: our row, its precision, extra arguments; the peers' script, their cases and the figure that is compared.
CASES = {
    "train-vit-b": ("train-vit-b", "bfloat16", "train_transreid.py", ["vitb_base_bf16", "vitb_base_fp32"], "images_per_s"),
    "train-vit-s": ("train-vit-s", "bfloat16", "train_transreid.py", ["deits_base_bf16", "deits_base_fp32"], "images_per_s"),
    "train-vit-b-float32": ("train-vit-b", "float32", "train_transreid.py", ["vitb_base_fp32"], "images_per_s"),
    "train-vit-s-float32": ("train-vit-s", "float32", "train_transreid.py", ["deits_base_fp32"], "images_per_s"),
    "embed-vit-b": ("embed-vit-b", "bfloat16", "embed_peers.py", ["vitb_ov_default", "vitb_pure_bf16"], "images_per_s"),
    "embed-vit-s": ("embed-vit-s", "bfloat16", "embed_peers.py", ["vits_ov_default", "vits_pure_bf16"], "images_per_s"),
    "embed-vit-b-float32": ("embed-vit-b", "float32", "embed_peers.py", ["vitb_ov_f32", "vitb_ort_fp32", "vitb_eager_fp32"], "images_per_s"),
    "embed-vit-s-float32": ("embed-vit-s", "float32", "embed_peers.py", ["vits_ov_f32", "vits_ort_fp32", "vits_eager_fp32"], "images_per_s"),
    "latency-vit-b": ("latency-vit-b", "bfloat16", "embed_peers.py", ["vitb_ov_default"], "latency"),
    "latency-vit-s": ("latency-vit-s", "bfloat16", "embed_peers.py", ["vits_ov_default"], "latency"),
    "load": ("load", "auto", "loader_peers.py", ["turbo_cv2_w2", "transreid_w2"], "images_per_s"),
}


def run(command, environment=None):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr[-2000:]}")
    return done.stdout


def ours(arguments, row, precision):
    environment = dict(os.environ, OMP_NUM_THREADS=str(arguments.threads))
    command = [arguments.program, "bench", row, "--quiet", "--json", "--precision", precision, "--seconds", str(arguments.seconds),
               "--steps", str(arguments.steps), "--batch", str(arguments.batch), "--embed-batch", str(arguments.embed_batch)]
    if row == "load":
        command += ["--images", arguments.images]
    found = json.loads(run(command, environment))["results"][0]
    return {"speed": found["images_per_second"], "seconds": found["seconds"], "share": found.get("share_of_peak"),
            "memory_gib": found["peak_memory_bytes"] / 2**30}


def theirs(arguments, script, case, figure):
    command = [arguments.python, os.path.join(arguments.scripts, script), "--case", case, "--threads", str(arguments.threads),
               "--timeout", str(arguments.timeout)]
    if script == "train_transreid.py":
        command += ["--repo", f"{arguments.peers}/TransReID", "--batch", str(arguments.batch), "--steps", str(arguments.steps)]
    elif script == "embed_peers.py":
        command += ["--batch", str(arguments.embed_batch), "--cache", arguments.cache]
    else:
        command += ["--repo", f"{arguments.peers}/TransReID", "--data", arguments.images]
    found = json.loads(run(command).strip().splitlines()[-1])["cases"][0]
    if "error" in found:
        return {"error": found["error"]}
    speed = 1000 / found["batch1_ms"] if figure == "latency" else found["images_per_s"]
    return {"speed": speed, "memory_gib": found["peak_rss_gib"], "foreign_cpu_s": found["foreign_cpu_s"]}


def measure(arguments, name):
    row, precision, script, peers, figure = CASES[name]
    rounds = []
    for _ in range(arguments.rounds):
        sides = {"dmf": ours(arguments, row, precision)}
        for peer in peers:
            sides[peer] = theirs(arguments, script, peer, figure)
        print(json.dumps({"case": name, **sides}), file=sys.stderr, flush=True)
        rounds.append(sides)
    return name, rounds


def table(measured):
    lines = ["| case | side | images/s | ours / theirs | memory | of the machine's products |", "|---|---|---|---|---|---|"]
    for name, rounds in measured:
        for side in rounds[0]:
            ran = [sides for sides in rounds if "error" not in sides[side]]
            if not ran:
                lines.append(f"| {name} | {side} | {rounds[0][side]['error'][:60]} | | | |")
                continue
            speed = statistics.median(sides[side]["speed"] for sides in ran)
            ratio = statistics.median(sides["dmf"]["speed"] / sides[side]["speed"] for sides in ran)
            memory = max(sides[side]["memory_gib"] for sides in ran)
            share = statistics.median(sides["dmf"]["share"] or 0 for sides in ran)
            lines.append(f"| {name} | {side} | {speed:.2f} | {'' if side == 'dmf' else f'{ratio:.2f}'} | {memory:.2f} GiB "
                         f"| {f'{100 * share:.0f} %' if side == 'dmf' and share else ''} |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scripts", required=True, help="folder of train_transreid.py, embed_peers.py and loader_peers.py")
    parser.add_argument("--peers", required=True, help="folder of the checkout TransReID")
    parser.add_argument("--python", default=sys.executable, help="interpreter with the peers' packages")
    parser.add_argument("--program", default="build/release/bin/dmf")
    parser.add_argument("--images", default="", help="folder of JPEGs (Market-1501's names) for the case `load`")
    parser.add_argument("--cache", default="/tmp/engine-peers", help="folder for the peers' exported models")
    parser.add_argument("--case", action="append", choices=list(CASES), help="may be repeated; none = all")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--embed-batch", type=int, default=32)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--timeout", type=int, default=900)
    arguments = parser.parse_args()
    names = arguments.case or [name for name in CASES if name != "load" or arguments.images]
    print(table([measure(arguments, name) for name in names]))


if __name__ == "__main__":
    main()
