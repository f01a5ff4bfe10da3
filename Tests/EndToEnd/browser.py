"""Chromium as an owner's browser, with JavaScript off; and the same pages once more with it on, where axe examines them."""

import contextlib
import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

from processes import PATIENCE

# A small phone, and a window on a desk.
WIDTHS = {"phone": {"width": 360, "height": 640}, "desktop": {"width": 1280, "height": 800}}
# Debian's, which brings no driver of its own. Run by root, as in a container, it needs to be told to do without its sandbox.
PROGRAM = "/usr/bin/chromium"
OPTIONS = ["--no-sandbox", "--disable-dev-shm-usage"]


@contextlib.contextmanager
def chromium(seen, pictures=None):
    """Gives walks through pages, and notes in `seen` what they came to. `pictures` is a folder for what pages look like."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=OPTIONS)
        try:
            yield lambda: Walk(browser, seen, pictures)
        finally:
            browser.close()


class Walk:
    """One browser with its cookies. Every page that it comes to is examined at each width."""

    def __init__(self, browser, seen, pictures):
        self.arrivals, self.pictures = seen, pictures
        plain = browser.new_context(java_script_enabled=False, ignore_https_errors=True, viewport=WIDTHS["phone"])
        plain.set_default_timeout(PATIENCE * 1000)
        plain.on("response", lambda answer: seen.note_answer(answer.request.method, answer.url))
        self.page = plain.new_page()
        self.widths = {}
        for width, size in WIDTHS.items():
            context = browser.new_context(viewport=size)
            context.set_default_timeout(PATIENCE * 1000)
            self.widths[width] = context.new_page()
        self.seen = {}  # what was wrong with each page, by its name

    def go(self, address, name):
        return self._came(self.page.goto(address), name)

    def press(self, button, name, meanwhile=lambda: None, **fields):
        """Fills fields by their labels and presses a button by its text, as people find them.

        Without a name the page that comes is not examined: it is one that was. `meanwhile` is what happens before it comes.
        """
        for label, text in fields.items():
            self.page.get_by_label(re.compile(label.replace("_", " "), re.IGNORECASE)).fill(text)
        with self.page.expect_navigation() as arrival:
            self.page.get_by_role("button", name=button, exact=True).click(no_wait_after=True)
            meanwhile()
        return self._came(arrival.value, name)

    def follow(self, link, name):
        with self.page.expect_navigation() as arrival:
            self.page.get_by_role("link", name=link).click()
        return self._came(arrival.value, name)

    def second_tab(self):
        """Goes on in a new tab with the same page. Gives back the first one, which keeps its page as it is."""
        first, self.page = self.page, self.page.context.new_page()
        self.page.goto(first.url)
        return first

    def lose_cookies(self):
        """As when a session is over, or a form is another site's."""
        self.page.context.clear_cookies()

    def text(self):
        return self.page.locator("body").inner_text()

    def _came(self, answer, name):
        self.arrivals.note_page(answer.url, self.page.locator("body").get_attribute("id"), self.text())
        if name is None:
            return self.text()
        assert name not in self.seen, f"two pages are called {name}"
        self.seen[name] = []
        for width, page in self.widths.items():
            self.seen[name] += [f"{name}, {width}: {complaint}" for complaint in self._examine(answer, page, name, width)]
        return self.text()

    def _examine(self, answer, page, name, width):
        # The very answer, since what a form brought cannot be fetched a second time.
        body, headers = answer.body(), {key: value for key, value in answer.headers.items() if key != "content-encoding"}
        page.route("**/*", lambda route: route.fulfill(status=answer.status, headers=headers, body=body))
        page.goto(answer.url.split("?")[0])
        page.unroute_all()
        if self.pictures:
            page.screenshot(path=self.pictures / f"{name.replace(' ', '-')}-{width}.png", full_page=True)
        for violation in Axe().run(page).response["violations"]:
            places = "; ".join(node["html"] for node in violation["nodes"])
            yield f"{violation['id']}: {violation['help']}: {places}"
        widths = page.evaluate("[document.scrollingElement.scrollWidth, document.scrollingElement.clientWidth]")
        if widths[0] > widths[1]:
            yield f"it is {widths[0]} wide and must be scrolled sideways"
        # A policy that forbids the page's own style would show here and nowhere else.
        if page.evaluate("getComputedStyle(document.body).fontFamily").startswith('"Times'):
            yield "its style is not applied"

    def complaints(self):
        return [complaint for complaints in self.seen.values() for complaint in complaints]
