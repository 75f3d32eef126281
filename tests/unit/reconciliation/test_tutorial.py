"""The tutorial's example file is one that the command takes."""

from __future__ import annotations

from pathlib import Path

from adapters.cli.main import main
from tests.support.session_files import settlement

TUTORIAL = Path(__file__).parents[3] / "docs" / "tutorials" / "doi-soat-tep.md"


def test_the_list_in_the_tutorial_can_be_compared(tmp_path: Path) -> None:
    """A document whose example does not run teaches nothing."""
    example = TUTORIAL.read_text("utf-8").partition("```csv\n")[2].partition("```")[0]
    (tmp_path / "thu.csv").write_text(example, "utf-8")
    (tmp_path / "vnpay.csv").write_bytes(
        settlement([{"reference": "LT00000000000001", "number": "14000001"}])
    )

    code = main(
        ["reconcile", "files", "--ours", str(tmp_path / "thu.csv"), "--gateway", str(tmp_path / "vnpay.csv")]
    )

    assert code == 0
