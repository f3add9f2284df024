"""A server that answers the page as `tripline dev` does, with data that nobody would send: markup and scripts in every field.

    mock.py [PORT]
"""

import contextlib
import http.server
import json
import math
import pathlib
import sys
import threading
import time
import urllib.parse

PAGE = pathlib.Path(__file__).parents[2] / "cli/src/dev/page"
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
HOSTILE = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
KEY = {"userId": f"alice{HOSTILE}"}
NAMES = ["login-brute-force", "slow-tail", "error-ratio", "sensor-silent"]


def stamp(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + ".123Z"


def diagnostic(severity="error"):
    return {
        "code": "E1101",
        "severity": severity,
        "message": f"the alert has no key `wen` {HOSTILE}",
        "help": "did you mean `when`?",
        "file": "rules/logins.yaml",
        "line": 4,
        "column": 5,
        "drawn": f"{severity}[E1101]: the alert `too-hot` has no key `wen`\n --> rules/logins.yaml:4:5\n  |\n4 |     wen: {HOSTILE}\n  |     ^^^\n  |\n"
        "  = help: did you mean `when`?\n",
    }


def reload(ok):
    return {
        "at": stamp(BEGUN + (0 if ok else 5)),
        "ok": ok,
        "summary": f"+1 ~2 −0 alerts; state kept for 41 of 42; login-brute-force restarts {HOSTILE}",
        "millis": 12.4,
        "diagnostics": [diagnostic("warning" if ok else "error")],
        "tests": {"passed": 11, "failed": 1, "text": f"FAILED {HOSTILE}\n  expected  fires 1m20s\n  actual    never"},
        "changes": [{"alert": name, "change": change} for name, change in zip(NAMES, ["changed", "added", "removed"])],
    }


def notification(seq):
    name = NAMES[seq % len(NAMES)]
    return {
        "seq": seq,
        "id": "9f",
        "notification": "41",
        "status": "resolved" if seq % 3 == 2 else "firing",
        "alert": name,
        "key": KEY if seq % 2 else {"service": "checkout"},
        "severity": ["critical", "warning", "info"][seq % 3],
        "at": stamp(BEGUN + seq),
        "since": stamp(BEGUN),
        "summary": f"{seq} failed logins in 5 minutes {HOSTILE if seq % 4 == 1 else ''}",
        "runbook": "javascript:window.hacked=1" if seq % 2 else "https://wiki.example/logins",
        "values": {"count(data.ok == false) over 5m": seq, HOSTILE: HOSTILE},
        "reason": HOSTILE if seq % 5 == 0 else None,
        "shadow": seq % 7 == 0,
    }


def alert(name):
    index = NAMES.index(name) if name in NAMES else 0
    return {
        "name": name,
        "description": f"More than a fifth of the logins failed {HOSTILE}",
        "severity": ["critical", "warning", "critical", "info"][index],
        "on": ["login", HOSTILE],
        "by": ["userId"],
        "firing": [3, 1, 0, 0][index],
        "pending": [0, 2, 1, 0][index],
        "keys": 40 + index,
        "lastFired": stamp(BEGUN) if index < 3 else None,
        "file": "rules/logins.yaml",
        "line": 3,
        "shadow": index == 3,
    }


SOURCE = f"""  login-brute-force:                                 # {HOSTILE}
    on: login
    when: count(data.ok == false) over 5m >= 5 and count(data.ok == false) over 5m / count() over 5m > 80%
    by: [userId]
    severity: critical
    summary: "{{count(data.ok == false) over 5m}} failed logins for {{userId}} {HOSTILE}"
    labels: {{team: security}}
"""


def waves(amplitude):
    now = int(time.time())
    times = list(range(now - 3600, now, 15))
    return times, [None if 900 < at % 3600 < 960 else round(amplitude * (1 + math.sin(at / 500)), 2) for at in times]


def answers(path, query):
    """What `GET path` says."""
    name = path.split("/")[3] if path.count("/") >= 3 else ""
    if path == "/api/status":
        return status()
    if path == "/api/alerts":
        return {"alerts": [alert(one) for one in NAMES]}
    if path.startswith("/api/alerts/") and path.endswith("/keys"):
        keys = [
            {"key": KEY if at == 0 else {"userId": f"user-{at}"}, "phase": "firing" if at < 2 else "pending" if at < 4 else "idle", "severity": "critical" if at < 2 else None,
             "since": stamp(BEGUN - at) if at < 4 else None, "nearness": max(0, 1 - at / 20), "windows": [{"text": "count(data.ok == false) over 5m", "value": 20 - at}, {"text": HOSTILE, "value": HOSTILE}]}
            for at in range(20)
        ]
        keys = [one for one in keys if query.get("search", "") in json.dumps(one["key"])]
        return {"total": 40, "keys": keys}
    if path.startswith("/api/alerts/") and path.endswith("/series"):
        times, values = waves(4)
        return {
            "times": times,
            "series": [{"text": "count(data.ok == false) over 5m", "values": values}, {"text": "count() over 5m", "values": waves(900)[1]}],
            "thresholds": [{"series": 0, "op": ">=", "value": 5, "severity": "critical"}],
            "episodes": [{"from": times[60], "to": times[100], "severity": "critical"}, {"from": times[-20], "to": None, "severity": "warning"}],
        }
    if path.startswith("/api/alerts/") and path.endswith("/why"):
        return {
            "outcome": "idle",
            "text": f"the condition does not hold\n  {HOSTILE}",
            "terms": [
                {"text": "count(data.ok == false) over 5m >= 5 and …", "value": None, "holds": False, "depth": 0},
                {"text": "count(data.ok == false) over 5m >= 5", "value": 7, "holds": True, "depth": 1},
                {"text": f"data.x == '{HOSTILE}'", "value": HOSTILE, "holds": None, "depth": 1},
                {"text": "count(data.ok == false) over 5m / count() over 5m > 80%", "value": 0.42, "holds": False, "depth": 1},
            ],
            "suppressed": f"the silence monday-import withholds it {HOSTILE}",
        }
    if path.startswith("/api/alerts/"):
        return alert(name) | {"source": SOURCE, "windows": [], "notifications": [notification(seq) | {"alert": name} for seq in range(12, 0, -1)]}
    if path == "/api/aggregates":
        return {"aggregates": [{"name": f"events-by-hour{at}", "description": HOSTILE, "on": ["*"], "by": ["eventType", HOSTILE], "window": "1h", "columns": ["events"], "rows": 96} for at in range(3)]}
    if path.startswith("/api/aggregates/") and path.endswith("/rows"):
        rows = [{"start": stamp(BEGUN - 3600 * at), "end": stamp(BEGUN), "key": KEY if at % 2 else {"userId": "bob"}, "values": {"events": 100 + at, "avgLatency": at / 7, HOSTILE: HOSTILE}} for at in range(30)]
        return {"total": 96, "columns": ["events", "avgLatency", HOSTILE], "rows": rows}
    if path.startswith("/api/aggregates/") and path.endswith("/series"):
        times, values = waves(50)
        return {"times": times, "series": [{"text": "events", "values": values}, {"text": HOSTILE, "values": values}]}
    if path == "/api/notifications":
        return {"notifications": [notification(seq) for seq in range(20, 0, -1)]}
    if path == "/api/quarantine":
        return {"total": 3, "entries": [{"id": f"{at}", "at": stamp(BEGUN), "source": f"http:{at}", "reason": f"not JSON: expected `,` {HOSTILE}", "payload": f'{{"eventType": "login" {HOSTILE}', "truncated": at == 1} for at in range(3)]}
    if path == "/api/try/start":
        return {"rules": "alerts:\n" + SOURCE, "events": '{"eventType":"login","timestamp":"2026-01-05T12:00:00Z","userId":"alice","data":{"ok":false}}\n' * 5}
    return None


def status():
    ok = not SWITCHES["broken"].is_set()
    events = int((time.time() - BEGUN) * 1200)
    return {
        "version": "0.1.0",
        "rules": {"folder": f"/home/me/rules {HOSTILE}", "alerts": 13, "aggregates": 3},
        "reload": reload(ok),
        "source": {"name": "sample", "state": "running", "text": f"seed 1 {HOSTILE}"},
        "rates": {"events": 1200 + 150 * math.sin(time.time() / 5), "rejects": 2, "alerts": 1},
        "totals": {"events": events, "rejected": 3, "alerts": 846, "late": 12, "suppressed": 5},
        "lag": 0.4,
        "progress": stamp(time.time()),
        "active": [{"severity": "critical", "count": 3}, {"severity": "warning", "count": 1}],
        "stored": 1_234_567,
    }


def tried(asked):
    at = stamp(BEGUN)
    return {
        "diagnostics": [diagnostic("warning")] if "wen" in asked["rules"] else [],
        "timeline": [
            {"at": at, "kind": "event", "text": asked["events"].split("\n")[0] + HOSTILE},
            {"at": at, "kind": "firing", "alert": NAMES[0], "key": KEY, "severity": "critical", "text": f"5 failed logins {HOSTILE}"},
            {"at": at, "kind": "suppressed", "alert": NAMES[0], "key": KEY, "severity": "critical", "text": "cooldown"},
            {"at": at, "kind": "rejected", "text": HOSTILE},
            {"at": at, "kind": "resolved", "alert": NAMES[0], "key": KEY, "severity": "critical", "text": "resolved"},
        ],
        "test": "tests:\n  - name: tried\n    events: []\n",
    }


BEGUN = time.time()
SWITCHES = {"broken": threading.Event(), "away": threading.Event()}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def send(self, body, kind, status=200):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def say(self, value, status=200):
        self.send(json.dumps(value).encode(), "application/json", status)

    def do_GET(self):
        path, _, query = self.path.partition("?")
        path = urllib.parse.unquote(path)
        query = dict(urllib.parse.parse_qsl(query))
        if path == "/api/stream":
            return self.stream()
        if path.startswith("/api/"):
            found = answers(path, query)
            return self.say(found) if found else self.say({"error": f"there is no {path}"}, 404)
        file = PAGE / ("index.html" if path == "/" else path.removeprefix("/page/"))
        if not file.is_file():
            return self.say({"error": f"there is no {path}"}, 404)
        self.send(file.read_bytes(), TYPES.get(file.suffix, "text/plain"))

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
        if self.path == "/api/try":
            return self.say(tried(body))
        if self.path.startswith("/api/quarantine/"):
            return self.say({"retried": 1, "failed": 0})
        if self.path == "/mock":
            for name, on in body.items():
                (SWITCHES[name].set if on else SWITCHES[name].clear)()
            return self.say({})
        self.say({"error": "not found"}, 404)

    def stream(self):
        if SWITCHES["away"].is_set():
            return self.say({"error": "too many subscribers"}, 503)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.close_connection = True
        seq = 20
        try:
            while not SWITCHES["away"].is_set():
                self.event("status", status())
                seq += 1
                if seq % 4 == 0:
                    self.event("alert", notification(seq))
                time.sleep(0.5)
        except OSError:
            pass

    def event(self, kind, value):
        self.wfile.write(f"event: {kind}\ndata: {json.dumps(value)}\n\n".encode())
        self.wfile.flush()


@contextlib.contextmanager
def serve(port=0):
    """Gives the address of a running server."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


if __name__ == "__main__":
    with serve(int(sys.argv[1]) if len(sys.argv) > 1 else 7172) as base:
        print(base, flush=True)
        threading.Event().wait()
