#!/usr/bin/env python3
"""Tests make_splits.py on small invented downloads: python3 tools/make_splits_test.py"""

import io
import json
import os
import sys
import tempfile
import unittest
from contextlib import redirect_stderr, redirect_stdout

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
import make_splits  # noqa: E402

MARKET = {
    "counts": {"bounding_box_train": [1, 2], "query": [1, 2], "bounding_box_test": [1, 1]},
    "test_identities": ["0007"],
    "queries": ["0007_c1s1_000002_00.jpg", "0007_c2s1_000001_00.jpg"],
}
CUHK = {
    "counts": {"bounding_box_train": [1, 3], "query": [1, 2], "bounding_box_test": [1, 2]},
    "rows": 2,
    "first_test_row": 2,
}
CUHK_OUT = {
    "bounding_box_train": ["0001_c1_00.png", "0001_c1_01.png", "0001_c2_05.png"],
    "query": ["1001_c1_00.png", "1001_c2_05.png"],
    "bounding_box_test": ["1001_c1_01.png", "1001_c2_06.png"],
}


class MakeSplitsTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.lists, make_splits.LISTS = make_splits.LISTS, self.folder.name
        self.addCleanup(lambda: setattr(make_splits, "LISTS", self.lists))
        for name, lists in (("market1501s", MARKET), ("cuhk03p1", CUHK)):
            self.touch(name + ".json", json.dumps(lists))

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def touch(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def run_main(self, *arguments):
        sys.argv = ["make_splits.py", *arguments]
        errors = io.StringIO()
        with redirect_stderr(errors), redirect_stdout(io.StringIO()):
            status = make_splits.main()
        return status, errors.getvalue()

    def made(self, out):
        return {split: sorted(os.listdir(os.path.join(out, split))) for split in make_splits.SPLITS}

    def test_market(self):
        names = ["0002_c1s1_000001_00.jpg", "0002_c2s1_000001_00.jpg", "0007_c1s1_000001_00.jpg", *MARKET["queries"]]
        for name in names + ["Thumbs.db"]:
            self.touch("in/bounding_box_train/" + name, name)
        self.assertEqual(self.run_main("market1501s", self.path("in"), self.path("out")), (0, ""))
        made = self.made(self.path("out"))
        self.assertEqual(made["bounding_box_train"], names[:2])
        self.assertEqual(made["bounding_box_test"], names[2:3])
        self.assertEqual(made["query"], names[3:])

    def test_cuhk_both_ways(self):
        extraction = ["1_001_1_01", "1_001_1_02", "1_001_2_06", "1_002_1_01", "1_002_1_02", "1_002_2_06", "1_002_2_07",
                      "2_001_1_01"]
        for name in extraction:
            self.touch(f"extraction/{name}.png", name)
        protocol = ["query/0001_c1_1", "bounding_box_train/0001_c1_2", "query/0001_c2_3", "query/0002_c1_9",
                    "query/0002_c1_10", "query/0002_c2_11", "query/0002_c2_12", "query/0003_c1_13"]
        for name, content in zip(protocol, extraction):
            self.touch(f"protocol/{name}.png", content)
        for source in ("extraction", "protocol"):
            out = self.path(source + "-out")
            self.assertEqual(self.run_main("cuhk03p1", self.path(source), out), (0, ""))
            self.assertEqual(self.made(out), CUHK_OUT)
            with open(os.path.join(out, "bounding_box_test", "1001_c1_01.png"), encoding="utf-8") as file:
                self.assertEqual(file.read(), "1_002_1_02", "9 comes before 10")

    def test_an_incomplete_download_is_refused(self):
        self.touch("in/bounding_box_train/0002_c1s1_000001_00.jpg", "x")
        status, errors = self.run_main("market1501s", self.path("in"), self.path("out"))
        self.assertEqual(status, 3)
        self.assertIn("not the official images, or not all of them", errors)
        self.assertFalse(os.path.exists(self.path("out")))

    def test_wrong_folders_are_refused(self):
        self.assertIn("no such folder", self.run_main("cuhk03p1", self.path("none"), self.path("out"))[1])
        self.assertIn("is there already", self.run_main("cuhk03p1", self.folder.name, self.folder.name)[1])
        self.assertIn("bounding_box_train", self.run_main("market1501s", self.folder.name, self.path("out"))[1])


if __name__ == "__main__":
    unittest.main()
