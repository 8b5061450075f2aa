"""The ledger of what was sent: whole after whatever ended the process, and nobody else's while it is open."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from limits import files_up_to

from imagesearch_local.adding.ledger import Entry, LedgerUnwritable, open_ledger

ENDPOINT = "https://api.example/v1"
CAT = Entry("c" * 64, "id-of-the-cat", "words")
DOG = Entry("d" * 64, "id-of-the-dog", "")
BIRD = Entry("b" * 64, "id-of-the-bird", "")


def test_what_was_noted_is_known_the_next_time_and_the_last_note_counts(tmp_path: Path) -> None:
    with open_ledger(ENDPOINT, tmp_path) as ledger:
        ledger.note(CAT)
        ledger.note(Entry(CAT.sha256, CAT.image_id, "new words"))

    with open_ledger(f"{ENDPOINT}/", tmp_path) as ledger:
        assert ledger.find(CAT.sha256) == Entry(CAT.sha256, CAT.image_id, "new words")
        assert ledger.find(DOG.sha256) is None


def test_each_endpoint_has_its_own(tmp_path: Path) -> None:
    with open_ledger(ENDPOINT, tmp_path) as ledger, open_ledger("https://api.example/v2", tmp_path) as other:
        ledger.note(CAT)
        assert other.find(CAT.sha256) is None


@pytest.mark.parametrize(
    ("endpoint", "same"),
    [
        ("http://127.0.0.1:8000/api", "http://localhost:8000/api/"),
        ("http://127.0.0.1:8000/api", "http://[::1]:8000/api"),
        ("https://api.example/v1", "https://API.example:443/v1"),
        ("http://api.example/v1", "http://api.example:80/v1"),
        ("https://api.example/v1", "https://me:s3cret@api.example/v1"),
    ],
)
def test_an_endpoint_has_one_however_it_is_written(tmp_path: Path, endpoint: str, same: str) -> None:
    with open_ledger(endpoint, tmp_path) as ledger:
        ledger.note(CAT)

    with open_ledger(same, tmp_path) as ledger:
        assert ledger.find(CAT.sha256) == CAT
    assert "s3cret" not in _file(tmp_path).name


@pytest.mark.parametrize("other", ["http://api.example/v1", "https://api.example:80/v1", "https://api.example/V1"])
def test_other_services_of_a_host_have_their_own(tmp_path: Path, other: str) -> None:
    with open_ledger(ENDPOINT, tmp_path) as ledger, open_ledger(other, tmp_path) as elsewhere:
        ledger.note(CAT)
        assert elsewhere.find(CAT.sha256) is None


@given(st.data())
def test_a_line_that_was_cut_short_loses_itself_alone(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Given a crash at any byte of the second note, the first is known, and so is what is noted after it."""
    folder = tmp_path_factory.mktemp("ledger")
    with open_ledger(ENDPOINT, folder) as ledger:
        ledger.note(CAT)
        whole = _file(folder).stat().st_size
        ledger.note(DOG)
    content = _file(folder).read_bytes()
    _file(folder).write_bytes(content[: data.draw(st.integers(whole, len(content) - 2))])

    with open_ledger(ENDPOINT, folder) as ledger:
        assert (ledger.find(CAT.sha256), ledger.find(DOG.sha256)) == (CAT, None)
        ledger.note(DOG)
    with open_ledger(ENDPOINT, folder) as ledger:
        assert (ledger.find(CAT.sha256), ledger.find(DOG.sha256)) == (CAT, DOG)


@pytest.mark.parametrize("room", [0, 1, 100])
def test_a_note_for_which_the_disk_has_no_room_is_none_and_says_so(tmp_path: Path, room: int) -> None:
    """Given a file that may grow by less than a note, what was noted stays, and so does what is noted with more room.

    A limit of the process stands in for a full disk: both take a part of a line, and then refuse.
    """
    with open_ledger(ENDPOINT, tmp_path) as ledger:
        ledger.note(CAT)
        with files_up_to(_file(tmp_path).stat().st_size + room), pytest.raises(LedgerUnwritable, match="too large"):
            ledger.note(DOG)
        assert ledger.find(DOG.sha256) is None
        ledger.note(BIRD)

    with open_ledger(ENDPOINT, tmp_path) as ledger:
        assert [ledger.find(each.sha256) for each in (CAT, DOG, BIRD)] == [CAT, None, BIRD]


def test_a_closed_one_writes_into_nobody_elses_file(tmp_path: Path) -> None:
    """Given a thread that notes too late, a file that was opened meanwhile under the same number stays empty."""
    with open_ledger(ENDPOINT, tmp_path) as ledger:
        pass
    with (tmp_path / "others").open("w") as others, pytest.raises(LedgerUnwritable):
        ledger.note(CAT)

    assert Path(others.name).read_text() == ""


def test_what_was_about_to_be_sent_is_told_from_what_was(tmp_path: Path) -> None:
    with open_ledger(ENDPOINT, tmp_path) as ledger:
        ledger.note(replace(CAT, sent=False))
        ledger.note(replace(DOG, sent=False))
        ledger.note(DOG)

    with open_ledger(ENDPOINT, tmp_path) as ledger:
        assert [ledger.find(each.sha256) for each in (CAT, DOG)] == [replace(CAT, sent=False), DOG]


def test_lines_of_earlier_versions_are_of_what_was_sent(tmp_path: Path) -> None:
    with open_ledger(ENDPOINT, tmp_path):
        _file(tmp_path).write_text(json.dumps({"sha256": CAT.sha256, "image_id": CAT.image_id, "words": CAT.words}))

    with open_ledger(ENDPOINT, tmp_path) as ledger:
        assert ledger.find(CAT.sha256) == CAT


def test_lines_of_others_are_left_alone(tmp_path: Path) -> None:
    with open_ledger(ENDPOINT, tmp_path) as ledger:
        ledger.note(CAT)
    with _file(tmp_path).open("a") as file:
        file.write('[]\n"text"\n{"of": "a later version"}\n\n')

    with open_ledger(ENDPOINT, tmp_path) as ledger:
        assert ledger.find(CAT.sha256) == CAT


def test_a_second_process_waits_and_then_knows_what_the_first_sent(tmp_path: Path) -> None:
    script = (
        "import sys, pathlib\nfrom imagesearch_local.adding.ledger import open_ledger\n"
        f"with open_ledger({ENDPOINT!r}, pathlib.Path(sys.argv[1]), lambda: print('waiting', flush=True)) as ledger:\n"
        f"    print(ledger.find({CAT.sha256!r}).image_id)\n"
    )
    with open_ledger(ENDPOINT, tmp_path) as ledger:
        other = subprocess.Popen([sys.executable, "-c", script, tmp_path], stdout=subprocess.PIPE, text=True)
        assert other.stdout
        assert other.stdout.readline() == "waiting\n"
        ledger.note(CAT)

    with other:
        assert other.stdout.read() == f"{CAT.image_id}\n"


def test_notes_of_several_threads_are_all_kept(tmp_path: Path) -> None:
    entries = [Entry(f"{number:064}", f"id-{number}", "") for number in range(200)]
    with open_ledger(ENDPOINT, tmp_path) as ledger:
        threads = [
            threading.Thread(target=lambda part=part: [*map(ledger.note, part)])
            for part in (entries[::2], entries[1::2])
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    with open_ledger(ENDPOINT, tmp_path) as ledger:
        assert [ledger.find(entry.sha256) for entry in entries] == entries


def _file(folder: Path) -> Path:
    [file] = folder.iterdir()
    return file
