"""The decoder: pictures are decoded in processes that have nothing to steal, and that a picture may bring down."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import suites
from hypothesis import given
from hypothesis import strategies as st
from patience import until
from PIL import Image
from process_tree import is_running
from skimage import data as skimage_data

from imagesearch import images
from imagesearch.decoder import process as process_module
from imagesearch.decoder import wire
from imagesearch.decoder.messages import error_of, picture_of
from imagesearch.decoder.pool import Decoder
from imagesearch.decoder.queries import QueryPictures
from imagesearch.errors import (
    CorruptImage,
    DecoderCrashed,
    DecoderUnavailable,
    EmptyFile,
    ImageTooCostly,
    ImageTooLarge,
    InvalidRequest,
    NotAnImage,
)
from imagesearch.pictures.sizing import is_target_size, target_size
from imagesearch.records import Picture, Sizing

SIZING = Sizing(size=320, fit="longest", resampling="bicubic")
OPTIONS: dict[str, Any] = {"sizing": SIZING, "max_pixels": 150_000_000, "thumbnail_size": 384}
MIB = 1024 * 1024
linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into Linux's /proc")


def encoded(image: Image.Image, file_format: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def photograph(name: str = "cat") -> bytes:
    return encoded(Image.fromarray(getattr(skimage_data, name)()), "JPEG")


@contextmanager
def a_decoder(processes: int = 1, *, memory_bytes: int = 1024 * MIB, seconds: int = 60) -> Iterator[Decoder]:
    with closing(Decoder(processes, memory_bytes=memory_bytes, seconds=seconds)) as decoder:
        yield decoder


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with a_decoder(2) as shared:
        yield shared


def pids(decoder: Decoder) -> set[int]:
    return {process.pid for process in decoder._running if not process.has_ended}


def same(one: Picture, other: Picture) -> bool:
    return (one.facts, one.thumbnail) == (other.facts, other.thumbnail) and np.array_equal(one.pixels, other.pixels)


def heic_that_crashes() -> bytes:
    """A file that ends pi-heif 1.4 with a segmentation fault: a real crash in C."""
    try:
        return suites.picture(suites.PILLOW_HEIF, "heif_special/invalid_metadata_type.heic")
    except suites.NotFetched as error:
        pytest.skip(str(error))


def slow_picture() -> bytes:
    """36 megapixels written as text, which Pillow reads in Python: some ten seconds."""
    return b"P2 6000 6000 9\n" + b"0 " * 36_000_000


@pytest.mark.parametrize("name", ["cat", "camera", "logo"])
def test_a_picture_is_what_it_would_be_without_processes(decoder: Decoder, name: str) -> None:
    data = encoded(Image.fromarray(getattr(skimage_data, name)()))
    assert same(decoder.read_picture(data, **OPTIONS), images.read_picture(data, **OPTIONS))
    query = decoder.read_query(data, sizing=SIZING, max_pixels=10**8)
    expected = images.read_query(data, sizing=SIZING, max_pixels=10**8)
    assert (query.width, query.height) == (expected.width, expected.height)
    assert np.array_equal(query.pixels, expected.pixels)


@pytest.mark.parametrize(
    ("data", "error"),
    [(b"", EmptyFile), (b"hello", NotAnImage), (b"\x89PNG\r\n\x1a\nnonsense", CorruptImage)],
    ids=["empty", "text", "cut short"],
)
def test_what_can_not_be_read_is_refused_as_it_would_be_without(
    decoder: Decoder, data: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error):
        decoder.read_picture(data, **OPTIONS)


def test_a_refusal_brings_its_figures_along(decoder: Decoder) -> None:
    with pytest.raises(ImageTooLarge, match="20,000 pixels; the limit is 100") as refused:
        decoder.read_query(encoded(Image.new("L", (200, 100))), sizing=SIZING, max_pixels=100)
    assert refused.value.extra == {"pixels": 20_000, "max_pixels": 100}


def test_a_part_of_a_query_picture_can_be_asked_for(decoder: Decoder) -> None:
    image = Image.new("RGB", (400, 400), "white")
    image.paste("red", (200, 0, 400, 200))
    data = encoded(image)
    pixels = decoder.read_query(data, sizing=SIZING, max_pixels=10**8, crop=(0.5, 0.0, 1.0, 0.5)).pixels
    assert np.array_equal(pixels.reshape(-1, 3).min(axis=0), (255, 0, 0))
    with pytest.raises(InvalidRequest, match="15 x 16"):
        decoder.read_query(data, sizing=SIZING, max_pixels=10**8, crop=(0.0, 0.0, 15 / 400, 16 / 400))


@linux
def test_no_process_is_started_before_a_picture_comes_and_one_serves_many() -> None:
    with a_decoder(4) as decoder:
        assert pids(decoder) == set()
        decoder.start()
        first = pids(decoder)
        for _ in range(3):
            decoder.read_picture(photograph(), **OPTIONS)
        assert len(first) == 1
        assert pids(decoder) == first


def test_threads_use_several_processes_at_once_and_never_more_than_there_may_be() -> None:
    files = [photograph(name) for name in ("cat", "coffee", "astronaut", "rocket")] * 3
    expected = [images.read_picture(data, **OPTIONS) for data in files]
    with a_decoder(2) as decoder, ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda data: decoder.read_picture(data, **OPTIONS), files))
        assert all(same(one, other) for one, other in zip(found, expected, strict=True))
        assert len(pids(decoder)) <= 2


def test_a_crash_of_the_decoder_is_the_pictures_fault_and_nobody_elses() -> None:
    with a_decoder() as decoder:
        decoder.read_picture(photograph(), **OPTIONS)
        with pytest.raises(DecoderCrashed):
            decoder.read_picture(heic_that_crashes(), **OPTIONS)
        assert decoder.read_picture(photograph(), **OPTIONS).facts.format == "JPEG"


@linux
def test_too_much_memory_is_the_pictures_fault() -> None:
    """Given 100 megapixels, all of them needed at once, and a process that may take less than those take."""
    large = encoded(Image.new("RGBA", (10_000, 10_000)), "PNG", compress_level=1)
    with a_decoder(memory_bytes=400 * MIB) as decoder:
        with pytest.raises(ImageTooCostly, match="memory"):
            decoder.read_picture(large, **OPTIONS)
        assert decoder.read_picture(photograph(), **OPTIONS).facts.format == "JPEG"


def blamed(read: Callable[[], object]) -> str:
    """What is said of the picture, once it had its time: a busy machine may give it less."""

    def refusal() -> str:
        with pytest.raises((ImageTooCostly, DecoderUnavailable)) as refused:
            read()
        return str(refused.value) if refused.type is ImageTooCostly else ""

    return until(refusal)


def test_too_much_processor_time_is_the_pictures_fault() -> None:
    """Given a second for each picture, then many together may take longer, and one may not."""
    data = encoded(Image.effect_noise((3_000, 3_000), 90), "PNG", compress_level=1)
    with a_decoder(seconds=1) as decoder:
        for _ in range(15):
            decoder.read_picture(data, **OPTIONS)
        assert "longer" in blamed(lambda: decoder.read_picture(slow_picture(), **OPTIONS))
        assert decoder.read_picture(photograph(), **OPTIONS).facts.format == "JPEG"


def stopped(decoder: Decoder) -> int:
    """The pool's one process, started and halted, so that no picture is ever answered."""
    decoder.start()
    (pid,) = pids(decoder)
    os.kill(pid, signal.SIGSTOP)
    return pid


def wait_for_a_picture(decoder: Decoder, pid: int) -> None:
    until(lambda: any(process.pid == pid and not process.is_fresh for process in decoder._running))


def halted(decoder: Decoder, stop: threading.Event) -> None:
    """Halt every process of the pool as soon as it has a picture."""
    while not stop.wait(0.001):
        for process in list(decoder._running):
            if not process.is_fresh and not process.has_ended:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGSTOP)


def test_a_process_that_was_stopped_is_ended_and_the_picture_read_by_another() -> None:
    with a_decoder(seconds=1) as decoder:
        pid = stopped(decoder)
        assert decoder.read_picture(photograph(), **OPTIONS).facts.format == "JPEG"
        assert pid not in pids(decoder)


@linux
def test_where_no_process_gets_to_work_it_is_not_the_pictures_fault() -> None:
    """As on a machine that swaps, or is stopped: given two processes that are halted while they decode."""
    stop = threading.Event()
    with a_decoder(seconds=1) as decoder, ThreadPoolExecutor() as pool:
        watching = pool.submit(halted, decoder, stop)
        with pytest.raises(DecoderUnavailable):
            decoder.read_picture(slow_picture(), **OPTIONS)
        stop.set()
        watching.result()
        assert decoder.read_picture(photograph(), **OPTIONS).facts.format == "JPEG"


@linux
def test_a_picture_that_takes_all_the_time_there_is_for_it_is_too_costly_or_the_machine_too_busy() -> None:
    """Given a second; then on a machine that has time for us, it is the picture that takes too long."""
    with a_decoder() as decoder:
        blamed(lambda: decoder.read_query(slow_picture(), sizing=SIZING, max_pixels=10**8, seconds=1, allowance=1))
        assert decoder.read_query(photograph(), sizing=SIZING, max_pixels=10**8).width == 451


@linux
def test_a_picture_is_not_blamed_for_the_time_that_it_waited_for_others() -> None:
    """Given ten seconds of which waiting has left one; then taking all of that says nothing of the picture."""
    with a_decoder() as decoder, pytest.raises(DecoderUnavailable):
        decoder.read_query(slow_picture(), sizing=SIZING, max_pixels=10**8, seconds=1, allowance=10)


def test_nobody_waits_without_end_for_processes_that_are_all_at_work() -> None:
    with a_decoder() as decoder, ThreadPoolExecutor() as pool:
        pid = stopped(decoder)
        reading = pool.submit(decoder.read_picture, photograph(), **OPTIONS)
        wait_for_a_picture(decoder, pid)
        with pytest.raises(DecoderUnavailable):
            decoder.read_query(photograph(), sizing=SIZING, max_pixels=10**8, seconds=0.2)
        os.kill(pid, signal.SIGCONT)
        assert reading.result().facts.format == "JPEG"


@linux
@pytest.mark.parametrize(("earlier", "again"), [(0, 0), (1, 1)])
def test_running_out_of_memory_is_tried_again_only_where_an_earlier_picture_may_have_taken_it(
    caplog: pytest.LogCaptureFixture, earlier: int, again: int
) -> None:
    caplog.set_level("INFO")
    large = encoded(Image.new("RGBA", (10_000, 10_000)), "PNG", compress_level=1)
    with a_decoder(memory_bytes=400 * MIB) as decoder:
        for _ in range(earlier):
            decoder.read_picture(photograph(), **OPTIONS)
        with pytest.raises(ImageTooCostly, match="memory"):
            decoder.read_picture(large, **OPTIONS)
    assert caplog.text.count("once more") == again


def queries(decoder: Decoder, **limits: Any) -> QueryPictures:
    return QueryPictures(
        decoder, **{"sizing": SIZING, "max_pixels": 100_000, "max_stored_pixels": 200_000, "seconds": 600, **limits}
    )


def test_the_pictures_of_a_request_share_its_pixels(decoder: Decoder) -> None:
    """Given 60,000, 30,000 and 20,000 pixels where 100,000 are allowed, then the third is refused; 10,000 are not."""
    read = queries(decoder)
    for size in ((300, 200), (200, 150)):
        read(encoded(Image.new("L", size)))
    with pytest.raises(ImageTooLarge, match="110,000 pixels together; the limit is 100,000") as refused:
        read(encoded(Image.new("L", (200, 100))))
    assert refused.value.extra == {"pixels": 110_000, "max_pixels": 100_000}
    assert read(encoded(Image.new("L", (100, 100)))).shape == (320, 320, 3)


def test_a_picture_of_the_library_has_the_librarys_limit_and_takes_nothing_from_the_others(decoder: Decoder) -> None:
    read = queries(decoder)
    stored = encoded(Image.new("L", (400, 400)))
    assert read(stored, (0, 0, 0.5, 0.5), stored=True).shape == (320, 320, 3)
    with pytest.raises(ImageTooLarge, match="160,000 pixels; the limit is 100,000"):
        read(stored, (0, 0, 0.5, 0.5))
    with pytest.raises(ImageTooLarge, match="the limit is 200,000"):
        read(encoded(Image.new("L", (500, 500))), stored=True)
    assert read(encoded(Image.new("L", (500, 200)))).shape == (128, 320, 3)


def test_the_pictures_of_a_request_share_its_time() -> None:
    """Given one that takes all of it, then the next one is not even begun."""
    with a_decoder() as decoder:
        read = queries(decoder, max_pixels=10**8, seconds=1)
        with pytest.raises((ImageTooCostly, DecoderUnavailable)):
            read(slow_picture())
        with pytest.raises(DecoderUnavailable, match="send fewer"):
            read(photograph())
        assert pids(decoder) == set()


def test_a_process_killed_from_outside_is_not_the_pictures_fault() -> None:
    """As the kernel does when memory is short: the picture is tried once more."""
    with a_decoder() as decoder, ThreadPoolExecutor() as pool:
        pid = stopped(decoder)
        reading = pool.submit(decoder.read_picture, photograph(), **OPTIONS)
        wait_for_a_picture(decoder, pid)
        os.kill(pid, signal.SIGKILL)
        assert reading.result().facts.format == "JPEG"


def test_a_picture_with_which_processes_get_killed_again_and_again_is_rejected() -> None:
    killed: set[int] = set()
    with a_decoder() as decoder, ThreadPoolExecutor() as pool:
        reading = pool.submit(decoder.read_picture, slow_picture(), **OPTIONS)
        while not reading.done():
            for process in list(decoder._running):
                if not process.is_fresh and process.pid not in killed:
                    killed.add(process.pid)
                    os.kill(process.pid, signal.SIGKILL)
            time.sleep(0.01)
        with pytest.raises(DecoderCrashed):
            reading.result()
    assert len(killed) == 2


@pytest.mark.parametrize("executable", ["/no/such/python", shutil.which("false")])
def test_where_no_process_can_be_started_it_is_not_the_pictures_fault(
    monkeypatch: pytest.MonkeyPatch, executable: str
) -> None:
    with a_decoder() as decoder:
        monkeypatch.setattr(sys, "executable", executable)
        with pytest.raises(DecoderUnavailable):
            decoder.read_picture(photograph(), **OPTIONS)
        monkeypatch.undo()
        assert decoder.read_picture(photograph(), **OPTIONS).facts.format == "JPEG"


def test_a_pool_that_is_closed_ends_its_processes_and_tells_those_who_wait() -> None:
    with a_decoder() as decoder, ThreadPoolExecutor() as pool:
        pid = stopped(decoder)
        waiting = [pool.submit(decoder.read_picture, photograph(), **OPTIONS) for _ in range(3)]
        wait_for_a_picture(decoder, pid)
        decoder.close()
        for each in waiting:
            with pytest.raises(DecoderUnavailable):
                each.result()
        assert pids(decoder) == set()
        with pytest.raises(DecoderUnavailable):
            decoder.start()


def test_a_pool_that_is_forgotten_ends_its_processes() -> None:
    decoder = Decoder(2, memory_bytes=1024 * MIB, seconds=60)
    decoder.start()
    (process,) = decoder._running
    del decoder
    assert process.has_ended


@linux
def test_a_process_has_nothing_worth_stealing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its environment has no credentials and no settings, and it has no file of ours open."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "IMAGESEARCH_CURSOR_SECRET"):
        monkeypatch.setenv(name, "worth stealing")
    # The process itself lets nobody look; what stands in its place tells what it was given, and then becomes it.
    python, told = tmp_path / "python", tmp_path / "told.json"
    python.write_text(f"""#!{sys.executable} -I
import json, os, sys
fds = [f"/proc/self/fd/{{name}}" for name in os.listdir("/proc/self/fd")]
with open("/proc/self/environ") as file:
    pairs = [pair.split("=", 1) for pair in file.read().split("\\0") if pair]
links = [os.readlink(fd) for fd in fds if os.path.lexists(fd)]
with open({str(told)!r}, "w") as file:
    json.dump([dict(pairs), links], file)
os.execv({sys.executable!r}, [{sys.executable!r}, *sys.argv[1:]])
""")
    python.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(python))
    with Path(__file__).open() as ours, a_decoder() as decoder:
        os.set_inheritable(ours.fileno(), True)
        decoder.start()
    environment, links = json.loads(told.read_text())
    assert "worth stealing" not in environment.values()
    assert environment.keys() <= {
        "PYTHONPATH", "OPENBLAS_NUM_THREADS", "MALLOC_ARENA_MAX", *process_module._KEPT_VARIABLES
    }  # fmt: skip
    assert sum(link.startswith("pipe:") for link in links) >= 2
    assert not [link for link in links if link == __file__]


@linux
def test_neither_the_product_nor_a_decoding_process_can_be_looked_into_by_processes_of_the_same_user() -> None:
    """As a picture would that has taken over its process: it seeks the function's credentials where they are kept."""
    spy = """
import pathlib, sys
for pid in sys.argv[1:]:
    for name in ("environ", "maps", "mem"):
        try:
            with open(f"/proc/{pid}/{name}", "rb") as file:
                print("read", name, b"worth stealing" in file.read() if name == "environ" else "")
        except OSError:
            print("denied")
"""
    program = f"""
import os, subprocess, sys
from imagesearch.decoder.pool import Decoder
def looked_into(*pids):
    command = [sys.executable, "-c", {spy!r}, *map(str, pids)]
    return subprocess.run(command, env={{}}, capture_output=True, text=True, check=True).stdout.splitlines()
print(looked_into(os.getpid())[0])
decoder = Decoder(1, memory_bytes=2**30, seconds=60)
decoder.start()
(process,) = decoder._running
print(*looked_into(os.getpid(), process.pid), sep="\\n")
"""
    # Root may look into everything, so root's privileges are given up first.
    unprivileged = ["setpriv", "--bounding-set", "-all"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [*unprivileged, sys.executable, "-c", program],
        env={**os.environ, "AWS_SECRET_ACCESS_KEY": "worth stealing"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.splitlines() == ["read environ True", *["denied"] * 6], done.stderr


@linux
def test_a_process_is_limited() -> None:
    with a_decoder(memory_bytes=777 * MIB, seconds=55) as decoder:
        decoder.read_picture(photograph(), **OPTIONS)
        (pid,) = pids(decoder)
        text = Path(f"/proc/{pid}/limits").read_text()
    soft = {name: re.search(rf"{name} +(\S+)", text)[1] for name in ("Max address space", "Max cpu time")}  # type: ignore[index]  # the kernel lists both
    assert soft["Max address space"] == str(777 * MIB)
    assert 55 <= int(soft["Max cpu time"]) < 65
    for name in ("Max file size", "Max core file size"):
        assert re.search(rf"{name} +0 +0", text)
    assert re.search(r"Max open files +32 +32", text)


@linux
@pytest.mark.parametrize("how", ["SIGKILL", "SIGINT", "SIGTERM", "exit"])
def test_no_process_outlives_its_program(how: str) -> None:
    """However that ends: Ctrl-C goes to its whole process group, SIGKILL leaves it no time to tidy up."""
    program = """
import sys, time
from imagesearch.decoder.pool import Decoder
decoder = Decoder(1, memory_bytes=2**30, seconds=60)
decoder.start()
print(*(process.pid for process in decoder._running), flush=True)
sys.stdin.readline() or time.sleep(10**6)
"""
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        process_group=0,
    ) as parent:
        assert parent.stdin
        assert parent.stdout
        pid = int(parent.stdout.readline())
        assert Path(f"/proc/{pid}").exists()
        if how == "exit":
            parent.stdin.write(b"\n")
            parent.stdin.flush()
        else:
            os.killpg(parent.pid, signal.Signals[how])
        until(lambda: not is_running(pid))


@linux
def test_it_works_without_shared_memory() -> None:
    """As on AWS Lambda: /dev/shm is hidden behind an empty folder that nobody can write to."""
    program = """
import os, sys
from imagesearch.decoder.pool import Decoder
from imagesearch.records import Sizing
try:
    os.close(os.open("/dev/shm/probe", os.O_CREAT | os.O_WRONLY))
except OSError:
    print("hidden")
decoder = Decoder(2, memory_bytes=2**30, seconds=60)
query = decoder.read_query(sys.stdin.buffer.read(), sizing=Sizing(320, "longest", "bicubic"), max_pixels=10**8)
print(query.pixels.shape)
"""
    hide = 'mount -t tmpfs -o ro none /dev/shm && exec "$0" -c "$1"'
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", hide, sys.executable, program]
    try:
        done = subprocess.run(command, input=photograph(), capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no unshare here")
    if done.returncode and b"ermi" in done.stderr:  # Operation not permitted, Permission denied
        pytest.skip("only root may hide /dev/shm")
    assert done.stdout.decode().splitlines() == ["hidden", "(213, 320, 3)"], done.stderr


def test_what_is_larger_than_the_pipes_gets_through_both_ways(decoder: Decoder) -> None:
    """108 MB in and 12 MB out, and none of what goes in is copied on the way."""
    data = encoded(Image.effect_noise((6_000, 6_000), 50).convert("RGB"), "BMP")
    pixels = decoder.read_query(data, sizing=Sizing(2_000, "longest", "bilinear"), max_pixels=10**8).pixels
    assert pixels.shape == (2_000, 2_000, 3)
    assert wire.packed({}, data)[1] is data


def exchange_with(program: str, message: list[wire.Buffer], *, seconds: float) -> tuple[dict[str, Any], memoryview]:
    """Ask another program than the worker."""
    start = "import json, struct, sys, time\n" + program
    with subprocess.Popen(
        [sys.executable, "-c", start], bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdin
        assert other.stdout
        for pipe in (other.stdin, other.stdout):
            os.set_blocking(pipe.fileno(), False)
        try:
            return wire.exchange(other.stdin.fileno(), other.stdout.fileno(), message, time.monotonic() + seconds)
        finally:
            other.kill()


def test_two_sides_that_both_write_first_do_not_wait_for_each_other() -> None:
    """Given 8 MB in both directions, and a process that reads nothing before it has written all."""
    program = """
body = b"x" * 8_000_000
sys.stdout.buffer.write(struct.pack("<IQ", 2, len(body)) + b"{}" + body)
sys.stdout.buffer.flush()
sys.stdin.buffer.read()
"""
    header, body = exchange_with(program, wire.packed({}, b"y" * 8_000_000), seconds=600)
    assert (header, len(body)) == ({}, 8_000_000)


def test_a_side_that_never_reads_is_waited_for_no_longer_than_allowed() -> None:
    with pytest.raises(TimeoutError):
        exchange_with("time.sleep(600)", wire.packed({}, b"y" * 8_000_000), seconds=0.5)


@pytest.mark.parametrize(
    "answer",
    [
        b"\xff" * 100,
        struct.pack("<IQ", 2, 2**40) + b"{}",
        struct.pack("<IQ", 2**31, 0) + b"{}",
        struct.pack("<IQ", 2, 0) + b"[]",
        struct.pack("<IQ", 3, 0) + b"\x80\x04.",
        struct.pack("<IQ", 2, 0) + b"{}" + b"more",
        struct.pack("<IQ", 200_000, 0) + b"[" * 200_000,
    ],
    ids=["noise", "a huge body", "a huge header", "a list", "pickle", "too much", "nested"],
)
def test_an_answer_that_is_no_message_is_not_believed(answer: bytes) -> None:
    program = f"sys.stdout.buffer.write(sys.stdin.buffer.read({len(answer)})); sys.stdout.flush(); time.sleep(600)"
    with pytest.raises(wire.Garbled):
        exchange_with(program, [answer], seconds=600)


WEBP = b"RIFF" + struct.pack("<I", 12) + b"WEBP" + bytes(8)
FACTS = {"format": "PNG", "width": 400, "height": 300, "perceptual_hash": "0" * 16, "mirrored_hash": "f" * 16}


def answered(facts: object = FACTS, *, shape: object = (240, 320, 3), thumbnail: bytes = WEBP) -> Picture:
    """What the product makes of such an answer about a picture."""
    header = json.loads(json.dumps({"shape": shape, "facts": facts}))
    return picture_of(header, memoryview(bytes(240 * 320 * 3) + thumbnail), **OPTIONS)


@pytest.mark.parametrize(
    "shape",
    [
        *[None, "large", [320, 320], [240, 320, 4], [-1, -1, 3], [0, 320, 3], [True, 320, 3], [240.0, 320, 3]],
        *[[321, 240, 3], [240, 319, 3], [31, 320, 3], [9_000, 9_000, 3], [320, 321, 3], [320, 320, 3]],
    ],
    ids=str,
)
def test_pixels_that_the_model_does_not_take_are_not_believed(shape: object) -> None:
    """... nor those of which not all are there, as of the last."""
    assert answered().pixels.shape == (240, 320, 3)
    with pytest.raises(wire.Garbled):
        answered(shape=shape)


@pytest.mark.parametrize(
    "changes",
    [
        {"format": "<script>"}, {"format": "png"}, {"format": 7},
        {"width": "1"}, {"width": 0}, {"width": -5}, {"width": -5, "height": -5}, {"width": 15_000, "height": 10_001},
        {"perceptual_hash": "zz"}, {"perceptual_hash": "0" * 17}, {"perceptual_hash": "F" * 16},
        {"mirrored_hash": ""}, {"mirrored_hash": "0" * 15 + "\n"},
        {"frames": 0}, {"frames": 10_001}, {"frames": True},
        {"taken": "yesterday"}, {"taken": "2020-01-01T00:00:00"}, {"taken": "0001-01-01T00:00:00+12:00"},
        {"camera": ""}, {"camera": "c" * 101}, {"camera": "c" * 300_000}, {"camera": "two\nlines"},
        {"position": {"latitude": 90.1, "longitude": 0}}, {"position": {"latitude": 0, "longitude": -180.1}},
        {"position": {"latitude": float("nan"), "longitude": 0}}, {"position": [1, 2]},
        {"words": {"caption": "c" * 2_001}}, {"words": {"tags": ["t"] * 101}}, {"words": {"tags": ["t" * 101]}},
        {"words": {"attributes": {"legs": 4}}}, {"words": {"caption": "\ud800"}},
    ],
    ids=lambda changes: json.dumps(changes)[:50],
)  # fmt: skip
def test_facts_that_no_picture_has_are_not_believed(changes: dict[str, Any]) -> None:
    facts = {
        **FACTS,
        "frames": 10_000,
        "taken": "2020-02-29T12:00:00+14:00",
        "camera": "c" * 100,
        "position": {"latitude": -90.0, "longitude": 180.0},
        "words": {"caption": "c" * 2_000, "tags": ["t" * 100] * 100},
    }
    assert answered(facts).facts.frames == 10_000
    with pytest.raises(wire.Garbled):
        answered({**facts, **changes})


@pytest.mark.parametrize("facts", [None, [], {}, {"format": "PNG"}, "PNG"], ids=str)
def test_facts_that_are_none_are_not_believed(facts: object) -> None:
    with pytest.raises(wire.Garbled):
        answered(facts)


@pytest.mark.parametrize(
    "thumbnail",
    [
        b"",
        b"<html>",
        b"<html><script>",
        b"RIFF" + struct.pack("<I", 12) + b"WAVE" + bytes(8),
        WEBP + b"<html>",
        WEBP[:-1],
        b"RIFF" + struct.pack("<I", 1_000_000) + b"WEBP" + bytes(1_000_000 - 4),
    ],
    ids=["nothing", "cut short", "HTML", "sound", "more behind it", "less", "a megabyte"],
)
def test_a_thumbnail_that_is_none_is_not_believed(thumbnail: bytes) -> None:
    assert answered().thumbnail == WEBP
    with pytest.raises(wire.Garbled):
        answered(thumbnail=thumbnail)


@pytest.mark.parametrize("fit", ["squeeze", "longest"])
@given(width=st.integers(1, 20_000), height=st.integers(1, 20_000), size=st.integers(1, 1_000))
def test_every_size_that_pictures_are_brought_to_is_believed(
    fit: Literal["squeeze", "longest"], width: int, height: int, size: int
) -> None:
    sizing = Sizing(size, fit, "bicubic")
    assert is_target_size(target_size((width, height), sizing), sizing)


@pytest.mark.parametrize("size", [(1_000, 1), (1, 1_000), (1, 1), (5_000, 3_333), (384, 384)], ids=str)
def test_thumbnails_of_noise_of_any_shape_are_believed(decoder: Decoder, size: tuple[int, int]) -> None:
    noise = np.random.default_rng(7).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    picture = decoder.read_picture(encoded(Image.fromarray(noise), "BMP"), **OPTIONS)
    assert (picture.facts.width, picture.facts.height) == size


def test_an_error_tells_figures_of_the_picture_and_nothing_else() -> None:
    extra = {"pixels": 7, "max_pixels": "8", "status": 200, "code": 1, "self": 1}
    error = error_of({"error": "image-too-large", "detail": "too\0large\ud800" + "x" * 9_999, "extra": extra})
    assert error.extra == {"pixels": 7}
    assert error.detail.startswith("too large x")
    assert len(error.detail) == 500


@pytest.mark.parametrize("error", ["SystemExit", "internal-error", "not-found", None, 7])
def test_only_errors_of_pictures_are_believed(error: object) -> None:
    with pytest.raises(wire.Garbled):
        error_of({"error": error, "detail": "x", "extra": {}})
    assert isinstance(error_of({"error": "not-an-image", "detail": "x" * 9_999, "extra": {}}), NotAnImage)


def test_ctrl_c_ends_the_process_whose_answer_nobody_waits_for_any_more() -> None:
    """Else what it answers later would be taken for the next picture's."""
    with a_decoder() as decoder:
        pid = stopped(decoder)
        main = threading.main_thread().ident
        assert main

        def interrupt() -> None:
            wait_for_a_picture(decoder, pid)
            signal.pthread_kill(main, signal.SIGINT)

        timer = threading.Thread(target=interrupt)
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            decoder.read_picture(photograph(), **OPTIONS)
        timer.join()
        assert pids(decoder) == set()
        assert decoder.read_picture(photograph("coffee"), **OPTIONS).facts.width == 600
