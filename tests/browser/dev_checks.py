"""What the page shows of a running `tripline dev`. Each check takes the browser and `Dev`, and may tell what it measured."""

import subprocess
import time

from browser import look

HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
CONDITION = "count(data.ok == false) over 5m >= 5"


def loads(running, dev):
    with look(running, dev.base) as seen:
        began = time.monotonic()
        seen.open("#/")
        seen.page.wait_for_selector(".tiles")
        took = time.monotonic() - began
        painted = seen.page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN")
        shown = seen.page.evaluate("performance.now()")
        moved = seen.page.evaluate("performance.getEntriesByType('resource').reduce((sum, one) => sum + one.transferSize, 0)")
        seen.text("#connection", "live")
        seen.is_quiet()
        return f"first paint after {painted:.0f} ms, figures before {shown:.0f} ms ({took * 1000:.0f} ms with the driver), {moved / 1024:.0f} KiB moved"


def a_fired_alert_appears(running, dev):
    with look(running, dev.base) as seen:
        seen.at("overview")
        seen.text("#connection", "live")
        began = time.monotonic()
        dev.failed_logins("page-first", 6)
        seen.text(".feed li", "page-first")
        took = time.monotonic() - began
        seen.text(".feed li", "login-brute-force")
        seen.page.locator(".feed a").first.click()
        seen.text(".area-keys", "page-first")
        seen.text(".area-notifications", "page-first")
        seen.page.wait_for_selector(".area-why .terms li")
        seen.is_quiet()
        return f"the alert appears {took * 1000:.0f} ms after its events were sent"


def an_edit_changes_the_page(running, dev):
    with look(running, dev.base) as seen:
        seen.open("#/alerts/login-brute-force")
        seen.text(".source", CONDITION)
        began = time.monotonic()
        dev.edit("logins.yaml", CONDITION, CONDITION.replace(">= 5", ">= 3"))
        seen.text(".source", CONDITION.replace(">= 5", ">= 3"))
        took = time.monotonic() - began
        seen.open("#/")
        seen.text(".changes", "login-brute-force")
        dev.failed_logins("page-second", 4)
        seen.text(".feed li", "page-second")
        seen.is_quiet()
        return f"the page shows the edited rule {took * 1000:.0f} ms after the save"


def a_broken_rule_is_drawn_and_the_last_good_ones_keep_firing(running, dev):
    with look(running, dev.base) as seen:
        seen.at("overview")
        dev.edit("logins.yaml", "    when:", "    wen:")
        seen.text(".broken", "The rules have errors")
        seen.text(".broken pre", "did you mean `when`?")
        seen.is_accessible()
        dev.failed_logins("page-third", 4)
        seen.text(".feed li", "page-third")
        dev.edit("logins.yaml", "    wen:", "    when:")
        seen.page.wait_for_selector(".broken", state="detached")
        seen.is_quiet()


def events_stay_text(running, dev):
    with look(running, dev.base) as seen:
        seen.at("overview")
        dev.failed_logins(HOSTILE, 4)
        seen.text(".feed li", "<script>window.hacked=1</script>")
        seen.nothing_ran()
        dev.events(f'{{"eventType": "login" {HOSTILE}')
        seen.open("#/quarantine")
        seen.text(".entries .payload", "<script>window.hacked=1</script>")
        seen.page.locator(".entries button").first.click()
        seen.text(".head", "1 failed again")
        seen.nothing_ran()
        seen.open("#/alerts/login-brute-force")
        seen.text(".area-keys", "<script>")
        seen.nothing_ran()
        seen.is_quiet()


RULES = """alerts:
  too-hot:
    on: room
    when: data.temperature > 30
    by: room
    for: 1m
    severity: warning
    summary: "{room} is too hot"
"""
EVENTS = """{"eventType": "room", "timestamp": "2026-01-05T12:00:00Z", "room": "attic", "data": {"temperature": 35}}
{"eventType": "room", "timestamp": "2026-01-05T12:02:00Z", "room": "attic", "data": {"temperature": 36}}
{"eventType": "room", "timestamp": "2026-01-05T12:05:00Z", "room": "attic", "data": {"temperature": 20}}
"""


def trying_a_rule(running, dev):
    before = {file: file.read_bytes() for file in dev.rules.rglob("*.yaml")}
    with look(running, dev.base, permissions=["clipboard-read", "clipboard-write"]) as seen:
        seen.open("#/try?alert=login-brute-force")
        rules, events = seen.page.locator("textarea").first, seen.page.locator("textarea").nth(1)
        seen.holds(rules, "login-brute-force")
        events.fill(EVENTS)
        rules.fill(RULES.replace("when", "wen"))
        seen.text(".finding pre", "did you mean `when`?")
        rules.fill(RULES)
        seen.text(".timeline .badge", "firing")
        seen.text(".timeline .badge", "resolved")
        seen.page.locator("button", has_text="Copy as a test").click()
        seen.text("[role=status]", "Copied.")
        test = seen.page.evaluate("navigator.clipboard.readText()")
        seen.is_quiet()
    assert {file: file.read_bytes() for file in dev.rules.rglob("*.yaml")} == before, "Try it touched the files"
    folder = dev.folder / "tried"
    folder.mkdir()
    (folder / "rooms.yaml").write_text(RULES)
    (folder / "rooms.test.yaml").write_text(test)
    done = subprocess.run([dev.tripline, "test", "--rules", folder], capture_output=True, text=True)
    assert done.returncode == 0, f"the copied test fails:\n{test}\n{done.stdout}{done.stderr}"


def every_view_is_accessible(running, dev):
    for theme in ("light", "dark"):
        with look(running, dev.base, theme=theme) as seen:
            for name in ("overview", "alerts", "alert", "aggregates", "try", "quarantine"):
                seen.at(name)
                seen.is_accessible()
            seen.is_quiet()


ALL = [
    loads,
    a_fired_alert_appears,
    an_edit_changes_the_page,
    a_broken_rule_is_drawn_and_the_last_good_ones_keep_firing,
    events_stay_text,
    trying_a_rule,
    every_view_is_accessible,
]
