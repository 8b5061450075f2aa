"""Tables of pictures and words: what each row becomes, and what is said of rows that can't become anything."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagesearch_local.adding.sources import NothingToAdd, Source
from imagesearch_local.adding.tables import Table, read_table
from imagesearch_local.attribute_values import typed


def elsewhere(address: str, key: str) -> Source:
    """What stands for an object of a bucket."""
    return Source(address, key, address, None, lambda: None)


def table(folder: Path, text: str, name: str = "table.csv", prefix: str = "", relative_to: str = "") -> Table:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_table(path, prefix, relative_to or str(folder), elsewhere)


def picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"a picture")
    return path


def words(source: Source) -> Any:
    sidecar = source.words()
    return None if sidecar is None else json.loads(sidecar)


def content(source: Source) -> bytes:
    with source.opened() as opened:
        return opened.file.read()


def test_columns_are_words_and_all_others_attributes(tmp_path: Path) -> None:
    picture(tmp_path / "sea" / "a.png")

    [source] = table(
        tmp_path,
        '\ufeffpath,caption,tags,legs,wild,code,by\nsea/a.png,"A frog, green",animals; big frogs|pond,4,true,007,\n',
        prefix="2024/",
    ).sources

    assert (source.key, content(source)) == ("2024/sea/a.png", b"a picture")
    assert words(source) == {
        "caption": "A frog, green",
        "tags": ["animals", "big frogs", "pond"],
        "attributes": {"legs": 4, "wild": True, "code": "007"},
    }


def test_words_of_a_row_go_over_those_beside_the_picture_field_by_field(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    (tmp_path / "a.json").write_text('{"caption": "beside", "tags": ["beside"]}')

    [source] = table(tmp_path, "path,caption\na.png,from the table\n").sources

    assert words(source) == {"caption": "from the table", "tags": ["beside"]}


def test_json_lines_may_bring_what_export_writes(tmp_path: Path) -> None:
    """Given an export beside the picture of one row alone, that row is the picture and the other only its words."""
    picture(tmp_path / "a.png")
    rows: list[dict[str, Any]] = [
        {"key": "a.png", "id": "ida", "caption": "A", "tags": [], "attributes": {"legs": 4}, "width": 3, "taken": None},
        {"key": "b/b.png", "id": "idb", "caption": "B", "tags": ["x"], "attributes": {}, "width": 3, "taken": None},
    ]

    here, gone = table(tmp_path, "\n\n".join(map(json.dumps, rows)), "library.jsonl").sources

    assert content(here) == b"a picture"
    assert words(here) == {"caption": "A", "tags": [], "attributes": {"legs": 4}}
    assert (gone.content, gone.key, gone.image_id) == (None, "b/b.png", "idb")
    assert words(gone) == {"caption": "B", "tags": ["x"], "attributes": {}}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"id": "ida", "caption": None, "tags": []}, {"caption": "", "tags": []}),
        ({"id": "ida", "tags": []}, {"tags": []}),
        ({"caption": None, "tags": []}, {"tags": []}),
    ],
)
def test_an_exported_row_says_also_that_there_is_no_caption(tmp_path: Path, row: dict[str, Any], said: Any) -> None:
    """Else a caption given since would stay, while tags given since are taken away."""
    [source] = table(tmp_path, json.dumps({"key": "a.png", **row}), "library.jsonl").sources

    assert words(source) == said


def test_words_need_no_suffix_to_find_their_picture(tmp_path: Path) -> None:
    """Given a picture in the library whose key has no suffix, its row is taken; as a picture it would be refused."""
    row = {"key": "scan 7", "id": "ida", "caption": "A"}

    [source] = table(tmp_path, json.dumps(row), "library.jsonl").sources
    picture(tmp_path / "scan 7")

    assert (source.key, source.content) == ("scan 7", None)
    assert "no suffix" in str(table(tmp_path, json.dumps(row), "library.jsonl").problems)


@pytest.mark.parametrize("row", [{"path": "../secret/id_rsa"}, {"path": "{folder}/secret/id_rsa"}])
def test_a_table_of_others_gets_no_file_that_is_no_picture(tmp_path: Path, row: dict[str, str]) -> None:
    """Given a row that calls a private key a picture, it is refused by the place that would be read."""
    picture(tmp_path / "secret" / "id_rsa")
    (tmp_path / "tables").mkdir()
    line = json.dumps({"key": "a.jpg", **row}).replace("{folder}", str(tmp_path))

    found = table(tmp_path / "tables", line, "theirs.jsonl")

    assert not any(source.content for source in found.sources)
    assert found.problems


@pytest.mark.parametrize(
    "key", ["../secret/x.jpg", "a/../../secret/x.jpg", "{folder}/secret/x.jpg", "s3://secret/x.jpg"]
)
@pytest.mark.parametrize("relative_to", ["", "s3://bucket"])
def test_a_key_that_leads_elsewhere_is_never_looked_up(tmp_path: Path, key: str, relative_to: str) -> None:
    """Given an export with a key that an uploader chose, nothing outside the table's folder is read: words alone."""
    picture(tmp_path / "secret" / "x.jpg")
    (tmp_path / "tables").mkdir()
    key = key.replace("{folder}", str(tmp_path))
    line = json.dumps({"key": key, "id": "ida", "caption": "A"})

    [source] = table(tmp_path / "tables", line, "theirs.jsonl", relative_to=relative_to).sources

    assert (source.content, source.key, source.image_id) == (None, key, "ida")


@pytest.mark.parametrize(
    ("path", "relative_to", "address"),
    [
        ("s3://bucket/x/a.png", "", "s3://bucket/x/a.png"),
        ("x/a.png", "s3://bucket/library/", "s3://bucket/library/x/a.png"),
    ],
)
def test_paths_may_be_in_a_bucket(tmp_path: Path, path: str, relative_to: str, address: str) -> None:
    [source] = table(tmp_path, f"path\n{path}\n", relative_to=relative_to).sources

    assert source.origin == address


@pytest.mark.parametrize(
    ("path", "key"),
    [("./x/../y/a.png", "y/a.png"), ("../a.png", "a.png"), ("/some/where/a.png", "a.png"), ("s3://b/x/a.png", "a.png")],
)
def test_a_relative_path_is_the_key_and_of_others_the_name_is(tmp_path: Path, path: str, key: str) -> None:
    assert [source.key for source in table(tmp_path, f"path\n{path}\n").sources] == [key]


def test_each_bad_row_is_named_by_its_number_and_the_others_go_on(tmp_path: Path) -> None:
    text = "path,caption\n,no path\nnotes.txt,no picture\na.png,one,cell too many\ngood.png,fine\n"

    found = table(tmp_path, text)

    assert [source.key for source in found.sources] == ["good.png"]
    assert {name: reason[:30] for name, reason in found.problems.items()} == {
        "table.csv, row 2": "it has neither `path` nor `key"[:30],
        "table.csv, row 3": "notes.txt has no suffix of a p",
        "table.csv, row 4": "it has more cells than there a",
    }


def test_rows_are_numbered_as_a_spreadsheet_does_though_some_are_empty(tmp_path: Path) -> None:
    found = table(tmp_path, 'path,caption\n\n,\n"a.png","two\nlines"\n\nnotes.txt,\n')

    assert [source.name for source in found.sources] == ["table.csv, row 4: a.png"]
    assert list(found.problems) == ["table.csv, row 6"]


@pytest.mark.parametrize("separator", [";", "\t"])
def test_a_table_of_a_european_spreadsheet_is_read(tmp_path: Path, separator: str) -> None:
    """Where numbers have a decimal comma, columns are separated by semicolons, and tags are then quoted."""
    cells = [['"path"', "caption", "tags", "price"], ["a.png", "A frog, green", '"green;wet"', "1,5"]]

    [source] = table(tmp_path, "\ufeff" + "\r\n".join(map(separator.join, cells))).sources

    assert words(source) == {"caption": "A frog, green", "tags": ["green", "wet"], "attributes": {"price": "1,5"}}


def test_a_spreadsheets_own_way_of_writing_is_understood(tmp_path: Path) -> None:
    """Given a header in capitals and truth as Excel writes it, words are words; attributes keep the case they have."""
    [source] = table(tmp_path, "PATH;Caption;TAGS;Wild;Tame\na.png;A frog;x|y;TRUE;FALSE\n").sources

    assert words(source) == {"caption": "A frog", "tags": ["x", "y"], "attributes": {"Wild": True, "Tame": False}}


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_table_in_another_encoding_is_told_how_to_be_saved(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text("path,caption\na.png,Été\n", encoding=encoding)

    with pytest.raises(NothingToAdd, match="save it so"):
        read_table(path, "", str(tmp_path), elsewhere)


@pytest.mark.parametrize(
    ("text", "told"),
    [("File,Words\na.png,x\n", "holds `File`, `Words`"), ("File;Words\n", "`File`, `Words`"), ("", "nothing")],
)
def test_a_table_without_a_path_says_what_it_has_instead(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(NothingToAdd, match=f"commas, semicolons or tabs.*{told}"):
        table(tmp_path, text)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("nonsense", "not JSON"),
        ("[1]", "not a JSON object"),
        ('{"path": 3}', "`path` is not a text"),
        ('{"path": "a.png", "caption": 3}', "`caption` is not a text"),
        ('{"path": "a.png", "tags": "x"}', "`tags` is not a list"),
        ('{"path": "a.png", "attributes": {"x": [1]}}', "neither text, number"),
        ('{"key": "gone.png"}', "no words"),
    ],
)
def test_a_bad_line_says_what_is_wrong(tmp_path: Path, line: str, problem: str) -> None:
    found = table(tmp_path, f'{{"path": "a.png"}}\n{line}\n', "t.jsonl")

    assert len(found.sources) == 1
    [(name, reason)] = found.problems.items()
    assert name == "t.jsonl, row 2"
    assert problem in reason


@pytest.mark.parametrize(
    "text", ["caption\nx\n", "", "path,tags,tags\na.png,x,y\n", 'path\n"a.png"x\n', "path\n\udcff\n"]
)
def test_a_table_that_is_none_is_refused_as_a_whole(tmp_path: Path, text: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(NothingToAdd, match=r"table\.csv"):
        read_table(path, "", str(tmp_path), elsewhere)


@given(st.dictionaries(st.text(), st.text()))
def test_any_cells_that_a_csv_writer_wrote_are_read_or_named(
    tmp_path_factory: pytest.TempPathFactory, cells: dict[str, str]
) -> None:
    """Spreadsheets write anything: each row is a source or a problem, and nothing else is raised than NothingToAdd."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(["path", *cells])
    writer.writerow(["a.png", *cells.values()])
    folder = tmp_path_factory.getbasetemp()
    path = folder / "any.csv"
    path.write_text(written.getvalue(), encoding="utf-8", errors="replace", newline="")

    try:
        found = read_table(path, "", str(folder), elsewhere)
    except NothingToAdd:
        return
    assert len(found.sources) + len(found.problems) == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [("4", 4), ("-1.5", -1.5), ("1e3", 1000.0), ("true", True), ("false", False), ('"4"', "4"), ("007", "007"),
     ("1,5", "1,5"), ("yes", "yes"), ("NaN", "NaN"), ("1e999", "1e999"), ("null", "null"), ("[1]", "[1]"),
     ("{}", "{}"), ("TRUE", True), ("False", False), ("9" * 5000, "9" * 5000)],
)  # fmt: skip
def test_only_what_is_clearly_a_number_or_truth_is_typed(text: str, value: Any) -> None:
    assert typed(text) == value
    assert type(typed(text)) is type(value)
