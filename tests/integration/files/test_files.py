"""Files are fetched once and given to whoever has a link that has not ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.errors import Rejected
from jobs.files.links import Links
from jobs.files.service import Files
from mappings.canonical.dossier import FormFile, FormPaper
from tests.integration.sync.conftest import detail

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
LINKS = Links("a-secret-of-the-tests", "https://lienthong.example", timedelta(hours=72))


class Origin:
    def __init__(self) -> None:
        self.asked: list[str] = []

    def file(self, source_id: str) -> bytes:
        self.asked.append(source_id)
        if source_id == "gone":
            raise Rejected("none", system="igate", operation="file", code="404")
        return f"%PDF {source_id}".encode()


def papers(*ids: str):
    from dataclasses import replace

    files = tuple(FormFile(each, f"Đơn {each}.pdf") for each in ids)
    return replace(detail(), papers=(FormPaper("GT01", "Đơn đề nghị", 1, files),))


@pytest.fixture
def origin() -> Origin:
    return Origin()


@pytest.fixture
def files(pg_store, origin) -> Files:
    return Files(pg_store, origin, LINKS)


def test_a_file_is_fetched_once(files, origin):
    """However often its dossier changes."""
    first = files.papers(papers("f1"))
    second = files.papers(papers("f1"))

    assert origin.asked == ["f1"]
    assert first == second
    [ref] = first[0].files
    assert (ref.name, ref.media_type, ref.size) == ("Đơn f1.pdf", "application/pdf", 7)
    assert files.read(ref) == b"%PDF f1"


def test_a_file_that_is_not_there_stops_nobody(files):
    """The paper is named, without its file."""
    [paper] = files.papers(papers("gone", "f2"))
    assert [ref.name for ref in paper.files] == ["Đơn f2.pdf"]


@pytest.mark.parametrize("name", ["999999", "x", ""])
def test_what_is_not_stored_is_an_error(files, name):
    """A message must not leave with an empty file."""
    with pytest.raises(LookupError):
        files.read(name)


def test_a_link_is_the_same_all_day_and_ends():
    """A dossier that is told again is the same dossier; an old link is of no use."""
    url = LINKS.url(7, "Đơn.pdf", NOW)
    assert url == LINKS.url(7, "Đơn.pdf", NOW + timedelta(hours=20))
    _, _, _, door, number, until, mark, name = url.split("/")
    assert (door, number, name) == ("files", "7", "%C4%90%C6%A1n.pdf")
    assert LINKS.good(7, int(until), mark, NOW + timedelta(hours=72))
    assert not LINKS.good(7, int(until), mark, NOW + timedelta(hours=97))


@pytest.mark.parametrize("spoilt", ["file", "until", "mark", "secret"])
def test_a_link_that_was_changed_opens_nothing(spoilt):
    """Who has one link must not reach the next file."""
    _, _, _, _, number, until, mark, _ = LINKS.url(7, "a", NOW).split("/")
    facts = {"file": int(number), "until": int(until), "mark": mark}
    links = LINKS
    if spoilt == "secret":
        links = Links("another-secret-there", "https://lienthong.example", timedelta(hours=72))
    else:
        facts[spoilt] = facts[spoilt][:-1] + "x" if spoilt == "mark" else facts[spoilt] + 1
    assert not links.good(facts["file"], facts["until"], facts["mark"], NOW)


def test_the_door_gives_the_file_for_its_link_and_nothing_else(pg_store, files, clock, empty_database):
    """Somebody else's number, an ended link and a file that is not there look the same."""
    import httpx

    from adapters.app import create_app
    from adapters.ports import Edge
    from connectors.kit.seams import RandomIds
    from jobs.access.service import Access
    from tests.integration.edge.serving import served

    [paper] = files.papers(papers("f1"))
    edge = Edge(
        dsn=empty_database,
        store=pg_store,
        clock=clock,
        ids=RandomIds(),
        access=Access(pg_store),
        wake=lambda _: None,
        links=LINKS,
    )
    link = LINKS.url(int(paper.files[0].id), paper.files[0].name, clock.now())
    path = link.removeprefix("https://lienthong.example")
    with served(create_app(edge)) as url, httpx.Client(base_url=url) as client:
        good = client.get(path)
        assert (good.status_code, good.content) == (200, b"%PDF f1")
        assert "filename*=UTF-8''" in good.headers["content-disposition"]
        parts = path.split("/")
        spoilt = ["/".join([*parts[:2], "2", *parts[3:]]), path.replace(parts[4], "0" * 40), "/files/9/1/x/y"]
        assert {client.get(each).status_code for each in spoilt} == {404}
        clock.advance(5 * 86_400)
        assert client.get(path).status_code == 404
