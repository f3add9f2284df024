"""The system's Chromium, driven without a window, and what every look at the page has in common."""

import contextlib
import pathlib
import re
import shutil

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

WIDE, PHONE = {"width": 1360, "height": 900}, {"width": 360, "height": 780}
PATIENCE = 20_000  # milliseconds until what does not come is taken as missing
VIEWS = {
    "overview": ("#/", ".tiles"),
    "alerts": ("#/alerts", "tbody tr"),
    "alert": ("#/alerts/error-ratio", ".area-plots .plot"),
    "aggregates": ("#/aggregates", "tbody tr"),
    "try": ("#/try", ".timeline li"),
    "quarantine": ("#/quarantine", ".entries li"),
}


class Look:
    """A page that is looked at, and what the browser complained about."""

    def __init__(self, context, base):
        self.base = base
        self.complaints = []
        self.page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", lambda said: self.complaints.append(f"{said.text} {said.location['url']}") if said.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda asked: self.complaints.append(f"asks for {asked.url}") if not asked.url.startswith(base) else None)

    def at(self, name):
        """Opens a view and waits until it shows something."""
        address, selector = VIEWS[name]
        self.open(address)
        self.page.wait_for_selector(selector)

    def open(self, address):
        self.page.goto(self.base + "/" + address)

    def text(self, selector, text):
        """Waits until an element of this selector holds the text."""
        self.page.locator(selector, has_text=text).first.wait_for()

    def holds(self, field, text):
        """Waits until what is typed in a field holds the text."""
        expect(field).to_have_value(re.compile(re.escape(text)), timeout=PATIENCE)

    def is_quiet(self):
        assert not self.complaints, self.complaints

    def nothing_ran(self):
        """No data became markup."""
        assert self.page.evaluate("window.hacked") is None, "a script of an event ran"
        assert self.page.evaluate("document.querySelectorAll('main img, main script, main iframe, .broken img').length") == 0

    def fits(self):
        over = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert over <= 0, f"{self.page.url} is {over} pixels too wide"

    def is_accessible(self):
        found = Axe().run(self.page)
        assert found.violations_count == 0, f"{self.page.url}\n{found.generate_report()}"


@contextlib.contextmanager
def browser():
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert chromium, "there is no Chromium: apt-get install chromium"
    with sync_playwright() as driver:
        # Its sandbox wants rights that a container seldom has; it sees nothing but this page.
        running = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield running
        running.close()


@contextlib.contextmanager
def look(running, base, size=None, theme="light", **options):
    context = running.new_context(viewport=size or WIDE, color_scheme=theme, **options)
    yield Look(context, base)
    context.close()


def screenshots(running, base, folder):
    """Each view in both themes and on a phone, as files to look at."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for kind, size, theme in (("light", WIDE, "light"), ("dark", WIDE, "dark"), ("phone", PHONE, "light"), ("phone-dark", PHONE, "dark")):
        with look(running, base, size, theme) as seen:
            for name in VIEWS:
                seen.at(name)
                seen.page.wait_for_timeout(1000)  # so that plots hold something; nothing is decided by it
                seen.page.screenshot(path=folder / f"{name}-{kind}.png", full_page=True)
                seen.fits()
