"""PYTHONPATH=FOLDER python3 -m pytest python/tests/test_dmf.py, with dmf in FOLDER or installed.

DMF_TINY_MODEL: folder that tests/support/make_tiny_model.sh made.
"""

import datetime
import os
import re
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import dmf

FOLDER = Path(os.environ["DMF_TINY_MODEL"])
FILE = FOLDER / "run" / "model.safetensors"
IMAGES = sorted((FOLDER / "people" / "bounding_box_test").glob("*.jpg"))


@pytest.fixture(scope="module")
def model():
    return dmf.Model.load(FILE, device="cpu", precision="float32")


def ppm(path, array):
    path.write_bytes(b"P6 %d %d 255\n" % (array.shape[1], array.shape[0]) + array.tobytes())
    return path


def pictures(count, height=80, width=40, seed=0):
    return list(np.random.default_rng(seed).integers(0, 256, (count, height, width, 3), dtype=np.uint8))


def test_three_lines_embed_and_search(model, tmp_path):
    vectors = model.embed(IMAGES[:6])
    gallery = dmf.Gallery(tmp_path / "people", model)
    gallery.add(vectors, sources=IMAGES[:6])
    hits = gallery.search(vectors[2], top=3)[0]
    assert vectors.shape == (6, model.width) and vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert hits[0].source == str(IMAGES[2]) and hits[0].similarity == pytest.approx(1, abs=1e-5)
    assert [hit.similarity for hit in hits] == sorted((hit.similarity for hit in hits), reverse=True)
    assert hits[1].similarity == pytest.approx(np.sort(vectors @ vectors[2])[-2], abs=1e-5)


def test_arrays_are_the_pictures_of_files(model, tmp_path):
    arrays = pictures(3)
    files = [ppm(tmp_path / f"{i}.ppm", array) for i, array in enumerate(arrays)]
    vectors = model.embed(arrays)
    np.testing.assert_allclose(vectors, model.embed(files), atol=1e-6)
    np.testing.assert_array_equal(vectors, model.embed(np.stack(arrays)))
    assert np.abs(vectors - model.embed([a[:, :, ::-1] for a in arrays])).max() > 1e-4, "red and blue matter"
    strided = [np.repeat(a, 2, axis=1)[:, ::2] for a in arrays]
    np.testing.assert_array_equal(vectors, model.embed(strided))


def test_batches_and_flip(model):
    arrays = pictures(5)
    np.testing.assert_allclose(dmf.Model(FILE, device="cpu", precision="float32", batch=2).embed(arrays),
                               model.embed(arrays), atol=1e-5)
    flipped = dmf.Model(FILE, device="cpu", precision="float32", flip=True)
    mirrored = [a[:, ::-1] for a in arrays]
    np.testing.assert_allclose(flipped.embed(arrays), flipped.embed(mirrored), atol=1e-5)
    assert np.abs(model.embed(arrays) - model.embed(mirrored)).max() > 1e-4


def test_nothing_gives_nothing(model):
    assert model.embed([]).shape == (0, model.width)
    assert model.embed_text([]).shape == (0, model.width)


def test_sentences(model):
    assert model.reads_text
    vectors = model.embed_text(["a woman in a red coat", "a man with a blue backpack"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert vectors[0] @ vectors[1] < 0.99999
    with pytest.raises(dmf.InvalidArgument, match="sentence 2 of 2 has no word"):
        model.embed_text(["a man", " "])


@pytest.mark.parametrize("images, message", [
    ("photo.jpg", r"got one path; hint: \[path\]"),
    (np.zeros((8, 4, 3), np.uint8), r"got one array \[H, W, 3\]; hint: \[array\]"),
    ([np.zeros((8, 4), np.uint8)], r"expected \[H, W, 3\] uint8 .*got uint8 \[8, 4\] at 0"),
    ([np.zeros((8, 4, 4), np.uint8)], r"got uint8 \[8, 4, 4\]"),
    ([np.zeros((8, 4, 3), np.float32)], r"got float32"),
    ([np.zeros((0, 4, 3), np.uint8)], r"picture 1 of 1: expected at least one pixel, got 0 x 4"),
    (["a.jpg", np.zeros((8, 4, 3), np.uint8)], r"all paths or all arrays, got str at 0"),
    ([None], r"got NoneType"),
])
def test_what_is_no_image_is_refused(model, images, message):
    with pytest.raises(dmf.InvalidArgument, match=message):
        model.embed(images)
    with pytest.raises(ValueError):
        model.embed(images)


def test_files_that_are_missing_or_broken_are_named(model, tmp_path):
    with pytest.raises(dmf.DataError, match="none.jpg"):
        model.embed([tmp_path / "none.jpg"])
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(IMAGES[0].read_bytes()[:300])
    with pytest.raises(dmf.Error, match="broken.jpg"):
        model.embed([IMAGES[0], broken])
    with pytest.raises(dmf.DataError, match="none.safetensors"):
        dmf.Model.load(tmp_path / "none.safetensors")
    with pytest.raises(dmf.InvalidArgument, match="precision"):
        dmf.Model.load(FILE, precision="float8")
    with pytest.raises(TypeError):
        dmf.Model.load(FILE, colour=1)


def test_threads_get_the_vectors_of_one(model):
    inputs = [pictures(4, seed=seed) for seed in range(6)]
    expected = [model.embed(some) for some in inputs]
    found = [None] * len(inputs)

    def work(i):
        found[i] = model.embed(inputs[i])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(inputs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one, other in zip(found, expected):
        np.testing.assert_array_equal(one, other)


def test_other_threads_run_while_it_computes(model):
    many, ticks, done = pictures(192), [], threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(time.monotonic())
            time.sleep(0.001)

    thread = threading.Thread(target=tick)
    thread.start()
    start = time.monotonic()
    model.embed(many)
    end = time.monotonic()
    done.set()
    thread.join()
    within = [t for t in ticks if start < t < end]
    assert len(within) >= 3, "with the lock held there would be none"


def test_galleries_keep_what_is_known(model, tmp_path):
    gallery = dmf.Gallery(tmp_path / "g", model)
    vectors = model.embed(IMAGES[:3])
    noon = datetime.datetime(2026, 1, 31, 12, 0, 5, 250000)
    ids = gallery.add(vectors, sources=["a", "b", "c"], cameras=["c1", "c2", "c1"], times=[1.5, None, noon],
                      identities=["Eve", "", "Ada"], tags=[["x"], [], ["x", "y"]])
    assert ids == [1, 2, 3] and len(gallery) == 3
    assert gallery.facts()["cameras"] == {"c1": 2, "c2": 1}
    hits = {hit.source: hit for hit in gallery.search(vectors[0])[0]}
    assert hits["a"].time == 1.5 and hits["b"].time is None and hits["a"].identity == "Eve"
    assert hits["c"].time == noon.replace(tzinfo=datetime.timezone.utc).timestamp()
    assert [hit.source for hit in gallery.search(vectors[0], cameras=["c2"])[0]] == ["b"]
    assert [hit.source for hit in gallery.search(vectors[0], tags=["x", "y"])[0]] == ["c"]
    assert [hit.source for hit in gallery.search(vectors[0], after=2)[0]] == ["c"]
    assert gallery.remove(identities=["Ada"]) == 1 and len(gallery) == 2
    again = dmf.Gallery(tmp_path / "g")
    assert len(again) == 2 and again.width == model.width
    assert len(again.search(model.embed_text(["a red coat"]), top=5)[0]) == 2


def test_galleries_refuse_what_does_not_fit(model, tmp_path):
    with pytest.raises(dmf.DataError, match="nowhere"):
        dmf.Gallery(tmp_path / "nowhere")
    gallery = dmf.Gallery(tmp_path / "g", model)
    vectors = model.embed(IMAGES[:2])
    with pytest.raises(dmf.InvalidArgument, match="camera: expected one for each of 2 vectors, got 1"):
        gallery.add(vectors, cameras=["c1"])
    with pytest.raises(dmf.InvalidArgument, match="cameras: expected a list, got one str"):
        gallery.add(vectors, cameras="c1")
    with pytest.raises(dmf.InvalidArgument, match=rf"vectors: expected floating \[N, {model.width}\]"):
        gallery.add(vectors[:, :5])
    with pytest.raises(dmf.InvalidArgument, match="a source twice|twice"):
        gallery.add(vectors, sources=["a", "a"])
    with pytest.raises(dmf.InvalidArgument, match="which crops"):
        gallery.remove()
    with pytest.raises(dmf.InvalidArgument, match="no such filter: 'colour'"):
        gallery.search(vectors, colour="red")
    assert len(gallery) == 0
    with pytest.raises(dmf.InvalidArgument, match="flip=false; hint"):
        dmf.Gallery(tmp_path / "g", dmf.Model(FILE, flip=True))


def test_the_programs_galleries_are_these(model, tmp_path):
    program = os.environ.get("DMF_PROGRAM")
    if not program:
        pytest.skip("DMF_PROGRAM is not set")
    import json
    import subprocess

    gallery = dmf.Gallery(tmp_path / "g", model)
    gallery.add(model.embed(IMAGES[:4]), sources=IMAGES[:4])
    done = subprocess.run([program, "search", tmp_path / "g", IMAGES[1], "--json"], capture_output=True, check=True)
    assert json.loads(done.stdout)["results"][0]["hits"][0]["source"] == str(IMAGES[1])


def test_metrics_are_there(model):
    vectors = model.embed(IMAGES[:8])
    people = [int(path.name[:4]) for path in IMAGES[:8]]
    figures = dmf.evaluate(vectors, vectors, people, people)
    assert figures["map"] > 0 and len(figures["cmc"]) == 50
    with pytest.raises(ValueError):
        dmf.evaluate(vectors, vectors, people[:3], people)


def test_memory_does_not_grow(model):
    arrays = pictures(8)
    model.embed(arrays)

    def resident():
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    before = resident()
    for _ in range(30):
        model.embed(arrays)
    assert resident() - before < 64 << 20


def test_the_documents_examples_run(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.symlink(FILE, "model.safetensors")
    for name, image in zip(("a.jpg", "b.jpg"), IMAGES):
        os.symlink(image, name)
    dmf.Gallery("people", model).add(model.embed(IMAGES[:4]))
    document = Path(__file__).parents[2] / "docs" / "python.md"
    blocks = re.findall(r"```python\n(.*?)```", document.read_text(), re.DOTALL)
    assert len(blocks) >= 3
    names = {"frames": pictures(2)}
    for block in blocks:
        exec(compile(block, str(document), "exec"), names)
    assert names["vectors"].shape == (2, model.width)
