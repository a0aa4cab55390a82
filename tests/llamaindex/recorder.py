"""A loopback server that speaks Ollama's and OpenAI's chat protocols and records what arrives."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

USAGE = {"prompt_tokens": 11, "completion_tokens": 3, "total_tokens": 14}


class Recorder:
    """Requests in order of arrival; `reply` is the text of every answer."""

    def __init__(self):
        self.requests = []
        self.raw = []
        self.paths = []
        self.reply = "hello"
        self.tool_calls = []
        self.fail = False

    @property
    def last(self):
        return self.requests[-1]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.0"  # one connection per request: clients leave none open

    def log_message(self, *args):
        pass

    def do_POST(self):
        recorder = self.server.recorder
        raw = self.rfile.read(int(self.headers["Content-Length"])) or b"{}"
        body = json.loads(raw)
        recorder.paths.append(self.path)
        if self.path == "/api/show":
            return self._send({"model_info": {"qwen.context_length": 4096}})
        recorder.requests.append(body)
        recorder.raw.append(raw)
        if recorder.fail:
            return self._send({"error": {"message": "overloaded"}}, status=400)
        ollama = self.path == "/api/chat"
        parts = self._ollama(body) if ollama else self._openai(body)
        if body.get("stream"):
            form = "{}\n" if ollama else "data: {}\n\n"
            lines = [form.format(json.dumps(part)) for part in parts]
            tail = "" if ollama else "data: [DONE]\n\n"
            kind = "application/x-ndjson" if ollama else "text/event-stream"
            return self._raw(("".join(lines) + tail).encode(), kind)
        return self._send(parts[-1])

    def _ollama(self, body):
        recorder = self.server.recorder
        message = {"role": "assistant", "content": recorder.reply}
        calls = recorder.tool_calls.pop(0) if recorder.tool_calls else None
        if calls:
            message["tool_calls"] = [
                {"function": {"name": name, "arguments": args}} for name, args in calls
            ]
        done = {"done": True, "done_reason": "stop", "prompt_eval_count": 11, "eval_count": 3}
        return [{"model": body["model"], "message": message, **done}]

    def _openai(self, body):
        reply = self.server.recorder.reply
        base = {"id": "c1", "created": 1, "model": body["model"]}
        if body.get("stream"):
            delta = {"index": 0, "delta": {"role": "assistant", "content": reply}}
            return [
                {**base, "object": "chat.completion.chunk", "choices": [delta]},
                {
                    **base,
                    "object": "chat.completion.chunk",
                    "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}],
                },
            ]
        message = {"role": "assistant", "content": reply}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return [{**base, "object": "chat.completion", "choices": [choice], "usage": USAGE}]

    def _send(self, body, status=200):
        self._raw(json.dumps(body).encode(), "application/json", status)

    def _raw(self, data, kind, status=200):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class Server:
    """The recorder behind a socket on 127.0.0.1; use as a context manager."""

    def __enter__(self):
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._http.daemon_threads = True
        self.recorder = self._http.recorder = Recorder()
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *exc):
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
