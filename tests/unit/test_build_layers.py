"""How layers are made: what is left out, what is the same every time, what is noticed."""

from __future__ import annotations

import os
import struct
import sys
import zipfile
from email import message_from_string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from build_layers import wheels
from build_layers.binaries import check_binaries, elf_machine
from build_layers.building import build_model
from build_layers.bytecode import compile_all, interpreter_for
from build_layers.errors import LayerError
from build_layers.notices import licence_of, notices_of, write_notices
from build_layers.packing import pack
from build_layers.sizes import ALLOWED_SHARE, LIMIT_BYTES, Row, fits, together
from build_layers.stripping import Only, Rules, Without, distributions_in, load_rules, strip
from build_layers.targets import Target

HERE = Target("x86_64", f"3.{sys.version_info.minor}")


def written(folder: Path, *names: str) -> Path:
    """Files that hold their own names."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return folder


def names_in(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def installed(folder: Path, name: str, *files: str, licence: str = "LICENSE") -> Path:
    """A distribution with these files, as pip installs it."""
    information = f"{name}-1.0.dist-info"
    own = [f"{information}/METADATA", f"{information}/RECORD", *([f"{information}/{licence}"] if licence else [])]
    written(folder, *files, *own)
    (folder / own[0]).write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\nLicense-Expression: MIT\n")
    (folder / own[1]).write_text("".join(f"{path},,\n" for path in (*files, *own)))
    return folder


def elf(path: Path, machine: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x7fELF\x02\x01\x01".ljust(16, b"\0") + struct.pack("<HH", 3, machine) + bytes(44))
    return path


class TestStripping:
    def test_leaves_out_distributions_as_a_whole_and_paths_wherever_they_are(self, tmp_path: Path) -> None:
        installed(tmp_path, "kept", "kept/__init__.py", "kept/deep/tests/test_kept.py", "kept/stub.pyi")
        installed(tmp_path, "Dropped", "dropped/__init__.py", "dropped/deep/module.py")

        strip(tmp_path, Rules(without=(Without(why="", distributions=("dropped",), paths=("**/tests", "**/*.pyi")),)))

        assert [each.name for each in distributions_in(tmp_path)] == ["kept"]
        assert {name for name in names_in(tmp_path) if ".dist-info" not in name} == {"kept/__init__.py"}
        assert not (tmp_path / "kept" / "deep").exists()
        assert not (tmp_path / "dropped").exists()

    def test_keeps_only_the_folders_named_and_the_files_beside_them(self, tmp_path: Path) -> None:
        written(tmp_path, "data/s3/a.json", "data/ec2/b.json", "data/endpoints.json")

        strip(tmp_path, Rules(only=(Only(why="", folder="data", folders=("s3",)),)))

        assert names_in(tmp_path) == {"data/s3/a.json", "data/endpoints.json"}

    @pytest.mark.parametrize(
        "rules",
        [
            Rules(without=(Without(why="", paths=("**/gone",)),)),
            Rules(without=(Without(why="", distributions=("gone",)),)),
            Rules(only=(Only(why="", folder="data", folders=("gone",)),)),
        ],
    )
    def test_says_which_rule_finds_nothing_any_more(self, rules: Rules, tmp_path: Path) -> None:
        written(tmp_path, "data/s3/a.json", "data/ec2/b.json")

        with pytest.raises(LayerError, match="gone"):
            strip(tmp_path, rules)

    def test_has_a_reason_for_every_rule(self) -> None:
        rules = load_rules()
        assert all(len(rule.why) > 20 for rule in (*rules.without, *rules.only))


class TestPacking:
    @given(
        names=st.lists(st.from_regex(r"[a-zA-Z_]{1,6}(/[a-z.]{1,6}[a-z])?", fullmatch=True), unique=True),
        data=st.data(),
    )
    def test_gives_the_same_bytes_whenever_and_in_whatever_order_files_were_written(
        self, names: list[str], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        tops = {name for name in names if "/" not in name}
        names = [name for name in names if name.partition("/")[0] not in tops or name in tops]
        shas = set()
        for order in (names, data.draw(st.permutations(names))):
            folder = written(tmp_path_factory.mktemp("layer"), *order)
            for number, name in enumerate(order):
                os.utime(folder / name, (1_800_000_000 + number, 1_800_000_000 + number))
                (folder / name).chmod(0o600)
            shas.add(pack(folder, folder.with_suffix(".zip")).sha256)

        assert len(shas) == 1

    def test_lets_every_user_read_all_in_folder_and_zip(self, tmp_path: Path) -> None:
        folder = written(tmp_path / "layer", "python/secretive.py")
        (folder / "python" / "secretive.py").chmod(0o600)

        done = pack(folder, tmp_path / "layer.zip")

        with zipfile.ZipFile(done.zip) as archive:
            (entry,) = archive.infolist()
        assert (entry.external_attr >> 16) & 0o777 == 0o644
        assert (folder / "python" / "secretive.py").stat().st_mode & 0o777 == 0o644
        assert done.unzipped_bytes == len("python/secretive.py")


class TestBinaries:
    def test_tells_a_machine_by_the_files_header_whatever_its_name(self, tmp_path: Path) -> None:
        assert elf_machine(elf(tmp_path / "a", 183)) == 183
        assert elf_machine(written(tmp_path, "text.so") / "text.so") is None
        assert elf_machine(Path(sys.executable).resolve()) in {62, 183} or sys.platform != "linux"

    @pytest.mark.parametrize("name", ["a.so", "lib/a.so.1.2", "module.cpython-313-x86_64-linux-gnu.so", "program"])
    def test_refuses_one_of_another_machine(self, name: str, tmp_path: Path) -> None:
        elf(tmp_path / name, Target("x86_64").elf_machine)

        check_binaries(tmp_path, Target("x86_64"))
        with pytest.raises(LayerError, match="not for arm64"):
            check_binaries(tmp_path, Target("arm64"))

    def test_refuses_a_library_that_is_none_and_one_of_another_python(self, tmp_path: Path) -> None:
        with pytest.raises(LayerError, match="not for x86_64"):
            check_binaries(written(tmp_path / "windows", "a.pyd"), Target("x86_64"))
        elf(tmp_path / "old" / "a.cpython-312-x86_64-linux-gnu.so", Target("x86_64").elf_machine)
        with pytest.raises(LayerError, match=r"not for Python 3\.13"):
            check_binaries(tmp_path / "old", Target("x86_64"))


class TestBytecode:
    def test_names_sources_where_they_are_shipped_and_is_taken_without_them_being_read(self, tmp_path: Path) -> None:
        folder = written(tmp_path, "python/module.py")
        (folder / "python" / "module.py").write_text("def where():\n    return where.__code__.co_filename\n")
        interpreter = interpreter_for(HERE)
        assert interpreter

        compile_all(folder, interpreter, "/opt")

        (compiled,) = folder.rglob("*.pyc")
        assert b"/opt/python/module.py" in compiled.read_bytes()
        assert str(tmp_path).encode() not in compiled.read_bytes()
        assert struct.unpack_from("<I", compiled.read_bytes(), 4) == (0b01,)

    def test_is_not_made_of_a_source_that_is_wrong(self, tmp_path: Path) -> None:
        (tmp_path / "wrong.py").write_text("def:\n")
        interpreter = interpreter_for(HERE)
        assert interpreter

        with pytest.raises(LayerError, match=r"wrong\.py"):
            compile_all(tmp_path, interpreter, "/opt")

    def test_is_made_by_the_targets_python_alone(self) -> None:
        other = Target("x86_64", "3.99")

        assert interpreter_for(other) is None
        with pytest.raises(LayerError, match=r"need that"):
            interpreter_for(other, sys.executable)
        with pytest.raises(LayerError, match="no Python that runs"):
            interpreter_for(HERE, "/nowhere/python")


class TestNotices:
    @pytest.mark.parametrize(
        ("metadata", "expected"),
        [
            ("License-Expression: MIT\n", "MIT"),
            ("License: Apache-2.0\n", "Apache-2.0"),
            ("License: Copyright\n   All of it.\nClassifier: License :: OSI Approved :: MIT License\n", "MIT License"),
            ("Classifier: Programming Language :: Python\n", "see its licence"),
        ],
    )
    def test_take_the_licence_from_wherever_the_metadata_say_it(self, metadata: str, expected: str) -> None:
        assert licence_of(message_from_string(metadata)) == expected

    def test_list_what_is_shipped_with_where_its_licence_is(self, tmp_path: Path) -> None:
        inside = installed(tmp_path / "python", "shipped", "shipped/__init__.py", "shipped/ThirdPartyNotices.txt")
        installed(inside, "dropped", "dropped/__init__.py")
        found = notices_of(inside)
        strip(inside, Rules(without=(Without(why="", distributions=("dropped",), paths=("**/RECORD",)),)))

        write_notices(found, tmp_path)

        text = (tmp_path / "THIRD_PARTY_NOTICES.md").read_text()
        assert "## shipped 1.0" in text
        assert "`shipped-1.0.dist-info/LICENSE`, `shipped/ThirdPartyNotices.txt`" in text
        assert "dropped" not in text

    @pytest.mark.parametrize("instead", ["AUTHORS", "NOTICE", "license_check.py", "copying.pyi"])
    def test_are_not_written_where_a_licence_is_missing(self, instead: str, tmp_path: Path) -> None:
        """Who wrote it and what else is in it is listed, but says nothing of what one may do; nor does code."""
        inside = installed(tmp_path / "python", "bare", "bare/__init__.py", f"bare/{instead}", licence="")

        with pytest.raises(LayerError, match=r"bare 1\.0 comes without"):
            write_notices(notices_of(inside), tmp_path)

    def test_have_the_texts_of_libraries_that_a_wheel_only_refers_to(self, tmp_path: Path) -> None:
        """pi_heif is BSD-3-Clause; libheif and libde265 in its wheel are not, and whoever passes them on owes both."""
        inside = installed(tmp_path / "python", "pi_heif", "pi_heif.libs/libheif-7a.so.1", "pi_heif.libs/libde265-9.so")

        write_notices(notices_of(inside), tmp_path)

        notices = (tmp_path / "THIRD_PARTY_NOTICES.md").read_text()
        assert "Licence: MIT; LGPL-3.0 of libheif and libde265 in `pi_heif.libs`" in notices
        assert "`pi_heif.libs/LGPL-3.0.txt`, `pi_heif.libs/GPL-3.0.txt`" in notices
        lesser, general = ((inside / "pi_heif.libs" / name).read_text() for name in ("LGPL-3.0.txt", "GPL-3.0.txt"))
        assert "GNU LESSER GENERAL PUBLIC LICENSE\n                       Version 3, 29 June 2007" in lesser
        assert "GNU GENERAL PUBLIC LICENSE\n                       Version 3, 29 June 2007" in general

    def test_are_not_written_where_such_a_library_is_no_longer_there(self, tmp_path: Path) -> None:
        inside = installed(tmp_path / "python", "pi_heif", "pi_heif.libs/libheif-7a.so.1")

        with pytest.raises(LayerError, match=r"libde265.*notices\.py"):
            write_notices(notices_of(inside), tmp_path)


class TestSizes:
    def test_of_a_function_are_those_of_its_code_and_all_its_layers(self) -> None:
        total = together([Row("runtime", 100, 40), Row("model", 50, 45), Row("code", 1)])

        assert (total.unzipped_bytes, total.zipped_bytes) == (151, 85)

    @pytest.mark.parametrize(("over", "expected"), [(0, True), (1, False)])
    def test_fit_up_to_the_share_allowed(self, over: int, expected: bool) -> None:
        assert fits(Row("all", int(LIMIT_BYTES * ALLOWED_SHARE) + over)) is expected


class TestAModelsLayer:
    def test_is_refused_where_the_model_is_not_the_manifests(self, tmp_path: Path) -> None:
        model = written(tmp_path / "model", "model.onnx")
        (model / "model.json").write_text('{"name": "other", "sha256": "0123"}')

        with pytest.raises(LayerError, match="make model"):
            build_model(tmp_path / "out", 1, model)

    @pytest.mark.parametrize("manifest", ["", "[]", "{}", '{"name": "half"}'])
    def test_is_refused_where_the_manifest_is_none(self, manifest: str, tmp_path: Path) -> None:
        model = written(tmp_path / "model", "model.onnx")
        (model / "model.json").write_text(manifest)

        with pytest.raises(LayerError, match="make model"):
            build_model(tmp_path / "out", 1, model)


class TestWheels:
    def test_with_another_hash_than_pinned_are_not_installed(self, tmp_path: Path) -> None:
        """Given a requirement whose hash is no file's; when it is installed; then it fails and says what of."""
        requirements = tmp_path / "forged.txt"
        requirements.write_text(f"six==1.17.0 --hash=sha256:{'0' * 64}\n")

        with pytest.raises(LayerError, match=r"(?s)forged\.txt.*six"):
            wheels.install(tmp_path / "python", Target("arm64"), requirements)
        assert not (tmp_path / "python" / "six.py").exists()
