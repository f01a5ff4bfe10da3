"""That no page is left out of the tests of pages, and that their examination sees what is wrong."""

import pathlib
import re

import pytest

import pages
from browser import chromium

HERE = pathlib.Path(__file__).parent


def test_every_page_was_seen(request, seen):
    """Each template, each route that answers with a page, and what pages say, was before the eyes of one of the walks."""
    texts = "".join(file.read_text() for file in HERE.glob("*_pages_test.py"))
    walks = set(re.findall(r"^def (test_\w+)", texts, re.MULTILINE))
    if not walks <= {item.name for item in request.session.items}:
        pytest.skip("only a run of all tests of pages sees all pages")
    assert list(seen.missing()) == []


def test_pages_are_made_in_one_place():
    """Otherwise there may be one that the list of templates and routes does not know."""
    makers = {path.name for path in pages.SOURCES.rglob("*") if path.is_file() and "text/html" in path.read_text()}
    # The faults answer something else than a device asks for.
    assert makers == {"PageLibrary.swift", "Fault.swift", "FaultMiddleware.swift"}


def test_what_is_wrong_with_a_page_is_seen():
    """A page with no language, a picture without words and a line too wide for a phone."""
    text = "<title>x</title><img src=data:,><p style='width: 2000px'>wide"
    with chromium(pages.Seen()) as walks:
        walk = walks()
        walk.page.route("**/*", lambda route: route.fulfill(content_type="text/html", body=text))
        walk.go("http://localhost/", "bad page")
        complaints = "\n".join(walk.complaints())
    for word in ("html-has-lang", "image-alt", "scrolled sideways", "style is not applied"):
        assert word in complaints, complaints
