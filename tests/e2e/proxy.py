"""A proxy in front of the local AWS: counts the functions' requests and makes some of them fail as AWS would.

No emulator throttles, or leaves parts of a batch undone; this does, by `faults`: out of how many requests of an
operation one is hit, and how. Half of what a batch holds is taken then, so that its answer is a partial one.
"""

import collections
import http.client
import http.server
import json
import re
import threading
import urllib.parse

BATCHES = {"BatchWriteItem", "BatchGetItem", "BatchExecuteStatement", "PutRecords", "PublishBatch"}


class Proxy:
    def __init__(self, port):
        self.target = port
        self.requests = collections.Counter()
        self.units = collections.Counter()
        self.faults = {}
        self.seen = collections.Counter()
        self.hit = collections.Counter()
        self.lock = threading.Lock()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Headers and body in one piece: in two, each answer would wait 40 ms for an acknowledgement.
            wbufsize = 1 << 16
            disable_nagle_algorithm = True

            def answer(self):
                outer.answer(self)

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = answer

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def reset(self):
        with self.lock:
            self.requests.clear()
            self.units.clear()
            self.hit.clear()

    def answer(self, handler):
        length = int(handler.headers.get("content-length") or 0)
        body = handler.rfile.read(length)
        operation = operation_of(handler.headers, body)
        kind = None
        with self.lock:
            self.requests[operation] += 1
            if operation in self.faults:
                every, kinds = self.faults[operation]
                self.seen[operation] += 1
                if self.seen[operation] % every == 0:
                    kind = kinds[self.seen[operation] // every % len(kinds)]
                    self.hit[operation, kind] += 1
        status, headers, answer = self.make(handler, operation, body, kind)
        handler.send_response(status)
        for name, value in headers.items():
            if name.lower() not in ("transfer-encoding", "content-length", "connection", "date", "server"):
                handler.send_header(name, value)
        handler.send_header("content-length", str(len(answer)))
        handler.end_headers()
        handler.wfile.write(answer)

    def make(self, handler, operation, body, kind):
        if kind == "throttled":
            return throttled(operation)
        if kind == "partial" and operation in BATCHES:
            return self.partial(handler, operation, body)
        status, headers, answer = self.forward(handler, counted(operation, body))
        self.count_units(answer, operation, body)
        if kind == "lost":
            # It took effect, and nobody hears of it.
            return 500, {"content-type": "application/x-amz-json-1.0"}, b'{"__type":"InternalServerError"}'
        return status, headers, answer

    def forward(self, handler, body):
        connection = http.client.HTTPConnection("127.0.0.1", self.target, timeout=60)
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in ("content-length", "host", "connection")}
        # Signatures are not checked, and a body that is changed here would not fit its own.
        headers.pop("x-amz-content-sha256", None)
        connection.request(handler.command, handler.path, body, headers)
        response = connection.getresponse()
        answer = response.read()
        connection.close()
        return response.status, dict(response.getheaders()), answer

    def count_units(self, answer, operation, body):
        if operation == "BatchExecuteStatement":
            # The local AWS counts one unit a statement, whatever it writes.
            units = sum(-(-size_of_statement(one) // 1024) for one in json.loads(body)["Statements"])
            with self.lock:
                self.units[operation] += units
            return
        if operation not in ("PutItem", "UpdateItem", "BatchWriteItem", "BatchGetItem", "Query"):
            return
        try:
            consumed = json.loads(answer).get("ConsumedCapacity") or []
        except ValueError:
            return
        for one in consumed if isinstance(consumed, list) else [consumed]:
            with self.lock:
                self.units[operation] += one.get("CapacityUnits", 0)

    def partial(self, handler, operation, body):
        if operation == "PublishBatch":
            return self.partial_publish(handler, body)
        request = json.loads(body)
        if operation == "PutRecords":
            records = request["Records"]
            taken = records[::2]
            status, headers, answer = self.forward(handler, json.dumps({**request, "Records": taken}).encode())
            given = json.loads(answer)
            failed = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "Rate exceeded"}
            results = iter(given["Records"])
            given["Records"] = [next(results) if at % 2 == 0 else failed for at in range(len(records))]
            given["FailedRecordCount"] = len(records) - len(taken)
            return status, headers, json.dumps(given).encode()
        if operation == "BatchExecuteStatement":
            statements = request["Statements"]
            body = json.dumps({**request, "Statements": statements[::2]}).encode()
            status, headers, answer = self.forward(handler, body)
            self.count_units(answer, operation, body)
            results = iter(json.loads(answer)["Responses"])
            failed = {"Error": {"Code": "ThrottlingError", "Message": "Rate exceeded"}}
            responses = [next(results) if at % 2 == 0 else failed for at in range(len(statements))]
            return status, headers, json.dumps({"Responses": responses}).encode()
        left = {}
        for table, wanted in request["RequestItems"].items():
            items = wanted if operation == "BatchWriteItem" else wanted["Keys"]
            half = (len(items) + 1) // 2
            rest = items[half:]
            del items[half:]
            if rest:
                left[table] = rest if operation == "BatchWriteItem" else {**wanted, "Keys": rest}
        status, headers, answer = self.forward(handler, counted(operation, json.dumps(request).encode()))
        self.count_units(answer, operation, body)
        given = json.loads(answer)
        given["UnprocessedItems" if operation == "BatchWriteItem" else "UnprocessedKeys"] = left
        return status, headers, json.dumps(given).encode()

    def partial_publish(self, handler, body):
        form = urllib.parse.parse_qsl(body.decode(), keep_blank_values=True)
        prefix = r"PublishBatchRequestEntries\.member\.(\d+)\."
        number = lambda name: int(match[1]) if (match := re.match(prefix, name)) else None
        ids = {number(name): value for name, value in form if re.fullmatch(prefix + "Id", name)}
        taken = [(name, value) for name, value in form if number(name) is None or number(name) % 2 == 1]
        # Entries are numbered without gaps.
        renumber = lambda name: re.sub(r"(member\.)(\d+)(\.)", lambda m: f"{m[1]}{(int(m[2]) + 1) // 2}{m[3]}", name, count=1)
        taken = [(renumber(name), value) for name, value in taken]
        status, headers, answer = self.forward(handler, urllib.parse.urlencode(taken).encode())
        failed = "".join(
            f"<member><Id>{value}</Id><Code>InternalError</Code><Message>try again</Message><SenderFault>false</SenderFault></member>"
            for at, value in ids.items()
            if at % 2 == 0
        )
        text = answer.decode()
        if "<Failed/>" in text:
            text = text.replace("<Failed/>", f"<Failed>{failed}</Failed>")
        elif "<Failed></Failed>" in text:
            text = text.replace("<Failed></Failed>", f"<Failed>{failed}</Failed>")
        else:
            text = text.replace("</PublishBatchResult>", f"<Failed>{failed}</Failed></PublishBatchResult>")
        return status, headers, text.encode()


def counted(operation, body):
    """The request, asking to be told what it costs."""
    if operation in ("PutItem", "UpdateItem", "BatchWriteItem", "BatchGetItem", "Query"):
        return json.dumps({**json.loads(body), "ReturnConsumedCapacity": "TOTAL"}).encode()
    return body


def size_of_statement(statement):
    """What the item that a statement writes weighs, in bytes, as DynamoDB counts: names and values."""
    names = re.findall(r"""(?<=SET ")[^"]+|(?<=')[^']+(?=': )""", statement["Statement"])
    return sum(map(len, names)) + sum(map(size_of_value, statement["Parameters"]))


def size_of_value(value):
    kind, held = next(iter(value.items()))
    if kind == "M":
        return 3 + sum(len(name) + 1 + size_of_value(one) for name, one in held.items())
    if kind == "B":
        return len(held) * 3 // 4
    return len(held) if isinstance(held, str) else 1


def operation_of(headers, body):
    target = headers.get("x-amz-target")
    if target:
        return target.split(".")[-1]
    match = re.match(rb"(?:.*&)?Action=(\w+)", body[:2000])
    return match[1].decode() if match else "other"


def throttled(operation):
    if operation in ("PublishBatch", "Publish"):
        error = "<ErrorResponse><Error><Type>Sender</Type><Code>Throttled</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"
        return 429, {"content-type": "text/xml"}, error.encode()
    error = {"__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException", "message": "Rate exceeded"}
    return 400, {"content-type": "application/x-amz-json-1.0", "x-amzn-errortype": error["__type"]}, json.dumps(error).encode()
