"""What the studio lets in, and what it refuses."""

import tracemalloc

import pytest
from starlette.websockets import WebSocketDisconnect
from studio_page import ADDRESS, Page

FOREIGN = "https://evil.example"


def test_a_foreign_host_is_refused_everywhere(page, client):
    for method, place in (
        ("GET", "/"),
        ("GET", f"{page.address}/state"),
        ("PUT", f"{page.address}/photo"),
        ("GET", "/static/a.js"),
    ):
        response = client.request(method, place, headers={"Host": "evil.example"})
        assert response.status_code == 400
        assert response.json()["error"] == "the host 'evil.example' is not this studio's"


@pytest.mark.parametrize("host", ["127.0.0.1:8321", "localhost:8321", "[::1]:8321", "localhost"])
def test_this_machine_has_several_names(client, host):
    assert client.get("/", headers={"Host": host}, follow_redirects=False).status_code == 303


@pytest.mark.parametrize("host", ["127.0.0.1.evil.example", "10.0.0.5:8321", "a b", ""])
def test_other_names_are_refused(client, host):
    assert client.get("/", headers={"Host": host}, follow_redirects=False).status_code == 400


@pytest.mark.parametrize(
    ("method", "place"),
    [
        ("PUT", "photo"),
        ("PATCH", "settings"),
        ("PATCH", "panel"),
        ("POST", "layers"),
        ("POST", "job"),
        ("DELETE", "job"),
        ("POST", "styles"),
        ("POST", "labels"),
        ("GET", "state"),
    ],
)
@pytest.mark.parametrize("origin", [FOREIGN, "http://127.0.0.1:9999", "null"])
def test_a_foreign_origin_may_do_nothing(page, method, place, origin):
    before = page.state
    assert "may not use this studio" in page.refused(method, place, 403, headers={"Origin": origin})
    assert page.state == before


def test_the_own_origin_may(page):
    page.ask("PATCH", "settings", headers={"Origin": ADDRESS}, json={"seed": 3})
    assert page.state["settings"]["seed"] == 3


def test_requests_that_other_pages_begin_are_refused_though_they_hide_their_origin(page):
    for site in ("cross-site", "same-site"):
        hidden = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors"}
        assert "another page" in page.refused("GET", "photo/screen.jpg", 403, headers=hidden)
        assert "another page" in page.refused("POST", "job", 403, headers=hidden)
    # A link to the studio is no attack.
    linked = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert page.client.get("/", headers=linked, follow_redirects=False).status_code == 303


@pytest.mark.parametrize("headers", [{"Origin": FOREIGN}, {"Host": "evil.example"}])
def test_no_socket_for_others(page, headers):
    with pytest.raises(WebSocketDisconnect) as refused, page.socket(**headers):
        pass
    assert refused.value.code == 4403


def test_a_socket_of_an_unknown_session_says_so(client):
    with Page(client, f"/s/{'a' * 24}").socket() as socket, pytest.raises(WebSocketDisconnect) as ended:
        socket.receive_json()
    assert ended.value.code == 4404


@pytest.mark.parametrize("name", ["a" * 24, "short", "..", "%2e%2e", "..%2f..%2fetc", "a" * 24 + "%2f.."])
def test_unknown_sessions_are_not_found(client, name):
    assert client.get(f"/s/{name}/state").status_code == 404


@pytest.mark.parametrize(
    "place",
    [
        "../../pyproject.toml",
        "%2e%2e/%2e%2e/pyproject.toml",
        "..%2f..%2fpyproject.toml",
        "....//pyproject.toml",
        "js/../../app.py",
    ],
)
def test_no_path_leaves_the_page(client, place):
    assert client.get(f"/static/{place}").status_code == 404


def test_no_path_leaves_a_session(page, tmp_path):
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"secret")
    page.photo(name="../../../secret.png")
    assert page.state["photo"]["name"] == "secret.png"
    assert secret.read_bytes() == b"secret"
    for place in (
        "styles/..%2f..%2fsecret.png/full",
        "results/..%2f../picture",
        "layers/..%2f../mask.png",
        "styles/%2e%2e/full",
    ):
        assert page.client.get(f"{page.address}/{place}").status_code == 404


def test_every_response_says_what_a_page_may_do(page):
    for place in ("state", "photo/screen.jpg", "nothing", ""):
        headers = page.client.get(f"{page.address}/{place}").headers
        policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
        assert (
            policy["default-src"]
            == policy["base-uri"]
            == policy["form-action"]
            == policy["frame-ancestors"]
            == "'none'"
        )
        assert policy["script-src"] == policy["style-src"] == "'self'"
        assert policy["connect-src"] == "'self' ws://127.0.0.1:8321 wss://127.0.0.1:8321"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("method", "place", "limit"),
    [
        ("PUT", "photo", 512),
        ("POST", "styles", 128),
        ("PUT", "layers/a/mask", 64),
        ("POST", "layers/a/mask", 128),
        ("PATCH", "settings", 1),
        ("POST", "job", 1),
    ],
)
def test_bodies_are_limited_before_they_are_read(page, method, place, limit):
    said = {"Content-Length": str((limit << 20) + 1)}
    line = page.refused(method, place, 413, headers=said, content=b"")
    assert line == f"the file is larger than {limit} MiB, which is as much as is taken here"


def test_a_body_that_hides_its_length_is_stopped_and_takes_no_memory(serve):
    client = serve()
    client.app.limits = (("PUT .*/photo", 8 << 20), *client.app.limits)
    page, pieces, answers = Page(client), [], []
    page.ask("GET", "state")
    scope = {
        "type": "http",
        "method": "PUT",
        "path": f"{page.address}/photo",
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1:8321"), (b"transfer-encoding", b"chunked")],
    }

    async def receive():
        pieces.append(1 << 16)
        assert len(pieces) < 1024
        return {"type": "http.request", "body": bytes(1 << 16), "more_body": True}

    async def send(message):
        answers.append(message)

    tracemalloc.start()
    try:
        client.portal.call(client.app, scope, receive, send)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert answers[0]["status"] == 413
    assert len(answers) == 2
    assert sum(pieces) <= (8 << 20) + (1 << 16)
    assert most < 2 << 20
    assert list(client.app.app.state.sessions.folder.rglob(".incoming-*")) == []


def test_a_length_that_is_no_number(page):
    assert "larger" in page.refused("PATCH", "settings", 413, headers={"Content-Length": "-1"}, content=b"")


def test_a_token_is_asked_for_once(serve):
    client = serve(host="0.0.0.0", token="open-sesame", address="http://192.168.1.5:8321")
    for place in ("/", "/static/a.js", f"/s/{'a' * 24}/state", "/?token=wrong"):
        response = client.get(place, follow_redirects=False)
        assert response.status_code == 401
        assert "needs its token" in response.json()["error"]
    with pytest.raises(WebSocketDisconnect), Page(client, f"/s/{'a' * 24}").socket(Host="192.168.1.5:8321"):
        pass
    client.cookies.set("broken", 'a"b;=;[]')
    assert client.get("/", follow_redirects=False).status_code == 401
    client.cookies.clear()
    response = client.get("/?token=open-sesame", follow_redirects=False)
    assert response.status_code == 303
    assert "token" not in response.headers["location"]
    assert client.get(response.headers["location"] + "state").status_code == 200


def test_beyond_this_machine_only_addresses_and_its_own_name_are_hosts(serve):
    client = serve(host="0.0.0.0", token="open-sesame")
    asked = {"params": {"token": "open-sesame"}, "follow_redirects": False}
    for host, status in (("192.168.1.5:8321", 303), ("localhost", 303), ("rebound.example", 400)):
        assert client.get("/", headers={"Host": host}, **asked).status_code == status


def test_the_framework_has_no_pages_of_its_own(client):
    for place in ("/docs", "/redoc", "/openapi.json"):
        assert client.get(place).status_code == 404


def test_the_framework_reports_to_no_one(serve, monkeypatch):
    """A recorder of OpenTelemetry's that is set up in the process hears nothing."""
    from opentelemetry import trace

    heard = []

    class Tracer(trace.NoOpTracer):
        def start_span(self, name, *arguments, **options):
            heard.append(name)
            return super().start_span(name, *arguments, **options)

    class Provider(trace.NoOpTracerProvider):
        def get_tracer(self, *arguments, **options):
            return Tracer()

    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: Provider())
    assert Page(serve()).state["photo"] is None
    assert heard == []
