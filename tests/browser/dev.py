"""`tripline dev` on a copy of the shipped rules, on a port of its own, keeping nothing."""

import datetime
import gzip
import json
import pathlib
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

PROJECT = pathlib.Path(__file__).parents[2]


class Dev:
    def __init__(self, tripline, folder):
        self.tripline, self.folder, self.rules = tripline, folder, folder / "rules"
        self.asked = 0

    def __enter__(self):
        shutil.copytree(PROJECT / "rules", self.rules, ignore=shutil.ignore_patterns("sample"))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.base = f"http://127.0.0.1:{port}"
        self.log = open(self.folder / "dev.log", "wb")
        command = [self.tripline, "dev", "--rules", self.rules, "--port", str(port), "--ephemeral", "--events", self.sample()]
        self.process = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        try:
            self.wait()
        except BaseException as error:
            self.__exit__(type(error))
            raise
        return self

    def wait(self):
        begun = time.monotonic()
        while not self.has_read():
            assert self.process.poll() is None and time.monotonic() - begun < 60, "`tripline dev` does not read its events"
            time.sleep(0.02)

    def sample(self):
        """The sample, so that every view has much to show, as if it had ended just now."""
        events = [json.loads(line) for line in gzip.open(PROJECT / "rules/sample/events.ndjson.gz", "rt")]
        times = [datetime.datetime.fromisoformat(event["timestamp"]) for event in events]
        ago = datetime.datetime.now(datetime.timezone.utc) - max(times) - datetime.timedelta(seconds=10)
        for event, at in zip(events, times):
            event["timestamp"] = (at + ago).isoformat()
        file = self.folder / "sample.ndjson"
        file.write_text("".join(json.dumps(event) + "\n" for event in events))
        return file

    def __exit__(self, kind, *_):
        self.process.terminate()
        self.process.wait(10)
        self.log.close()
        if kind:
            print("`tripline dev` said last:\n" + (self.folder / "dev.log").read_text(errors="replace")[-3000:])

    def has_read(self):
        try:
            return self.get("/api/status")["source"]["state"] == "ended"
        except OSError:
            return False  # it is about to listen

    def get(self, path):
        return json.load(urllib.request.urlopen(self.base + path))

    def events(self, *events):
        """Posts events, and texts as they are, a line each."""
        return self.post("".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in events).encode())

    def post(self, body):
        headers = {"content-type": "application/x-ndjson"}
        return json.load(urllib.request.urlopen(urllib.request.Request(self.base + "/events", body, headers, method="POST")))

    def failed_logins(self, user, count):
        self.events(*(self.login(user, False) for _ in range(count)))

    def login(self, user, ok):
        self.asked += 1
        now = time.time()
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03}Z"
        return {"id": f"page-{self.asked}", "eventType": "login", "timestamp": stamp, "userId": user, "data": {"ok": ok, "ip": "10.1.2.3"}}

    def edit(self, file, old, new):
        """Saves a file as editors do: another file takes its place."""
        path = self.rules / file
        text = path.read_text()
        assert old in text, f"{file} does not hold {old}"
        fresh = path.with_suffix(".tmp")
        fresh.write_text(text.replace(old, new))
        fresh.replace(path)
