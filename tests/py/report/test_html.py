"""The report: complete, in two languages, inert whatever the file says, with room for custody."""

from __future__ import annotations

import copy
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage import data

from telltale import analysis, cli
from telltale.report.html import render, thumbnail
from telltale.report.record import error_record, record
from telltale.report.words import GLOSSARY, WORDS
from telltale.runtime.context import Context
from telltale.runtime.inference import OnnxModels

HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'</style>\x00\u202e"
ACQUISITION = {
    "by": "extension",
    "asked": "2026-01-01T00:00:00.000Z",
    "page": "https://example.org/page",
    "url": "https://example.org/picture.jpg",
    "rung": "tab-capture",
    "tried": [
        {"rung": "page-bytes", "why": "refused", "detail": "example.org"},
        {"rung": "tab-capture", "why": "", "detail": ""},
    ],
    "notes": ["screenshot", "part"],
    "measures": {"share": 0.5},
    "time_s": None,
}


@pytest.fixture(scope="module")
def examined() -> dict[str, Any]:
    buffer = io.BytesIO()
    Image.fromarray(data.astronaut()).save(buffer, "JPEG", quality=90)
    state = analysis.begin(buffer.getvalue(), "astronaut.jpg")
    models = OnnxModels()
    list(analysis.run_all(state, Context(models)))
    return {**json.loads(json.dumps(record(state, models.used()))), "acquisition": ACQUISITION}


class Seen(HTMLParser):
    """Tags, attributes and text of a document."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.text += data


def inert(html: str) -> Seen:
    seen = Seen(html)
    assert not {"script", "iframe", "object", "embed", "form", "link", "base"} & set(seen.tags)
    for name, value in seen.attributes:
        assert not name.startswith("on"), name
        if name in ("src", "href"):
            assert value.startswith(("data:image/", "https://", "#")), value[:80]
    assert "default-src 'none'" in html
    return seen


@pytest.mark.parametrize("count", [1, 2])
def test_the_index_leads_to_every_test_and_part_of_every_file(
    examined: dict[str, Any], count: int
) -> None:
    html = render([examined] * count)
    seen = inert(html)
    ids = [value for name, value in seen.attributes if name == "id"]
    links = [value[1:] for name, value in seen.attributes if name == "href" and value[0] == "#"]
    assert len(ids) == len(set(ids))
    assert set(links) == set(ids) - ({"file1"} if count == 1 else set())
    said = [f for f in examined["findings"] if f["status"] == "ok"]
    assert sum("-test" in link for link in links) == count * len(said)
    for n in range(1, len(said) + 1):
        # the number by which paper is searched
        assert html.count(f">{n}. ") == 2 * count


@pytest.mark.parametrize("lang", ["en", "es"])
def test_it_tells_everything_in_the_order_of_reading(examined: dict[str, Any], lang: str) -> None:
    html = render([examined], [thumbnail(data.astronaut())], lang)
    seen = inert(html)
    assert f'<html lang="{lang}">' in html
    heads = ["summary", "weighed", "tests", "custody", "glossary"]
    places = [html.index(f"<h2>{WORDS[key][lang]}</h2>") for key in heads]
    assert places == sorted(places)
    first_page = html[: places[1]]
    assert examined["media"]["sha256"] in first_page
    assert WORDS["no_proof"][lang] in first_page
    for question in examined["assessment"]["questions"]:
        assert question["answer"][lang] in first_page
        assert question["manipulated"][lang] in html
        assert question["authentic"][lang] in html
    for term in GLOSSARY:
        assert WORDS[f"means.{term}"][lang] in seen.text
    for finding in examined["findings"]:
        assert str(finding["card"]["references"][0]["year"]) in html
        assert finding["sha256"] in html or finding["status"] != "ok"
    for model in examined["runtime"]["models"]:
        assert model["sha256"] in html
    assert html.count("<img") > sum(len(f["maps"]) for f in examined["findings"])


def test_spanish_is_spanish(examined: dict[str, Any]) -> None:
    html = render([examined], lang="es")
    # papers keep their titles and parameters their names; what else stays English is marked
    for pattern in (r'<span lang="en">.*?</span>', r"<a .*?</a>", r"<code>.*?</code>"):
        html = re.sub(pattern, "", html, flags=re.DOTALL)
    html = html.partition("<body>")[2]
    assert re.findall(r"\b(?:the|this|which|with|would|area|from)\b", Seen(html).text) == []
    assert "Cadena de custodia" in html
    assert "Captura de la pestaña" in html


def test_how_it_was_obtained_stands_in_the_chain_of_custody(examined: dict[str, Any]) -> None:
    text = inert(render([examined])).text
    assert "https://example.org/page" in text
    assert "the site does not let a page read it (example.org)" in text
    assert "Only 50 % of it was in view." in text


def test_what_a_person_fills_in_is_shown_and_inert(examined: dict[str, Any]) -> None:
    html = render([examined], custody={"case": "2026/17", "examiner": HOSTILE, "unknown": "x"})
    seen = inert(html)
    assert "2026/17" in seen.text
    assert "alert(1)" in seen.text
    # what is empty is a line to write on
    assert "<dd class=written></dd>" in html


def hostile(value: Any, key: str = "") -> Any:
    """Every text of a record made hostile, but what the program itself looks at."""
    kept = {"png", "kind", "status", "direction", "family", "space", "side", "strength", "schema"}
    if isinstance(value, dict):
        return {k: v if k in kept else hostile(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [hostile(v, key) for v in value]
    return f"{value}{HOSTILE}" if isinstance(value, str) else value


@pytest.mark.parametrize("lang", ["en", "es"])
def test_no_text_of_a_record_becomes_markup(examined: dict[str, Any], lang: str) -> None:
    document = hostile(copy.deepcopy(examined))
    document["assessment"]["verdict"] = dict.fromkeys(("en", "es"), HOSTILE)
    inert(render([document], lang=lang))
    inert(render([hostile(error_record("x", b"", "damaged", "It is."))], lang=lang))


def test_hostile_metadata_of_a_real_file_stays_inert() -> None:
    image = Image.fromarray(np.full((64, 64, 3), 90, np.uint8))
    exif = Image.Exif()
    exif[0x010E], exif[0x0131], exif[0x013B] = HOSTILE, HOSTILE, HOSTILE
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", exif=exif, comment=HOSTILE.encode())
    state = analysis.begin(buffer.getvalue(), f"{HOSTILE}.jpg")
    for step in ("metadata", "encoder_signature"):
        analysis.run_step(state, step, Context())
    seen = inert(render([record(state, [])]))
    assert "alert(1)" in seen.text


def test_the_command_makes_a_report_of_saved_records(
    examined: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved, out = tmp_path / "r.json", tmp_path / "r.html"
    saved.write_text(json.dumps([examined, error_record("bad.jpg", b"", "damaged", "Broken.")]))
    command = ["report", str(saved), "--html", str(out), "--lang", "es", "--custody", "case=9/26"]
    assert cli.main(command) == 0
    html = out.read_text("utf-8")
    assert html.count("<section class=record id=") == 2
    assert "9/26" in html
    assert cli.main(["report", str(tmp_path / "none.json"), "--html", str(out)]) == 2
    saved.write_text('{"schema": "telltale-record/9", "media": {"sha256": "x"}}')
    assert cli.main(["report", str(saved), "--html", str(out)]) == 2
    assert "later version" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        cli.main(["report", str(saved), "--html", str(out), "--custody", "colour=red"])
