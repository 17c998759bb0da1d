"""HTTP on a socket for the simulators: small, threaded, and able to take 200 MB bodies in a fraction of a second."""
import json
import re
import socket
import struct
from urllib.parse import parse_qsl, unquote, urlsplit


class Request:
    def __init__(self, method, target, headers):
        parts = urlsplit(target)
        self.method, self.target, self.path = method, target, unquote(parts.path)
        self.query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.headers = headers
        self.body = b""

    def json(self):
        return json.loads(bytes(self.body))


class Response:
    def __init__(self, status=200, body=b"", headers=None, kind="application/json"):
        if not isinstance(body, (bytes, bytearray, memoryview)):
            body = json.dumps(body).encode()
        self.status, self.body, self.headers, self.kind = status, body, headers or {}, kind
        self.stops_after = None  # the connection is closed after so many bytes of the body
        self.drip = None         # (bytes at a time, an event that is waited for in between, seconds)


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
    return False


REASONS = {200: "OK", 201: "Created", 206: "Partial Content", 302: "Found", 400: "Bad Request", 401: "Unauthorized",
           403: "Forbidden", 404: "Not Found", 429: "Too Many Requests", 500: "Internal Server Error",
           503: "Service Unavailable"}


def send(connection, response, method, cut=None):
    head = ["HTTP/1.1 %d %s" % (response.status, REASONS.get(response.status, "Other")),
            "Content-Type: " + response.kind, "Content-Length: %d" % len(response.body),
            "x-request-id: req_sim", "request-id: req_sim"]
    head += ["%s: %s" % item for item in response.headers.items()]
    connection.sendall(("\r\n".join(head) + "\r\n\r\n").encode())
    body = memoryview(response.body)
    if cut is not None:
        body = body[: int(len(body) * cut)]
    if response.stops_after is not None:
        connection.sendall(body[:response.stops_after])
        raise OSError("broken off")
    if response.drip:
        count, stop, seconds = response.drip
        for start in range(0, len(body), count):
            connection.sendall(body[start:start + count])
            stop.wait(seconds)
    elif method != "HEAD":
        connection.sendall(body)


class Reader:
    """Reads requests from a connection; a body of known length goes straight into one buffer."""

    def __init__(self, connection):
        self.connection, self.buffer = connection, bytearray()

    def some(self, count):
        while len(self.buffer) < count:
            piece = self.connection.recv(65536)
            if not piece:
                return False
            self.buffer += piece
        return True

    def take(self, count):
        if count >= 1 << 20:
            whole = bytearray(count)
            held = min(len(self.buffer), count)
            whole[:held] = self.buffer[:held]
            del self.buffer[:held]
            view = memoryview(whole)
            while held < count:
                got = self.connection.recv_into(view[held:], count - held)
                if not got:
                    raise ValueError("the body ended early")
                held += got
            return whole
        if not self.some(count):
            raise ValueError("the body ended early")
        piece = bytes(self.buffer[:count])
        del self.buffer[:count]
        return piece

    def line(self):
        while b"\r\n" not in self.buffer:
            if not self.some(len(self.buffer) + 1):
                raise ValueError("the request ended early")
        end = self.buffer.index(b"\r\n")
        return bytes(self.take(end + 2)[:-2])

    def head(self):
        if not self.some(1):
            return None
        method, target, _ = self.line().decode().split(" ")
        headers = {}
        while True:
            line = self.line().decode()
            if not line:
                break
            name, value = line.split(":", 1)
            name, value = name.strip().lower(), value.strip()
            headers[name] = headers[name] + ", " + value if name in headers else value
        return Request(method, target, headers)

    def body(self, request):
        if "chunked" in request.headers.get("transfer-encoding", ""):
            pieces = []
            while True:
                size = int(self.line().split(b";")[0], 16)
                if size == 0:
                    self.line()
                    break
                pieces.append(self.take(size))
                self.line()
            request.body = b"".join(bytes(piece) for piece in pieces)
        else:
            request.body = self.take(int(request.headers.get("content-length", 0)))


def parse_multipart(request):
    """{name: (headers, memoryview of the body)}"""
    match = re.search(r'boundary="?([^";]+)"?', request.headers.get("content-type", ""))
    if not match or "multipart/form-data" not in request.headers["content-type"]:
        raise ValueError("not multipart/form-data: " + request.headers.get("content-type", "nothing"))
    mark = b"--" + match.group(1).encode()
    body, parts = request.body, {}
    at = body.find(mark)
    while True:
        start = at + len(mark)
        if bytes(body[start:start + 2]) == b"--":
            return parts
        after = body.find(b"\r\n" + mark, start)
        if after < 0:
            raise ValueError("the multipart body has no end")
        end_of_head = body.find(b"\r\n\r\n", start)
        head = bytes(body[start + 2:end_of_head]).decode()
        headers = {line.split(":", 1)[0].strip().lower(): line.split(":", 1)[1].strip() for line in head.split("\r\n")}
        name = re.search(r'[; ]name="([^"]*)"', headers["content-disposition"]).group(1)
        parts[name] = (headers, memoryview(body)[end_of_head + 4:after])
        at = after + 2
