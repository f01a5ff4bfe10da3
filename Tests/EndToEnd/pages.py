"""Which pages the cloud's programs can show, as their sources have it, and which of them were seen."""

import pathlib
import re
from urllib.parse import urlsplit

SOURCES = pathlib.Path(__file__).resolve().parents[2] / "Examples" / "Cloud" / "Sources"
# Whose pages a folder holds. In these tests the emulator is at an https address, and the maker's cloud at one of http.
SITES = {"AmazonEmulator": "emulator", "OAuthServer": "emulator", "ReplenishCloud": "cloud"}
# Paths that a source names by a word of its own.
NAMED = {"paths.authorize": "/ap/oa", "paths.code": "/code"}
# Answered before the router.
BEFORE_ROUTER = {("emulator", "get", "/managed-integrations/callback")}
# Registered beside pages, and none.
NO_PAGES = {("emulator", "get", "/favicon.ico"), ("cloud", "get", "/account/export")}
# What needs more than a browser: as many people at once as the cloud lets wait for a password to be hashed.
NOT_SHOWN = {"Many people are signing in at this moment. Try again in a minute.", "Busy"}

LITERAL = r'"((?:[^"\\\n]|\\.)*)"'
ROUTE = re.compile(r'router\.(get|post|put|delete)\((?:RouterPath\()?(?:"([^"]*)"|([\w.]+))')
# Titles, messages and what is wrong with a form; of two that a condition chooses between, both.
SAID = re.compile(
    r"\b(message\(|refusal\(|Refusal\(text: |problem: |title: )\s*"
    rf'(?:[^"\n]*? \? )?{LITERAL}(?:\s*: {LITERAL})?'
)


def templates():
    """The templates that are pages; those that others fill in are not."""
    texts = {path.stem: path.read_text() for path in SOURCES.glob("*/Templates/*.mustache")}
    frames = {name for text in texts.values() for name in re.findall(r"{{<([\w-]+)}}", text)}
    return set(texts) - frames


def sources(pattern):
    """The Swift files in which the pattern is: the site and the text of each."""
    for folder, site in SITES.items():
        for path in sorted((SOURCES / folder).rglob("*.swift")):
            text = path.read_text()
            if re.search(pattern, text):
                yield site, text


def routes():
    """The routes that answer with pages: site, method and path."""
    found = set(BEFORE_ROUTER)
    for site, text in sources("PageLibrary|extension CloudPages"):
        for method, path, name in ROUTE.findall(text):
            if name == "Self.path":
                path = re.search(rf"static let path = {LITERAL}", text)[1]
            found.add((site, method, path or NAMED[name]))
    return found - NO_PAGES


def sayings():
    """What pages can say: the site, and a pattern for a line, or for the beginning of one."""
    found = set()
    for site, text in sources("PageLibrary|CloudPages|OAuthRoutes|OwnerAccounts|ManagedIntegrations"):
        for kind, *literals in SAID.findall(text):
            end = "$" if kind.startswith("title") else ""
            found |= {(site, f"^{_pattern(text)}{end}") for text in literals if text and text not in NOT_SHOWN}
    return found


def _pattern(literal):
    return ".*".join(re.escape(part) for part in re.split(r"\\\((?:[^()]|\([^()]*\))*\)", literal))


class Seen:
    """What browsers came to."""

    def __init__(self):
        self.templates, self.asked, self.texts = set(), set(), []

    @staticmethod
    def site(address):
        return "emulator" if address.startswith("https:") else "cloud"

    def note_answer(self, method, address):
        self.asked.add((self.site(address), method.lower(), urlsplit(address).path))

    def note_page(self, address, template, text):
        self.templates.add(template)
        self.texts.append((self.site(address), text))

    def missing(self):
        """Templates, routes and texts that no browser saw."""
        for name in sorted(templates() - self.templates):
            yield f"template {name}"
        for site, method, path in sorted(routes()):
            shape = re.compile(re.sub(r":\w+", "[^/]+", path))
            if not any(asked[:2] == (site, method) and shape.fullmatch(asked[2]) for asked in self.asked):
                yield f"route of the {site}: {method.upper()} {path}"
        for site, pattern in sorted(sayings()):
            if not any(where == site and re.search(pattern, text, re.MULTILINE) for where, text in self.texts):
                yield f"text of the {site}: {pattern}"
