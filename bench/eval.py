#!/usr/bin/env python3
"""Evaluation and re-ranking: ours against the peers' own code, in turn, in one run, on one machine.

    python3 bench/eval.py --peers PEERS --scripts ../shared/peers --cy CY --build build/release            every case
    python3 bench/eval.py … --size market --against fastreid_cy --rounds 3                            or one of them

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


class Case:
    """Vectors of a size, evaluated as they are (k1 = 0) or after re-ranking."""

    def __init__(self, size, k1, k2, peers):
        self.size, self.k1, self.k2, self.peers = size, k1, k2, peers

    def __str__(self):
        return f"{self.size}, re-ranking {self.k1}/{self.k2}" if self.k1 else f"{self.size}, evaluation"


# The fastest of the peers in each, and those that end in minutes and in 20 GiB: for re-ranking at MSMT17's size, none.
ALL = [Case("market", 0, 0, ["fastreid_cy", "torchreid_cy", "transreid"]), Case("msmt17", 0, 0, ["fastreid_cy"]),
       Case("market", 20, 6, ["fastreid"]), Case("market", 50, 15, ["transreid"]), Case("msmt17", 20, 6, [])]


def ours(arguments, case, folder):
    program = os.path.join(arguments.build, "bin", "dmf_eval_bench")
    extra = [str(case.k1), str(case.k2)] if case.k1 else []
    return run([program, folder, str(arguments.dim), "1", str(arguments.threads), *extra])


def theirs(arguments, case, peer):
    script = "rerank_peers.py" if case.k1 else "eval_peers.py"
    name = f"{peer}_{case.k1}_{case.k2}" if case.k1 else f"{peer}_{case.size}"
    command = [sys.executable, os.path.join(arguments.scripts, script), "--case", name, "--threads", str(arguments.threads),
               "--dim", str(arguments.dim), "--mem", str(arguments.mem), "--timeout", str(arguments.timeout),
               "--repo", f"{arguments.peers}/TransReID", "--torchreid", f"{arguments.peers}/deep-person-reid/torchreid"]
    if case.k1:
        command += ["--fastreid", f"{arguments.peers}/fast-reid/fastreid", "--size", case.size]
    else:
        command += ["--cy", arguments.cy, "--reps", "1"]
    found = run(command)["cases"][0]
    found["total_s"] = found.get("total_s", found.get("seconds"))
    return found


def measure(arguments, case, folder):
    dump = [sys.executable, os.path.join(arguments.scripts, "data.py"), "--dump", folder, "--size", case.size, "--dim", str(arguments.dim)]
    subprocess.run(dump, check=True, stdout=subprocess.DEVNULL)
    rounds = []
    for _ in range(arguments.rounds):
        mine = ours(arguments, case, folder)
        sides = {peer: theirs(arguments, case, peer) for peer in case.peers}
        print(json.dumps({"case": str(case), "ours": mine, "peers": sides}), file=sys.stderr, flush=True)
        rounds.append((mine, sides))
    return report(case, rounds)


def report(case, rounds):
    median = lambda key: statistics.median(mine[key] for mine, _ in rounds)
    found = {"case": str(case), "rounds": len(rounds), "ours_s": median("seconds"), "ours_cpu_s": median("cpu_seconds"),
             "ours_extra_mib": max(mine["extra_mib"] for mine, _ in rounds),
             "product_share": statistics.median(mine["product_cpu_seconds"] / mine["cpu_seconds"] for mine, _ in rounds),
             "ours_map": rounds[0][0]["map"], "peers": {}}
    for peer in case.peers:
        ran = [(mine, sides[peer]) for mine, sides in rounds if sides[peer].get("total_s")]
        if not ran:
            found["peers"][peer] = {"error": rounds[0][1][peer].get("error", "no figure")}
            continue
        found["peers"][peer] = {"seconds": statistics.median(side["total_s"] for _, side in ran),
                                "ratio": statistics.median(side["total_s"] / mine["seconds"] for mine, side in ran),
                                "ratios": [round(side["total_s"] / mine["seconds"], 2) for mine, side in ran],
                                "peak_rss_gib": max(side["peak_rss_gib"] for _, side in ran), "map": ran[0][1].get("mAP"),
                                "foreign_cpu_s": max(side.get("foreign_cpu_s", 0) for _, side in ran)}
    return found


def table(reports):
    lines = ["| case | side | seconds | ratio | memory | of our processor time the product |", "|---|---|---|---|---|---|"]
    for one in reports:
        lines.append(f"| {one['case']} | dmf | {one['ours_s']:.2f} | | {one['ours_extra_mib']:.0f} MiB above the vectors "
                     f"| {100 * one['product_share']:.0f} % |")
        for peer, side in one["peers"].items():
            lines.append(f"| | {peer} | {side['error']} | | | |" if "error" in side else
                         f"| | {peer} | {side['seconds']:.2f} | {side['ratio']:.1f} | {side['peak_rss_gib']:.2f} GiB in all | |")
    return "\n".join(lines)


def cases_of(arguments):
    if not arguments.size and not arguments.k1:
        return ALL
    peers = arguments.against if arguments.against is not None else ["fastreid"] if arguments.k1 else ["fastreid_cy"]
    return [Case(arguments.size or "market", arguments.k1, arguments.k2, peers)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("peers", "scripts", "build"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--cy", default="")
    parser.add_argument("--size", help="one case only: market, msmt17 or small, as the scripts know them")
    parser.add_argument("--against", action="append", help="peers (fastreid_cy, torchreid_cy, transreid; for re-ranking fastreid, transreid)")
    parser.add_argument("--k1", type=int, default=0, help="one case only: re-ranking with this k1 ...")
    parser.add_argument("--k2", type=int, default=6, help="... and this k2")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--dim", type=int, default=768)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--mem", type=float, default=20, help="GiB a peer may take")
    parser.add_argument("--timeout", type=float, default=900)
    arguments = parser.parse_args()
    reports = []
    for case in cases_of(arguments):
        with tempfile.TemporaryDirectory() as folder:
            reports.append(measure(arguments, case, folder))
    print(json.dumps(reports, indent=1))
    print(table(reports))


if __name__ == "__main__":
    main()
