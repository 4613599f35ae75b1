#!/usr/bin/env python3
"""Search in a gallery: ours against FAISS, in turn, in one run, on one machine.

    python3 bench/search.py --scripts ../shared/peers --build build/release --cache /tmp/search --rows 200000
    python3 bench/search.py … --rows 1000000 --case ivf_rabitq_refine

Data and the peers' settings are those of the scripts' folder (data.py, search_peers.py, whose README tells what its
interpreter needs: faiss-cpu from PyPI). Both sides get the same vectors and the same number of threads; exact search is
compared with IndexFlatIP, approximate search (recall@10 at least 0.95, measured) with the case named. Each round measures
every side once; ratios are of the same round, their median is printed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def ours(arguments, files):
    program = os.path.join(arguments.build, "bin", "dmf_search_bench")
    folder = os.path.join(arguments.cache, f"gallery_{arguments.rows}_{arguments.dim}")
    return run([program, folder, *files, str(arguments.rows), str(arguments.dim), str(arguments.threads), str(arguments.recall)])


def theirs(arguments, case):
    script = os.path.join(arguments.scripts, "search_peers.py")
    found = run([arguments.python, script, "--n", str(arguments.rows), "--nq", str(arguments.queries), "--dim", str(arguments.dim),
                 "--case", case, "--threads", str(arguments.threads), "--cache", arguments.cache, "--timeout", str(arguments.timeout)])
    return found["cases"][0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scripts", required=True, help="folder of data.py and search_peers.py")
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--cache", required=True, help="folder for vectors and galleries")
    parser.add_argument("--python", default=sys.executable, help="interpreter with numpy and faiss-cpu")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--dim", type=int, default=768)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--recall", type=float, default=0.95)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--timeout", type=int, default=1800)
    parser.add_argument("--case", action="append", help="approximate peers; standard: hnsw below 500,000 rows, else two")
    arguments = parser.parse_args()
    cases = arguments.case or (["hnsw"] if arguments.rows < 500_000 else ["ivf_rabitq_refine", "pqfs_refine"])
    os.makedirs(arguments.cache, exist_ok=True)
    make = f"import sys; sys.path.insert(0, {arguments.scripts!r}); import data; " \
           f"data.gallery({arguments.rows}, {arguments.queries}, d={arguments.dim}, cache={arguments.cache!r})"
    subprocess.run([arguments.python, "-c", make], check=True)
    files = [f"{arguments.cache}/gal_{arguments.rows}_{arguments.dim}.f32",
             f"{arguments.cache}/qry_{arguments.rows}_{arguments.queries}_{arguments.dim}.f32"]
    ratios = {}
    key = f"qps_{arguments.threads}t"
    for _ in range(arguments.rounds):
        mine = ours(arguments, files)
        sides = {case: theirs(arguments, case) for case in ["flat", *cases]}
        print(json.dumps({"ours": mine, "peers": sides}), file=sys.stderr, flush=True)
        for case, side in sides.items():
            speed = side.get(key) or side["tried"][0][key]
            ratios.setdefault(case, []).append((mine["exact_qps"] if case == "flat" else mine["qps"]) / speed)
    print(json.dumps({"rows": arguments.rows, "rounds": arguments.rounds,
                      "ratios": {case: round(statistics.median(values), 2) for case, values in ratios.items()}}))


if __name__ == "__main__":
    main()
