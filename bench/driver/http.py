"""A plain client for verifying and sampling; the load itself is wrk's."""

import http.client
import json
import time

from .tools import Failed


class Client:
    """One kept connection to a server on this host."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.used = 0.0

    def post(self, headers, body):
        """The status, the answer as text. A server may have closed a connection that was idle."""
        if time.monotonic() - self.used > 1:
            self.connection.close()
        self.used = time.monotonic()
        self.connection.request("POST", "/graphql", body, headers)
        response = self.connection.getresponse()
        return response.status, response.read()

    def ask(self, headers, body):
        """The data of a good answer; a bad one is an error."""
        status, text = self.post(headers, body)
        answer = json.loads(text)
        if status != 200 or "errors" in answer or answer.get("data") is None:
            raise Failed(f"{body.decode()[:200]}: {status} {text.decode()[:500]}")
        return answer["data"]


def bytes_of(port, headers, body):
    """A whole request, as wrk sends it."""
    lines = [f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:{port}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
