"""Paths, bodies and cookies that a careful page would not send."""

import asyncio

import numpy as np
import pytest
from PIL import Image


def test_no_region_names_a_file_outside_the_session(open_page, tmp_path):
    Image.fromarray(np.full((64, 80), 255, np.uint8)).save(tmp_path / "out.png")
    layer, style = open_page.layer, open_page.state["styles"][0]["id"]
    place = f"layers/{layer['id']}"
    for name in (f"{tmp_path}/out.png", "../../../out.png", "..\\out.png"):
        region, line = f'subject | "{name}"', "in another folder; load it as a mask"
        styles, added = [{"style": style, "mask": region}], {"style": style, "x": 1, "y": 1, "region": region}
        assert line in open_page.refused("PATCH", place, json={"region": region})
        assert line in open_page.refused("PATCH", place, json={"styles": styles})
        assert line in open_page.refused("POST", "layers", json={"region": region})
        assert line in open_page.refused("PATCH", "panel", json={"object": added})
    assert open_page.layer == layer
    for name in (str(tmp_path), tmp_path.name, "../x", "deeplap"):
        line = open_page.refused("PATCH", "settings", json={"segmenter": name})
        assert line == (
            f"segmenter: should be auto, deeplab or hf:ORG/NAME, got {name!r}; name a folder when you start the studio"
        )
    assert "no option is called 'labels'" in open_page.refused(
        "PATCH", "settings", json={"options": {"labels": f"{tmp_path}/out.png"}}
    )


def test_a_broken_line_in_an_address(client):
    assert client.get("/a%0Ab").status_code == 404


@pytest.mark.parametrize("place", ["panel", "settings"])
def test_commands_are_json_objects(page, place):
    assert "should be a JSON object, got '[1]'" in page.refused("PATCH", place, json=[1])
    assert "not valid JSON" in page.refused("PATCH", place, content="[" * 200_000)


def test_more_points_than_a_region_can_hold(open_page):
    place, before = f"layers/{open_page.layer['id']}/region", open_page.layer
    points = [[1000.5 + number, 2000.5 + number] for number in range(100_000)]
    for count, status, line in (
        (100_000, 413, "larger than 1 MiB"),
        (50_000, 400, "a polygon of 50000 corners is too"),
    ):
        change = {"op": "polygon", "points": points[:count]}
        assert line in open_page.refused("POST", place, status, json=change)
    assert open_page.layer == before


def test_a_stroke_larger_than_the_photo_is_not_decoded(open_page):
    place = f"layers/{open_page.layer['id']}/mask"
    for side in (65_000, 10**10):
        line = open_page.refused("PUT", place, params={"x": 0, "y": 0, "w": side, "h": side}, content=b"")
        assert "is larger than the photo, 80×64 pixels" in line


def test_an_upload_that_breaks_off_is_no_error(page):
    def body():
        yield {"type": "http.request", "body": b"abc", "more_body": True}
        yield {"type": "http.disconnect"}

    messages, sent = body(), []

    async def receive():
        return next(messages)

    async def send(message):
        sent.append(message)

    headers = [(b"host", b"127.0.0.1:8321")]
    path = f"{page.address}/photo"
    scope = {"type": "http", "method": "PUT", "path": path, "query_string": b"", "headers": headers, "root_path": ""}
    asyncio.run(page.client.app(scope, receive, send))
    assert not [message for message in sent if message.get("status") == 200]
    assert page.state["photo"] is None


def test_studios_on_other_ports_have_cookies_of_their_own(serve, tmp_path):
    one = serve(host="0.0.0.0", token="open-sesame", address="http://192.168.1.5:8321")
    other = serve(tmp_path / "other", host="0.0.0.0", token="another-one", address="http://192.168.1.5:8322")
    cookies = one.get("/?token=open-sesame", follow_redirects=False).headers.get_list("set-cookie")
    cookies += other.get("/?token=another-one", follow_redirects=False).headers.get_list("set-cookie")
    line = "; ".join(["odd[name]=1;x=a b", *(cookie.split(";")[0] for cookie in cookies)])
    for client in (one, other):
        client.cookies.clear()
        for _ in range(2):
            response = client.get("/", headers={"Cookie": line}, follow_redirects=False)
            assert response.headers["location"].strip("/").split("/")[-1] in line
