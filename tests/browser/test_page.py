"""The page of `tripline dev` in a real browser.

    test_page.py [TRIPLINE] [--screenshots FOLDER]

By itself against a server that puts scripts into every field; with the path of the command, also against `tripline dev`.
"""

import argparse
import gzip
import json
import pathlib
import tempfile
import time
import urllib.request

import dev_checks
import mock
from browser import PHONE, VIEWS, browser, look, screenshots
from dev import Dev

LIMIT = 200 * 1024


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("tripline", nargs="?", type=pathlib.Path)
    arguments.add_argument("--screenshots", type=pathlib.Path)
    arguments = arguments.parse_args()
    size()
    with browser() as running:
        step("a server with scripts in every field")
        with mock.serve() as base:
            for check in (every_view, keyboard, theme, broken_rules, disconnected, trying):
                step(f"  {check.__name__.replace('_', ' ')}")
                check(running, base)
        if arguments.tripline:
            step("`tripline dev`")
            with tempfile.TemporaryDirectory() as folder, Dev(arguments.tripline.resolve(), pathlib.Path(folder)) as dev:
                for check in dev_checks.ALL:
                    step(f"  {check.__name__.replace('_', ' ')}")
                    told = check(running, dev)
                    if told:
                        step(f"    {told}")
                shown = arguments.screenshots or pathlib.Path(tempfile.mkdtemp(prefix="tripline-page-"))
                screenshots(running, dev.base, shown)
                step(f"screenshots are in {shown}")
    step("all checks of the page passed")


BEGUN = time.monotonic()


def step(what):
    print(f"  {time.monotonic() - BEGUN:5.1f} s  {what}", flush=True)


def size():
    """The page is small: what a browser loads, compressed."""
    files = [file for file in mock.PAGE.rglob("*") if file.is_file() and file.name != "LICENSE"]
    compressed = sum(len(gzip.compress(file.read_bytes(), 9)) for file in files)
    step(f"the page is {compressed / 1024:.1f} KiB compressed, in {len(files)} files")
    assert compressed < LIMIT


def every_view(running, base):
    for theme in ("light", "dark"):
        for size in (None, PHONE):
            with look(running, base, size, theme) as seen:
                for name in VIEWS:
                    seen.at(name)
                    seen.text("#connection", "live")
                    seen.fits()
                    seen.nothing_ran()
                    seen.is_accessible()
                seen.is_quiet()


def keyboard(running, base):
    with look(running, base) as seen:
        seen.at("overview")
        seen.page.keyboard.press("Tab")
        assert seen.page.evaluate("document.activeElement.className") == "skip"
        seen.page.keyboard.press("Enter")
        assert seen.page.evaluate("document.activeElement.id") == "view"
        seen.at("alerts")
        seen.page.keyboard.press("/")
        seen.page.keyboard.type("slow")
        seen.text(".head", "1 of 4")
        # What comes meanwhile takes nothing from who types.
        seen.page.wait_for_selector(".amount")
        assert seen.page.evaluate("document.activeElement.type + document.activeElement.value") == "searchslow"
        seen.page.locator("tbody a").first.focus()
        seen.page.keyboard.press("Enter")
        seen.text("h1", "slow-tail")
        assert seen.page.title().endswith("slow-tail – Tripline")
        seen.is_quiet()


def theme(running, base):
    with look(running, base, theme="light") as seen:
        seen.at("overview")
        ground = lambda: seen.page.evaluate("getComputedStyle(document.body).backgroundColor")
        light = ground()
        seen.page.locator("#theme").click()
        assert ground() != light
        dark = ground()
        seen.page.reload()
        seen.page.wait_for_selector(".tiles")
        assert ground() == dark, "the chosen theme is forgotten"
        seen.is_quiet()


def broken_rules(running, base):
    with look(running, base) as seen:
        seen.at("alerts")
        tell(base, broken=True)
        seen.text(".broken", "The rules have errors")
        seen.text(".broken pre", "<script>")
        seen.nothing_ran()
        seen.is_accessible()
        tell(base, broken=False)
        seen.page.wait_for_selector(".broken", state="detached")
        seen.is_quiet()


def disconnected(running, base):
    with look(running, base) as seen:
        seen.at("overview")
        seen.text("#connection", "live")
        tell(base, away=True)
        seen.text("#connection", "disconnected")
        tell(base, away=False)
        seen.text("#connection", "live")


def trying(running, base):
    with look(running, base) as seen:
        seen.at("try")
        rules = seen.page.locator("textarea").first
        rules.fill("alerts:\n  a:\n    wen: true\n")
        seen.text(".finding pre", "did you mean `when`?")
        seen.page.locator(".finding button").click()
        assert seen.page.evaluate("document.activeElement.selectionStart") == len("alerts:\n  a:\n    wen: true\n")
        seen.nothing_ran()
        # What was typed is still there after a look elsewhere.
        seen.page.locator("nav a", has_text="Alerts").click()
        seen.page.locator("nav a", has_text="Try it").click()
        seen.text(".finding pre", "did you mean")
        assert "wen" in seen.page.locator("textarea").first.input_value()
        seen.is_quiet()


def tell(base, **what):
    body = json.dumps(what).encode()
    urllib.request.urlopen(urllib.request.Request(base + "/mock", body, method="POST")).read()


if __name__ == "__main__":
    main()
