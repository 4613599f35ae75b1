"""python3 tools/make_sbom_test.py"""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import make_sbom  # noqa: E402

COPYRIGHT = """Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
License: Expat

Files: a/*
 b/*
License: GPL-2+ and BSD-3-clause

Files: debian/*
License: Beerware

License: Expat
 Permission is hereby granted
"""


class Sbom(unittest.TestCase):
    def test_licences_of_all_files_but_the_packaging(self):
        self.assertEqual(make_sbom.copyright_licences(COPYRIGHT), ["MIT", "GPL-2.0-or-later", "BSD-3-Clause"])
        self.assertEqual(make_sbom.copyright_licences("You may copy this under GPL-2."), [])
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "a").mkdir()
            (Path(folder) / "a" / "copyright").write_text(COPYRIGHT.replace("Expat", "Own+"))
            self.assertEqual(make_sbom.debian_licence("a", Path(folder)),
                             "LicenseRef-Own-or-later AND GPL-2.0-or-later AND BSD-3-Clause")
            self.assertEqual(make_sbom.debian_licence("b", Path(folder)), "NOASSERTION")

    def test_names_of_spdx(self):
        for debian, spdx in {"LGPL-2.1": "LGPL-2.1-only", "GPL-3+": "GPL-3.0-or-later", "zlib": "Zlib", "ISC": "ISC"}.items():
            self.assertEqual(make_sbom.spdx_name(debian), spdx)

    def test_a_wheel_is_known_by_its_files(self):
        with tempfile.TemporaryDirectory() as folder:
            info = Path(folder) / "my_wheel-1.2.dist-info"
            info.mkdir()
            (info / "METADATA").write_text("Name: my-wheel\nLicense: UNKNOWN\n")
            (info / "LICENSE").write_text("Apache Software License 2.0\n\nCopyright")
            (info / "RECORD").write_text("my/lib.so,sha256=x,5\n")
            found = make_sbom.wheels(folder, f"# all\nmy-wheel==1.2 --hash=sha256:{'a' * 64}\nother==1 --hash=sha256:{'b' * 64}\n")
            self.assertEqual([(w["name"], w["licence"], w["sha256"][0]) for w in found], [("my-wheel", "Apache-2.0", "a")])
            self.assertIn(str(Path(folder).resolve() / "my/lib.so"), found[0]["files"])

    def test_a_program_of_debian(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "pins").write_text("")
            command = [sys.executable, make_sbom.__file__, "--version", "1", "--build", folder, "--site", folder,
                       "--wheels", f"{folder}/pins", "/usr/bin/ninja"]
            run = [subprocess.run(command, capture_output=True, check=True).stdout for _ in range(2)]
        self.assertEqual(run[0], run[1], "the same bytes again")
        document = json.loads(run[0])
        names = {package["name"] for package in document["packages"]}
        self.assertLessEqual({"dmf", "libc6", "libstdc++6"}, names)
        known = {package["SPDXID"] for package in document["packages"]} | {"SPDXRef-DOCUMENT"}
        for relation in document["relationships"]:
            self.assertLessEqual({relation["spdxElementId"], relation["relatedSpdxElement"]}, known)
        self.assertEqual(len(known), len(document["packages"]) + 1, "no identifier twice")


if __name__ == "__main__":
    unittest.main()
