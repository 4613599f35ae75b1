"""The page of `dmf serve` in headless Chromium, against a server with figures.

    python3 page_test.py PATH/OF/dmf_fake_server [--screenshots FOLDER]
"""
import argparse
import contextlib
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import chromium

SERVER = ""
SCREENSHOTS = None


@contextlib.contextmanager
def serving(folder, count=60, key=""):
    command = [SERVER, str(folder / "gallery"), str(count)]
    if key:
        keys = folder / "keys.json"
        keys.write_text(json.dumps({"keys": [{"name": "desk", "role": "read", "sha256": hashlib.sha256(key.encode()).hexdigest()}]}))
        command.append(str(keys))
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/"
    finally:
        process.stdin.close()
        process.wait()


def red_person(folder):
    """A picture of a person in red, grey below."""
    path = folder / "red.bmp"
    width, height = 16, 32
    rows = b"".join((b"\x78\x78\x78" if y < height // 2 else b"\x14\x14\xe6") * width for y in range(height))
    head = b"BM" + (54 + len(rows)).to_bytes(4, "little") + bytes(4) + (54).to_bytes(4, "little")
    head += (40).to_bytes(4, "little") + width.to_bytes(4, "little") + height.to_bytes(4, "little")
    head += (1).to_bytes(2, "little") + (24).to_bytes(2, "little") + bytes(24)
    path.write_bytes(head + rows)
    return path


@unittest.skipIf(chromium.binary() is None, "no Chromium on this machine: the page is not looked at")
class Page(unittest.TestCase):
    def setUp(self):
        # The profile of a browser that was just killed may still grow while it is removed: that is no failure.
        context = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.addCleanup(context.cleanup)
        self.folder = pathlib.Path(context.name)

    def shot(self, browser, name):
        if SCREENSHOTS:
            browser.screenshot(pathlib.Path(SCREENSHOTS) / (name + ".png"))

    def browse(self, address, **options):
        browser = self.enterContext(chromium.Browser(self.folder / f"profile{len(list(self.folder.iterdir()))}", **options))
        browser.open(address)
        return browser

    def answers(self, browser, count=24):
        browser.wait(f"document.querySelectorAll('#results .similarity').length === {count}")
        browser.wait("document.querySelector('#results img') !== null")

    def test_a_sentence_a_picture_and_a_click_find_people(self):
        with serving(self.folder) as address:
            browser = self.browse(address)
            browser.wait("document.getElementById('facts').textContent.includes('60 crops')")
            self.shot(browser, "start")
            browser.press("/", "/")
            self.assertEqual(browser.run("document.activeElement.id"), "text")
            browser.type("a red coat without a hat")
            browser.press("Enter", "\r")
            self.answers(browser)
            self.assertIn("60 of 60 crops searched", browser.run("document.getElementById('how').textContent"))
            self.assertIn("zorbing", browser.run("document.getElementById('reading').textContent"))
            self.shot(browser, "sentence")
            browser.run("document.getElementById('text').value = ''")
            browser.choose_file("#file", red_person(self.folder))
            browser.wait("document.querySelector('#results .badge') !== null")
            self.assertEqual(browser.run("document.querySelector('#results .hit').dataset.crop"), "1")
            browser.wait("document.querySelector('#drop img') !== null")
            self.shot(browser, "picture")
            browser.run("document.querySelectorAll('.see')[2].click()")
            browser.wait("document.getElementById('chosen').textContent.includes('crop')")
            self.assertEqual(browser.run("document.getElementById('text').value"), "")
            browser.run("history.back()")
            browser.wait("document.getElementById('chosen').textContent.includes('red.bmp')")
            self.assertEqual(browser.complaints(), [])

    def test_filters_leave_what_fits(self):
        with serving(self.folder) as address:
            browser = self.browse(address)
            browser.wait("document.querySelectorAll('#cameras .chip').length === 4")
            browser.run("document.getElementById('filters').open = true")
            browser.run("document.querySelector('#cameras .chip').click()")
            browser.run("document.getElementById('text').value = 'blue'")
            self.shot(browser, "filters")
            browser.run("document.getElementById('query').requestSubmit()")
            browser.wait("document.getElementById('count').textContent.includes('answer')")
            places = browser.run("[...document.querySelectorAll('.where')].map(each => each.textContent)")
            self.assertEqual(set(places), {"Camera gate 1"})
            browser.run("document.getElementById('identity').value = 'nobody'")
            browser.run("document.getElementById('query').requestSubmit()")
            browser.wait("document.getElementById('empty').textContent.includes('No crop fits')")
            self.assertEqual(browser.complaints(), [])

    def test_the_keyboard_moves_and_two_crops_are_compared(self):
        with serving(self.folder) as address:
            browser = self.browse(address)
            browser.run("document.querySelector('.example').click()")
            self.answers(browser)
            browser.run("document.activeElement.blur()")
            browser.press("ArrowRight")
            browser.press("c", "c")
            browser.press("ArrowRight")
            browser.press("c", "c")
            browser.wait("document.getElementById('tray-text').textContent === 'Two crops chosen'")
            self.shot(browser, "chosen")
            browser.run("document.getElementById('tray-go').click()")
            browser.wait("document.getElementById('compare').open && document.querySelectorAll('#pair img').length === 2")
            browser.run("document.getElementById('maps').click()")
            browser.wait("document.querySelectorAll('#pair canvas').length === 2")
            self.shot(browser, "compare")
            browser.press("Escape")
            browser.wait("!document.getElementById('compare').open")
            self.assertEqual(browser.complaints(), [])

    def test_a_key_is_asked_for_and_kept_for_the_tab(self):
        with serving(self.folder, key="dmf_secret") as address:
            browser = self.browse(address)
            browser.wait("document.getElementById('key').open")
            self.shot(browser, "key")
            browser.run("document.getElementById('key-value').value = 'wrong'")
            browser.run("document.getElementById('key-form').requestSubmit()")
            browser.wait("document.getElementById('key').open && document.getElementById('key-text').textContent.includes('not known')")
            browser.run("document.getElementById('key-value').value = 'dmf_secret'")
            browser.run("document.getElementById('key-form').requestSubmit()")
            browser.wait("document.getElementById('facts').textContent.includes('60 crops')")
            self.assertEqual(browser.run("[localStorage.length, document.cookie, sessionStorage.length]"), [0, "", 1])

    def test_nothing_from_elsewhere_is_run(self):
        with serving(self.folder) as address:
            browser = self.browse(address)
            browser.run("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.broken = 1\">')")
            browser.run("document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.broken = 2'}))")
            browser.wait("document.images.length > 0")
            self.assertIsNone(browser.run("window.broken"))
            self.assertEqual(browser.run("performance.getEntriesByType('resource').every(each => each.name.startsWith(location.origin))"), True)

    def test_it_fits_a_phone_and_the_dark(self):
        with serving(self.folder) as address:
            for name, options in (("phone", {"width": 390, "height": 844, "phone": True}),
                                  ("phone-dark", {"width": 390, "height": 844, "phone": True, "dark": True}),
                                  ("narrow", {"width": 320, "height": 640, "phone": True}), ("dark", {"dark": True})):
                browser = self.browse(address, **options)
                browser.run("document.querySelector('.example').click()")
                self.answers(browser)
                self.assertLessEqual(browser.run("document.documentElement.scrollWidth"), options.get("width", 1280), name)
                self.shot(browser, name)
                small = browser.run("[...document.querySelectorAll('button, input, select')].filter(each => each.offsetParent && "
                                    "each.getBoundingClientRect().height < 24 && each.type !== 'range').length")
                self.assertEqual(small, 0, "what is touched is large enough")


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("server")
    arguments.add_argument("--screenshots")
    parsed, rest = arguments.parse_known_args()
    SERVER, SCREENSHOTS = parsed.server, parsed.screenshots
    unittest.main(argv=[sys.argv[0], *rest])
