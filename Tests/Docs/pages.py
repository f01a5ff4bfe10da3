"""Checks the Markdown of the repository against the code: generated tables, examples, links, make targets.

usage: pages.py [--update] FACTS, where FACTS holds what Facts.swift printed.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "Sources/ReplenishKit/ReplenishKit.docc"
SNIPPETS = ROOT / "Tests/Docs/Snippets"
BLOCK = re.compile(r"<!-- from the code: (\S+) -->\n.*?<!-- end -->", re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)
# Where each name that the code has must be explained: the page, its heading, and the line's beginning.
EXPLAINED = {
    "refusal-codes": ("Errors.md", "### Refusals of a command", "| `{}` |"),
    "press-states": ("OrderPath.md", "## Overview", "| `{}` |"),
    "record-kinds": ("DiskFormat.md", "### The payloads", "#### {}"),
}


def read_facts(path):
    """The sections of what Facts.swift printed, by name."""
    facts = {}
    for section in re.split(r"^=== ", Path(path).read_text(), flags=re.MULTILINE)[1:]:
        name, _, text = section.partition("\n")
        facts[name] = text.rstrip("\n")
    return facts


def current(name, facts):
    """What a block of this name ought to hold; None if nothing has that name."""
    snippet = SNIPPETS / name
    if snippet.suffix == ".swift" and snippet.is_file():
        return f"```swift\n{snippet.read_text().rstrip()}\n```"
    return facts.get(name)


def check_blocks(page, text, facts, update):
    """Mistakes in the generated blocks of a page, which `update` mends instead."""
    mistakes = []

    def replace(match):
        wanted = current(match[1], facts)
        if wanted is None:
            mistakes.append(f"{page}: the code has no '{match[1]}'")
            return match[0]
        block = f"<!-- from the code: {match[1]} -->\n\n{wanted}\n\n<!-- end -->"
        if block != match[0] and not update:
            mistakes.append(f"{page}: '{match[1]}' is not what the code says; run Tests/Docs/check --update")
        return block

    replaced = BLOCK.sub(replace, text)
    if len(BLOCK.findall(text)) != text.count("<!-- from the code:"):
        mistakes.append(f"{page}: a block begins with '<!-- from the code:' and has no '<!-- end -->'")
    return replaced, mistakes


def anchors(text):
    """The anchors that a repository's page gives to the headings of a Markdown text."""
    headings = re.findall(r"^#+ +(.*)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def check_links(page, text):
    """Relative links to files or headings that are not there."""
    mistakes = []
    for target in LINK.findall(FENCE.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / page).parent / path if path else ROOT / page
        if not file.exists():
            mistakes.append(f"{page}: links to {path}, which is not there")
        elif anchor and file.suffix == ".md" and anchor not in anchors(file.read_text()):
            mistakes.append(f"{page}: links to the heading #{anchor} of {path or 'itself'}, which is not there")
    return mistakes


def check_targets(page, text, targets):
    """`make` targets that the Makefile does not have."""
    code = FENCE.findall(text) + re.findall(r"`[^`\n]+`", FENCE.sub("", text))
    named = [name for piece in code for name in re.findall(r"^`?make ([a-z][a-z0-9-]*)", piece, re.MULTILINE)]
    return [f"{page}: names 'make {name}', which the Makefile does not have" for name in named if name not in targets]


def main(arguments):
    update = "--update" in arguments
    facts = read_facts([argument for argument in arguments if argument != "--update"][0])
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    outside = [ROOT / "README.md", ROOT / ".github/SECURITY.md"]
    for folder in ("Examples", "Boards", "Tests"):
        outside += [file for file in sorted((ROOT / folder).rglob("README.md")) if "/." not in str(file.relative_to(ROOT))]
    mistakes = []
    for file in outside + sorted(CATALOGUE.glob("*.md")):
        page, text = file.relative_to(ROOT), file.read_text()
        replaced, found = check_blocks(page, text, facts, update)
        if update and replaced != text:
            file.write_text(replaced)
            print(f"docs: {page} brought up to date")
        mistakes += found + check_targets(page, text, targets)
        if file in outside:  # DocC checks the links of its own pages
            mistakes += check_links(page, text)
    for names, (page, heading, line) in EXPLAINED.items():
        level = heading.split()[0]
        _, _, rest = (CATALOGUE / page).read_text().partition(f"\n{heading}\n")
        lines = re.split(rf"^{level} ", rest, maxsplit=1, flags=re.MULTILINE)[0].splitlines()
        for name in facts[names].split():
            if not any(candidate.startswith(line.format(name)) for candidate in lines):
                mistakes.append(f"{page}: does not explain '{name}' under '{heading}'")
    for mistake in mistakes:
        print(f"docs: {mistake}", file=sys.stderr)
    return 1 if mistakes else 0


sys.exit(main(sys.argv[1:]))
