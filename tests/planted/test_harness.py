"""The harness itself can fail: a patch that does not apply, or that nobody notices, is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.planted import trees
from tests.planted.patches import Bug, PatchRefused, apply, read

HEAD = "Removes: the guard\nHolds: M4\nNoticed-by: tests/x.py::test_guard\n\n"
DIFF = "--- a/pkg/mod.py\n+++ b/pkg/mod.py\n@@ -9,3 +9,2 @@\n def f(x):\n-    guard(x)\n     return x\n"
CODE = "import os\n\n\ndef f(x):\n    guard(x)\n    return x\n"


def a_bug(folder: Path, text: str = HEAD + DIFF) -> Bug:
    (folder / "b.patch").write_text(text)
    return read(folder / "b.patch")


def code(folder: Path, text: str = CODE) -> Path:
    (folder / "pkg").mkdir()
    (folder / "pkg/mod.py").write_text(text)
    return folder / "pkg/mod.py"


def test_a_hunk_is_found_wherever_its_lines_stand_now(tmp_path):
    """Line numbers change with every commit; the safeguard does not."""
    file = code(tmp_path)
    apply(a_bug(tmp_path), tmp_path)

    assert file.read_text() == "import os\n\n\ndef f(x):\n    return x\n"


@pytest.mark.parametrize("text", [CODE.replace("guard(x)", "guard(x, 1)"), CODE + CODE, "y = 1\n"])
def test_what_no_longer_applies_is_refused(tmp_path, text):
    """A planted bug that plants nothing would be 'not noticed' or, worse, 'noticed' for another reason."""
    code(tmp_path, text)

    with pytest.raises(PatchRefused):
        apply(a_bug(tmp_path), tmp_path)


@pytest.mark.parametrize(
    "text",
    ["Removes: x\n" + DIFF, HEAD, HEAD + DIFF.replace("-    guard(x)\n", ""), HEAD + DIFF + "rubbish\n"],
)
def test_an_incomplete_patch_is_refused(tmp_path, text):
    """Half a planted bug must not count as one."""
    with pytest.raises(PatchRefused):
        a_bug(tmp_path, text)


def test_a_run_tells_what_failed_and_what_passed(tmp_path):
    """The verdict hangs on these names."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_x.py").write_text(
        "import pytest\n\n\n@pytest.mark.parametrize('n', [1, 2])\ndef test_a(n):\n    assert n == 1\n\n\n"
        "def test_b():\n    pass\n\n\nclass TestC:\n    def test_d(self):\n        raise ValueError\n\n\n"
        "@pytest.fixture\ndef away():\n    raise OSError\n\n\ndef test_e(away):\n    pass\n"
    )
    run = trees.run(tmp_path, ["tests/test_x.py"])

    assert run.code == 1
    assert run.failed == {"tests/test_x.py::test_a", "tests/test_x.py::TestC::test_d"}
    assert run.passed == {"tests/test_x.py::test_a", "tests/test_x.py::test_b"}
    assert run.broken == {"tests/test_x.py::test_e"}, "what could not begin has noticed nothing"
    assert run.failed_in("tests/test_x.py::TestC")
    assert not run.failed_in("tests/test_x.py::test_b")
