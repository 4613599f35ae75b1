#!/usr/bin/env python3
"""Many clients of `dmf serve` at once: answers a second, latencies, memory, and whether any request failed.

    ninja -C build/release dmf dmf_serve_bench
    build/release/bin/dmf index add /tmp/few CROPS --model MODEL
    python3 bench/serve.py /tmp/few CROPS --cache /tmp/serve --crops 100000 --clients 1000 --seconds 60

The gallery's crops are those of /tmp/few and variations of their vectors. CROPS is a folder of pictures, which are
also what is searched for by picture. Server and clients share this machine's processors.
"""
import argparse
import json
import pathlib
import re
import socket
import subprocess
import time
import urllib.request

SENTENCES = ("a woman in a red coat with a backpack", "a man in black trousers", "a person with a blue shirt and shorts",
             "a girl with long hair and a white dress", "a man with a grey jacket and a bag")


def request(target, body, kind):
    head = f"POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def requests_of(kind, pictures, crops):
    if kind == "crop":
        return [request("/search", json.dumps({"crop": 1 + 97 * i % crops}).encode(), "application/json") for i in range(500)]
    if kind == "filtered":
        return [request("/search", json.dumps({"crop": 1 + 97 * i % crops, "camera": f"gate {i % 20}"}).encode(), "application/json")
                for i in range(500)]
    if kind == "sentence":
        return [request("/search", json.dumps({"text": text}).encode(), "application/json") for text in SENTENCES]
    return [request("/search", each.read_bytes(), "image/jpeg") for each in pictures]


def figures(port):
    text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
    return {name: float(value) for name, value in re.findall(r"^(dmf_\w+) (\S+)$", text, re.M)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gallery")
    parser.add_argument("pictures", type=pathlib.Path)
    parser.add_argument("--binaries", default="build/release/bin", type=pathlib.Path)
    parser.add_argument("--cache", default="/tmp/dmf_serve_bench", type=pathlib.Path)
    parser.add_argument("--crops", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--kinds", nargs="+", default=["crop", "filtered", "sentence", "picture"])
    parser.add_argument("--prepare", action="store_true", help="only make the gallery")
    options = parser.parse_args()
    options.cache.mkdir(parents=True, exist_ok=True)
    gallery = options.cache / f"gallery-{options.crops}"
    bench, dmf = options.binaries / "dmf_serve_bench", options.binaries / "dmf"
    subprocess.run([bench, "fill", options.gallery, gallery, str(options.crops)], check=True)
    if options.prepare:
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([dmf, "serve", gallery, "--port", str(port), "--audit", options.cache / "audit.jsonl"],
                              stderr=subprocess.PIPE, text=True)
    for line in server.stderr:
        if "crops at http" in line:
            break
    pictures = sorted(options.pictures.rglob("*.jpg"))[:200]
    try:
        for kind in options.kinds:
            file = options.cache / f"{kind}.requests"
            file.write_bytes(b"".join(each + b"\n%%%\n" for each in requests_of(kind, pictures, options.crops)))
            before = figures(port)
            result = json.loads(subprocess.run([bench, "load", str(port), str(options.clients), str(options.seconds), file],
                                               check=True, capture_output=True, text=True).stdout)
            after = figures(port)
            passes = {name: after[f"dmf_{name}_passes_total"] - before[f"dmf_{name}_passes_total"] for name in ("search", "picture", "sentence")}
            print(json.dumps({"kind": kind, "crops": options.crops, **result, "passes": passes,
                              "peak_memory_mib": round(after["dmf_peak_memory_bytes"] / 2**20)}), flush=True)
    finally:
        start = time.monotonic()
        server.terminate()
        code = server.wait()
        print(json.dumps({"stopped_with": code, "seconds": round(time.monotonic() - start, 2)}))


if __name__ == "__main__":
    main()
