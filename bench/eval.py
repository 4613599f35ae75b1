#!/usr/bin/env python3
"""Evaluation and re-ranking: ours against the peers' own code, in turn, in one run, on one machine.

    python3 bench/eval.py --peers PEERS --scripts ../shared/peers --cy CY --build build/release [--size market] [--rounds 3]

PEERS holds checkouts of damo-cv/TransReID, KaiyangZhou/deep-person-reid and JDAI-CV/fast-reid under their names, CY their
compiled Cython modules; both and what the interpreter needs are told in the README of the scripts' folder, whose
eval_peers.py and rerank_peers.py are run here. Each round measures every side once; ratios are of the same round, and
the median over rounds is printed. Processor seconds are shown beside the clock's: on a shared machine they tell more.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile


def run(command, environment=None):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def ours(arguments, folder, repetitions, extra):
    program = os.path.join(arguments.build, "bin", "dmf_eval_bench")
    return run([program, folder, str(arguments.dim), str(repetitions), str(arguments.threads), *extra])


def theirs(arguments, case):
    script = "rerank_peers.py" if arguments.k1 else "eval_peers.py"
    command = [sys.executable, os.path.join(arguments.scripts, script), "--case", case, "--threads", str(arguments.threads),
               "--dim", str(arguments.dim), "--mem", str(arguments.mem), "--timeout", str(arguments.timeout),
               "--repo", f"{arguments.peers}/TransReID", "--torchreid", f"{arguments.peers}/deep-person-reid/torchreid"]
    if arguments.k1:
        command += ["--fastreid", f"{arguments.peers}/fast-reid/fastreid", "--size", arguments.size]
    else:
        command += ["--cy", arguments.cy]
    case = run(command)["cases"][0]
    case["total_s"] = case.get("total_s", case.get("seconds"))
    return case


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("peers", "scripts", "build"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--cy", default="")
    parser.add_argument("--size", default="market", help="market, msmt17 or small, as the scripts know them")
    parser.add_argument("--against", action="append", help="peers (fastreid_cy, torchreid_cy, transreid; for re-ranking fastreid, transreid)")
    parser.add_argument("--k1", type=int, default=0, help="re-ranking with this k1 (0 = none) ...")
    parser.add_argument("--k2", type=int, default=6, help="... and this k2")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dim", type=int, default=768)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--mem", type=float, default=20, help="GiB a peer may take")
    parser.add_argument("--timeout", type=float, default=900)
    arguments = parser.parse_args()
    peers = arguments.against or (["fastreid"] if arguments.k1 else ["fastreid_cy"])
    suffix = f"{arguments.k1}_{arguments.k2}" if arguments.k1 else arguments.size
    with tempfile.TemporaryDirectory() as folder:
        dump = [sys.executable, os.path.join(arguments.scripts, "data.py"), "--dump", folder, "--size", arguments.size, "--dim", str(arguments.dim)]
        subprocess.run(dump, check=True, stdout=subprocess.DEVNULL)
        rounds = []
        for _ in range(arguments.rounds):
            mine = ours(arguments, folder, 1, [str(arguments.k1), str(arguments.k2)] if arguments.k1 else [])
            sides = {peer: theirs(arguments, f"{peer}_{suffix}") for peer in peers}
            print(json.dumps({"ours": mine, "peers": sides}), file=sys.stderr, flush=True)
            rounds.append((mine, sides))
    report = {"size": arguments.size, "k1": arguments.k1, "k2": arguments.k2, "rounds": arguments.rounds,
              "ours_s": statistics.median(mine["seconds"] for mine, _ in rounds),
              "ours_extra_mib": max(mine["extra_mib"] for mine, _ in rounds),
              "product_share": statistics.median(mine["product_cpu_seconds"] / mine["cpu_seconds"] for mine, _ in rounds),
              "ours_map": rounds[0][0]["map"], "peers": {}}
    for peer in peers:
        ran = [(mine, sides[peer]) for mine, sides in rounds if sides[peer].get("total_s")]
        if not ran:
            report["peers"][peer] = {"error": rounds[0][1][peer].get("error", "no figure")}
            continue
        report["peers"][peer] = {"seconds": statistics.median(side["total_s"] for _, side in ran),
                                 "ratio": statistics.median(side["total_s"] / mine["seconds"] for mine, side in ran),
                                 "ratios": [round(side["total_s"] / mine["seconds"], 2) for mine, side in ran],
                                 "peak_rss_gib": max(side["peak_rss_gib"] for _, side in ran), "map": ran[0][1].get("mAP")}
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
