"""Why a call failed: what each client raises is told from its attributes and its words."""

from __future__ import annotations

import socket
import ssl
from email.utils import formatdate
from types import SimpleNamespace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resmem_core.health.failures import CURABLE, Kind, classify, classify_text
from resmem_core.health.retry_after import MOST, seconds

NOW = 1.7e9


def answer(status, headers=None, body=None):
    request = httpx.Request("POST", "https://provider.example/v1/chat")
    return httpx.Response(status, headers=headers or {}, json=body or {}, request=request)


def openai(status, code=None, message="no", headers=None, kind=None):
    import openai as sdk

    body = {"code": code, "type": kind, "message": message}
    classes = {
        400: sdk.BadRequestError, 401: sdk.AuthenticationError, 403: sdk.PermissionDeniedError,
        404: sdk.NotFoundError, 409: sdk.ConflictError, 422: sdk.UnprocessableEntityError,
        429: sdk.RateLimitError,
    }  # fmt: skip
    made = classes.get(status, sdk.InternalServerError)
    return made(message, response=answer(status, headers, {"error": body}), body=body)


def anthropic(status, kind, message="no"):
    import anthropic as sdk

    body = {"type": "error", "error": {"type": kind, "message": message}}
    made = {400: sdk.BadRequestError, 429: sdk.RateLimitError, 413: sdk.APIStatusError}
    error = made.get(status, sdk.InternalServerError)
    return error(message, response=answer(status, {}, body), body=body)


def google(code, status, message="", details=()):
    """Shaped as google.genai.errors.APIError."""
    error = type("ClientError" if code < 500 else "ServerError", (Exception,), {})(message)
    error.code, error.status, error.message = code, status, message
    error.details = {"error": {"code": code, "status": status, "details": list(details)}}
    return error


def google_core(name, code):
    """Shaped as google.api_core.exceptions: the class names the error, `code` is an HTTP status."""
    error = type(name, (Exception,), {"code": code})("504 something odd")
    return error


def grpc(name):
    """Shaped as grpc.RpcError: `code()` is an enum."""
    error = type("_InactiveRpcError", (Exception,), {})("rpc ended")
    error.code = lambda: SimpleNamespace(name=name, value=(8, name))
    return error


def boto(code, status, message=""):
    """Shaped as botocore.exceptions.ClientError."""
    error = type("ClientError", (Exception,), {})(f"An error occurred ({code})")
    head = {"HTTPStatusCode": status, "HTTPHeaders": {"retry-after": "3"}}
    error.response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": head}
    return error


def named(name, message="", *bases):
    return type(name, bases or (Exception,), {})(message)


def requests_http(status, headers=None):
    import requests

    response = requests.Response()
    response.status_code, response.headers = status, headers or {}
    return requests.HTTPError(f"{status} Error", response=response)


def ollama(message, status):
    from ollama import ResponseError

    return ResponseError(message, status)


def aiohttp_status(status):
    import aiohttp

    return aiohttp.ClientResponseError(None, (), status=status, message="no", headers={})


def openai_connection(cause=None):
    import openai as sdk

    request = httpx.Request("POST", "https://provider.example")
    error = (
        sdk.APIConnectionError(request=request) if cause is None else sdk.APITimeoutError(request)
    )
    error.__cause__ = cause
    return error


CASES = {
    Kind.RATE_LIMIT: [
        openai(429, "rate_limit_exceeded"), openai(429, "insufficient_quota"),
        anthropic(429, "rate_limit_error"), google(429, "RESOURCE_EXHAUSTED"),
        google_core("ResourceExhausted", 429), grpc("RESOURCE_EXHAUSTED"),
        boto("ThrottlingException", 400, "Rate exceeded"), boto("TooManyRequestsException", 429),
        requests_http(429), aiohttp_status(429), ollama("too many requests", 429),
        named("RateLimitError", "litellm said so"), RuntimeError("429 Too Many Requests"),
        google(403, "", "Quota exceeded for requests per minute"),
    ],
    Kind.TIMEOUT: [
        TimeoutError(), TimeoutError(), TimeoutError("timed out"),
        httpx.ReadTimeout("slow"), httpx.ConnectTimeout("slow"), httpx.PoolTimeout("full"),
        openai_connection(httpx.ReadTimeout("")), named("ReadTimeoutError", "x"),
        google(504, "DEADLINE_EXCEEDED"), grpc("DEADLINE_EXCEEDED"), requests_http(408),
        RuntimeError("the request timed out"), named("Timeout", "litellm"), requests_http(524),
    ],
    Kind.CONNECTION: [
        ConnectionError("down"), ConnectionRefusedError(111, "Connection refused"),
        ConnectionResetError(104, "reset"), BrokenPipeError(), socket.gaierror(-2, "unknown name"),
        ssl.SSLError("handshake"), httpx.ConnectError("all attempts failed"),
        httpx.RemoteProtocolError("peer closed"), httpx.ReadError("x"), openai_connection(),
        OSError(113, "No route to host"), OSError(101, "Network is unreachable"),
        named("EndpointConnectionError", "x"), named("ServerDisconnectedError", "x"),
        named("ClientConnectorError", "x"), named("MaxRetryError", "Max retries exceeded"),
        RuntimeError("Failed to connect to Ollama. Is it running?"),
        RuntimeError("getaddrinfo ENOTFOUND api.example"),
    ],
    Kind.SERVER: [
        openai(500), openai(503, headers={"retry-after": "4"}), openai(409),
        anthropic(529, "overloaded_error"), google(503, "UNAVAILABLE"), grpc("UNAVAILABLE"),
        grpc("INTERNAL"), boto("ServiceUnavailableException", 503), requests_http(502),
        aiohttp_status(500), ollama("model runner has unexpectedly stopped", 500),
        named("ServiceUnavailableError", "litellm"), RuntimeError("Bad Gateway"),
        RuntimeError("calendar is down"), boto("ModelNotReadyException", 429 + 74),
    ],
    Kind.AUTH: [
        openai(401, "invalid_api_key"), openai(403),
        google(400, "INVALID_ARGUMENT", "API key not valid."),
        google(403, "PERMISSION_DENIED"), grpc("UNAUTHENTICATED"),
        boto("AccessDeniedException", 403), boto("ExpiredTokenException", 403),
        requests_http(401), named("AuthenticationError", "litellm"), PermissionError("no"),
        RuntimeError("401 Unauthorized"),
        named("NoCredentialsError", "Unable to locate credentials"),
    ],
    Kind.BAD_REQUEST: [
        openai(400, "invalid_value"), openai(404, "model_not_found"), openai(422),
        anthropic(400, "invalid_request_error", "temperature: range"),
        google(400, "INVALID_ARGUMENT"),
        grpc("INVALID_ARGUMENT"), boto("ValidationException", 400, "Malformed input"),
        ollama("model 'x' not found", 404), requests_http(405),
        named("ToolInvocationError", "Error invoking tool"),
    ],
    Kind.CONTEXT_OVERFLOW: [
        openai(400, "context_length_exceeded", "maximum context length is 8192 tokens"),
        anthropic(400, "invalid_request_error", "prompt is too long: 210000 > 200000"),
        anthropic(413, "request_too_large"),
        google(400, "INVALID_ARGUMENT", "The input token count (40000) exceeds the maximum"),
        boto("ValidationException", 400, "Input is too long for requested model."),
        ollama("input length exceeds the context length", 400),
        named("ContextWindowExceededError", "litellm", ValueError),
    ],
    Kind.CONTENT_FILTER: [
        openai(400, "content_filter", "filtered by the content management policy"),
        openai(400, "content_policy_violation"), openai(400, "data_inspection_failed"),
        named("ContentPolicyViolationError", "litellm", ValueError),
        google(400, "INVALID_ARGUMENT", "Blocked by safety settings: PROHIBITED_CONTENT"),
        named("BlockedPromptException", "x"),
        boto("ValidationException", 400, "The guardrail intervened"),
    ],
    Kind.UNKNOWN: [
        Exception(), RuntimeError("odd"), KeyError("name"), ZeroDivisionError("division by zero"),
        AssertionError(), named("Strange", ""),
    ],
}  # fmt: skip
MORE = {
    Kind.RATE_LIMIT: [
        named("ThrottlingError", "Rate exceeded"),
        RuntimeError("Error code: 429 - {'error': {'message': 'Rate limit reached for gpt-5'}}"),
        google(429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
        RuntimeError("Service tier capacity exceeded for this model."),
        named("MistralAPIException", "Status: 429. Message: Requests rate limit exceeded"),
        Exception("RESOURCE_EXHAUSTED: Quota exceeded"),
        named("TooManyRequestsError", "x"),
        openai(429, "rate_limit_exceeded", kind="tokens"),
    ],
    Kind.TIMEOUT: [
        named("APITimeoutError", "Request timed out."),
        named("ServerTimeoutError", "x"),
        Exception("Read timed out. (read timeout=60)"),
        Exception("context deadline exceeded (Client.Timeout exceeded)"),
        named("WriteTimeout", ""),
        Exception("504 Gateway Time-out"),
        OSError(110, "Connection timed out"),
        boto("ModelTimeoutException", 408),
    ],
    Kind.CONNECTION: [
        Exception("[Errno 111] Connection refused"),
        Exception("Cannot connect to host api.x:443 ssl:default"),
        named("ProxyError", "x"),
        Exception("HTTPConnectionPool(host='x', port=80): Max retries exceeded with url"),
        Exception("ConnectionResetError(10054, 'forcibly closed by the remote host')"),
        OSError(10061, "Es konnte keine Verbindung hergestellt werden"),
        Exception("The server closed the connection unexpectedly"),
        Exception("RemoteDisconnected('Remote end closed')"),
        OSError(111, "Verbindungsaufbau abgelehnt"),
        named("WebSocketDisconnect", "1006"),
    ],
    Kind.SERVER: [
        Exception("The model is overloaded. Please try again later."),
        google(500, "INTERNAL", "An internal error has occurred"),
        Exception("502 Bad Gateway"),
        boto("InternalServerException", 500),
        named("ServiceUnavailable", "x"),
        Exception("Model is currently loading"),
        requests_http(520),
        openai(500, "server_error"),
        Exception("The service is under maintenance"),
        Exception("CUDA out of memory"),
    ],
    Kind.AUTH: [
        Exception("Incorrect API key provided: sk-***"),
        google(403, "PERMISSION_DENIED", "Permission denied on resource project"),
        named("AuthenticationError", "Invalid bearer token"),
        boto("UnrecognizedClientException", 403),
        Exception("The security token included in the request is expired"),
        requests_http(402),
        Exception("HTTP 401"),
        Exception("You don't have access to this model: 403 Forbidden"),
    ],
    Kind.BAD_REQUEST: [
        openai(400, None, "Unsupported value: 'temperature' does not support 0.2"),
        Exception("Invalid value for 'tools[0].function.name'"),
        named("UnprocessableEntityError", "x"),
        Exception("model 'llama9' not found, try pulling it first"),
        google(404, "NOT_FOUND", "models/x is not found"),
        openai(400, None, "tool_call_id must be a string"),
        requests_http(410),
    ],
    Kind.CONTEXT_OVERFLOW: [
        openai(400, None, "Requested 9000 tokens exceeds the maximum context length"),
        Exception("prompt exceeds max length: 131072 tokens"),
        Exception("the request exceeds the available context size"),
        google(
            400,
            "INVALID_ARGUMENT",
            "The input token count exceeds the maximum number of tokens allowed",
        ),
        Exception("Input tokens exceed the configured limit of 272000 tokens"),
        Exception(
            "This model's maximum prompt length is 131072 but the request contains 140000 tokens"
        ),
        boto("ValidationException", 400, "too many input tokens"),
        Exception("context_length_exceeded"),
    ],
    Kind.CONTENT_FILTER: [
        Exception("the prompt triggers Azure OpenAI's content management policy"),
        Exception("Output blocked by content filtering policy"),
        named("ResponsibleAIPolicyViolation", "x"),
        Exception("Your request was rejected as a result of our safety system"),
        Exception("candidate was blocked due to SAFETY"),
        openai(400, "content_filter"),
    ],
    Kind.UNKNOWN: [
        RuntimeError("generator raised StopIteration"),
        AttributeError("'NoneType' object has no attribute 'x'"),
        Exception("boom"),
        NotImplementedError(),
        RecursionError("maximum recursion depth exceeded"),
    ],
}
FLAT = [(k, error) for kinds in (CASES, MORE) for k, errors in kinds.items() for error in errors]


@pytest.mark.parametrize(("kind", "error"), FLAT, ids=[f"{k}-{type(e).__name__}" for k, e in FLAT])
def test_the_class_of_an_error(kind, error):
    """Every client's way to say it is read, without importing the client."""
    assert classify(error, NOW).kind is kind


@pytest.mark.parametrize(("kind", "error"), FLAT, ids=[f"{k}-{type(e).__name__}" for k, e in FLAT])
def test_a_wrapped_error_is_seen_through(kind, error):
    """What it was raised from, what it was raised while handling, and groups are looked into."""
    caused = RuntimeError("the chain failed")
    caused.__cause__ = error
    try:
        try:
            raise error
        except BaseException:
            raise RuntimeError("while handling")  # noqa: B904
    except RuntimeError as wrapped:
        found = wrapped
    group = ExceptionGroup("several", [error])

    assert [classify(e, NOW).kind for e in (caused, found, group)] == [kind] * 3


def test_only_what_may_pass_is_curable():
    """A spent quota, a wrong key, a bad or too long request and a filter are not tried again."""
    hopeless = [
        openai(429, "insufficient_quota"),
        openai(429, "rate_limit_exceeded", "Request too large for gpt: limit 10000 tokens per min"),
        openai(429, None, "Limit of free requests per day reached"),
        openai(500, headers={"x-should-retry": "false"}),
        ssl.SSLCertVerificationError("certificate verify failed: self-signed certificate"),
    ]

    assert not any(classify(error, NOW).curable for error in hopeless)
    assert classify(openai(429), NOW).curable
    others = [(k, e) for k, e in FLAT if "insufficient" not in repr(e.__dict__)]
    assert all(classify(e, NOW).curable == (k in CURABLE) for k, e in others)


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        ("7", 7.0), ("0.25", 0.25), (12, 12.0), ("-30", 0.0), ("31536000", MOST), ("1e300", MOST),
        (formatdate(NOW + 90, usegmt=True), 90.0), (formatdate(NOW - 90, usegmt=True), 0.0),
        (formatdate(NOW + 4e7, usegmt=True), MOST), ("2023-11-14T22:13:50Z", 30.0),
        (str(NOW + 5), 5.0), ("1.5s", 1.5), ("6m0s", 360.0), ("20ms", 0.02), ("nan", None),
        ("inf", None), ("soon", None), ("", None), ("Wed, 99 Foo 2026", None), (None, None),
    ],
)  # fmt: skip
def test_retry_after_in_every_spelling(said, wait):
    """Seconds, milliseconds, spans, dates of HTTP and RFC 3339, moments; a year is an hour."""
    found = seconds(said, NOW)

    assert found == (wait if wait is None else pytest.approx(wait, abs=1e-3))


def test_where_the_wait_stands():
    """In headers of any case, in milliseconds first, in Google's details, or in the message."""
    retry = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "17s"}]
    errors = [
        openai(429, headers={"Retry-After": "2", "retry-after-ms": "1500"}),
        google(429, "RESOURCE_EXHAUSTED", details=retry),
        openai(429, message="Please try again in 1m3.5s."),
        openai(429, message="Please retry after 20 seconds."),
        requests_http(503, {"RETRY-AFTER": "4"}),
        openai(429, headers={"x-ratelimit-reset-tokens": "350ms"}),
        boto("ThrottlingException", 429),
    ]
    outer = RuntimeError("outer")
    outer.__cause__ = errors[0]

    found = [classify(error, NOW).retry_after for error in [*errors, outer]]

    assert found == pytest.approx([1.5, 17.0, 63.5, 20.0, 4.0, 0.35, 3.0, 1.5])


def test_errors_that_bite():
    """Properties that raise, a text that raises, chains that bite their own tail: UNKNOWN."""

    class Biting(Exception):
        status_code = property(lambda self: 1 / 0)
        headers = property(lambda self: 1 / 0)

        def __str__(self):
            raise ValueError("no text")

    loop = Biting()
    loop.__cause__ = RuntimeError("odd")
    loop.__cause__.__cause__ = loop

    assert classify(loop, NOW).kind is Kind.UNKNOWN


def test_a_tools_answer_tells_its_class():
    """A tool that reports its error as text is understood; an ordinary refusal is not sickness."""
    assert classify_text("Error: 503 Service Unavailable").kind is Kind.SERVER
    assert classify_text("the mail server timed out").kind is Kind.TIMEOUT
    assert classify_text("No such event. It does not exist.").kind is Kind.BAD_REQUEST
    assert classify_text("hm").kind is Kind.UNKNOWN


@given(st.text(max_size=300), st.text(max_size=40), st.floats(), st.integers())
def test_any_text_is_read(message, header, number, status):
    """Whatever an exception says and carries, there is a class, and the wait is in bounds."""
    error = RuntimeError(message)
    error.status_code, error.retry_after = status, number
    error.response = SimpleNamespace(headers={"Retry-After": header})
    found = classify(error, NOW)

    assert found.kind in Kind
    assert found.retry_after is None or 0.0 <= found.retry_after <= MOST
