#!/usr/bin/env python3
"""Writes what a program is made of, as SPDX 2.3 JSON, from the files it really uses.

    python3 tools/make_sbom.py --version 0.1.0 --build build/release --site .deps/site --wheels deps/python.txt \\
        build/release/bin/dmf build/release/python/dmf/libdmf.so > sbom.spdx.json

Shared libraries: those that the loader finds (ldd), with what these need in turn. Headers of other packages: those that
the compiler read (ninja -t deps). A file belongs to a wheel of --site (its RECORD; the hash is that of --wheels) or to
the Debian package that dpkg names. Encoders are the other wheels of --wheels. Licences: a wheel's metadata or LICENSE
file, a Debian package's machine-readable copyright file, which covers all of
its source; NOASSERTION where they do not say.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "LC_ALL": "C"}).stdout


def libraries(programs):
    """Real paths of all shared libraries that the loader would map."""
    found = set()
    for program in programs:
        for line in output("ldd", program).splitlines():
            match = re.search(r"(?:=> |^\s+)(/\S+)", line)
            if "not found" in line:
                sys.exit(f"{program}: {line.strip()}")
            if match:
                found.add(os.path.realpath(match[1]))
    return found


def headers(build):
    """Real paths of the system's headers that went into the program: not into its tests."""
    if not (Path(build) / "build.ninja").exists():
        return set()
    paths, is_ours = set(), False
    for line in output("ninja", "-C", build, "-t", "deps").splitlines():
        if not line.startswith(" "):
            target = re.match(r"src/dmf/(?:\w+/)?CMakeFiles/(\w+)\.dir/", line)
            is_ours = target is not None and "test" not in target[1]
        elif is_ours and line.strip().startswith("/usr/include/"):
            paths.add(os.path.realpath(line.strip()))
    return paths


def debian_packages(files):
    """{package: (version, source package)} of those that own the files."""
    owners, names = set(), sorted(files)
    for start in range(0, len(names), 500):
        # dpkg knows some files under /lib that lie in /usr/lib.
        asked = [each for name in names[start:start + 500] for each in (name, name.removeprefix("/usr"))]
        answer = subprocess.run(["dpkg", "-S", *asked], capture_output=True, text=True).stdout
        owners |= {line.rsplit(": ", 1)[0] for line in answer.splitlines() if ": " in line}
    owners = {owner.split(":")[0] for line in owners if not line.startswith("diversion") for owner in line.split(", ")}
    if not owners:
        return {}
    fields = "${db:Status-Status}\t${Package}\t${Version}\t${source:Package}\n"
    lines = [line.split("\t") for line in output("dpkg-query", "-W", "-f", fields, *sorted(owners)).splitlines()]
    return {name: (version, source) for status, name, version, source in lines if status == "installed"}


def spdx_name(licence):
    """Debian's short name of a licence as SPDX writes it, where the two differ in form only."""
    licence = licence.strip()
    match = re.fullmatch(r"(A?L?GPL|GFDL)-(\d)(?:\.(\d))?(\+?)", licence)
    if match:
        return f"{match[1]}-{match[2]}.{match[3] or 0}-" + ("or-later" if match[4] else "only")
    return {"BSD-3-clause": "BSD-3-Clause", "BSD-2-clause": "BSD-2-Clause", "Expat": "MIT", "zlib": "Zlib",
            "Apache-2": "Apache-2.0"}.get(licence, licence)


def copyright_licences(text):
    """The licences of all files but the packaging that a machine-readable copyright file names."""
    if not re.search(r"^Format:.*copyright-format", text, re.MULTILINE | re.IGNORECASE):
        return []
    names = []
    for paragraph in re.split(r"\n\s*\n", text):
        files = re.search(r"^Files:\s*(.*(?:\n\s+.*)*)", paragraph, re.MULTILINE | re.IGNORECASE)
        licence = re.search(r"^License:\s*(\S.*)?$", paragraph, re.MULTILINE | re.IGNORECASE)
        if files and licence and licence[1] and not files[1].startswith("debian/"):
            names += [spdx_name(name) for name in re.split(r"\s+(?:and|or|and/or)\s+|,\s*|\s*\|\s*", licence[1])]
    return sorted(set(names), key=names.index)


def debian_licence(package, docs=Path("/usr/share/doc")):
    try:
        text = (docs / package / "copyright").read_text(errors="replace")
    except OSError:
        return "NOASSERTION"
    names = copyright_licences(text)
    if not names or not all(re.fullmatch(r"[A-Za-z0-9.+-]+", name) for name in names):
        return "NOASSERTION"
    known = [name if is_spdx(name) else "LicenseRef-" + name.replace("+", "-or-later") for name in names]
    return " AND ".join(known)


def is_spdx(name):
    return name in {"MIT", "Zlib", "ISC", "BSL-1.0", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "curl", "Unicode-DFS-2016",
                    "MPL-2.0", "MPL-1.1", "NCSA", "CC0-1.0", "IJG", "Libpng", "OpenSSL", "W3C", "X11", "HPND"} or bool(
        re.fullmatch(r"(A?L?GPL|GFDL)-\d\.\d-(only|or-later)", name))


def wheels(site, pins):
    """The unpacked wheels: name, version, hash, licence, and the real paths of their files."""
    hashes = dict(re.findall(r"^([a-zA-Z0-9._-]+==\S+)\s+--hash=sha256:([0-9a-f]{64})", pins, re.MULTILINE))
    found = []
    for pin, digest in hashes.items():
        name, version = pin.split("==")
        info = Path(site) / f"{name.replace('-', '_')}-{version}.dist-info"
        if not info.is_dir():
            continue
        metadata = (info / "METADATA").read_text()
        stated = re.search(r"^License(?:-Expression)?: (.*)$", metadata, re.MULTILINE)
        licence = stated[1].strip() if stated else "UNKNOWN"
        if licence == "UNKNOWN" and (info / "LICENSE").exists():
            first = (info / "LICENSE").read_text().lstrip().splitlines()[0]
            licence = "Apache-2.0" if re.match(r"Apache (Software )?License,? (Version )?2\.0", first) else "NOASSERTION"
        files = {os.path.realpath(os.path.join(site, line.rsplit(",", 2)[0])) for line in (info / "RECORD").read_text().splitlines()}
        found.append({"name": name, "version": version, "sha256": digest, "licence": licence, "files": files})
    return found


def part(kind, name, version, licence, use, **fields):
    return {"SPDXID": f"SPDXRef-{kind}-" + re.sub(r"[^A-Za-z0-9.-]", "-", name), "name": name, "versionInfo": version,
            "downloadLocation": "NOASSERTION", "filesAnalyzed": False, "licenseConcluded": "NOASSERTION",
            "licenseDeclared": licence, "copyrightText": "NOASSERTION", "comment": use, **fields}


def purl(kind, name, version):
    return [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
             "referenceLocator": f"pkg:{kind}/{name}@{version.replace('+', '%2B')}"}]


def parts_of(programs, build, site, pins):
    linked, included = libraries(programs), headers(build)
    parts, unpacked = [], wheels(site, pins)
    for wheel in unpacked:
        use = "linked" if wheel["files"] & linked else "shipped"
        linked -= wheel["files"]
        parts.append(part("wheel", wheel["name"], wheel["version"], wheel["licence"], use,
                          checksums=[{"algorithm": "SHA256", "checksumValue": wheel["sha256"]}],
                          externalRefs=purl("pypi", wheel["name"], wheel["version"])))
    runtime = debian_packages(linked - {os.path.realpath(program) for program in programs})
    sources = {source for _, source in runtime.values()}
    # The headers of a library that is linked come from the same source.
    compiled = {name: found for name, found in debian_packages(included).items() if found[1] not in sources}
    for use, packages in (("linked", runtime), ("compiled in", compiled)):
        for name, (version, _) in sorted(packages.items()):
            parts.append(part("deb", name, version, debian_licence(name), use,
                              licenseComments=f"see /usr/share/doc/{name}/copyright",
                              externalRefs=purl("deb/debian", name, version)))
    return parts


def document(version, parts, created):
    extracted = {reference: f"As {each['name']} states it; {each.get('licenseComments', 'see its wheel')}."
                 for each in reversed(parts) for reference in re.findall(r"LicenseRef-[A-Za-z0-9.-]+", each["licenseDeclared"])}
    whole = {"SPDXID": "SPDXRef-dmf", "name": "dmf", "versionInfo": version, "downloadLocation": "NOASSERTION",
             "filesAnalyzed": False, "licenseConcluded": "Apache-2.0", "licenseDeclared": "Apache-2.0",
             "copyrightText": "NOASSERTION"}
    relation = {"linked": "DYNAMIC_LINK", "compiled in": "CONTAINS", "shipped": "CONTAINS"}
    relations = [{"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-dmf"}]
    relations += [{"spdxElementId": "SPDXRef-dmf", "relationshipType": relation[each["comment"]],
                   "relatedSpdxElement": each["SPDXID"]} for each in parts]
    listed = [{"licenseId": name, "extractedText": text} for name, text in sorted(extracted.items())]
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    return {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": f"dmf-{version}",
            "documentNamespace": f"urn:dmf:sbom:{digest}",
            "creationInfo": {"created": created, "creators": ["Tool: make_sbom.py"]},
            "packages": [whole, *parts], "relationships": relations, "hasExtractedLicensingInfos": listed}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("version", "build", "site", "wheels"):
        arguments.add_argument(f"--{name}", required=True)
    arguments.add_argument("program", nargs="+")
    given = arguments.parse_args()
    parts = parts_of(given.program, given.build, given.site, Path(given.wheels).read_text())
    # The same build makes the same bytes: its time is that of the commit, as reproducible builds have it.
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    created = datetime.fromtimestamp(epoch, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    json.dump(document(given.version, parts, created), sys.stdout, indent=1, sort_keys=True)
    print()


if __name__ == "__main__":
    main()
