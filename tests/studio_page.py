"""What a page of the studio does, for its tests."""

import io
import time
from urllib.parse import quote

import numpy as np
from helpers import texture
from PIL import Image

from sfumato import images

__all__ = ["ADDRESS", "COLORS", "SHALLOW", "Page", "deep_png", "png"]

ADDRESS = "http://127.0.0.1:8321"

#: Options of a painting that needs no network file: the colors of the style, in one step.
COLORS = {"transfer": "reinhard", "semantic": "none"}

#: Options of a painting that looks at two shallow layers only.
SHALLOW = {"iterations": "3,2", "style_layers": "relu1_1,relu2_1", "content_layer": "relu2_2", "optimizer": "adam"}


def png(values):
    """A picture as the bytes of a PNG file."""
    out = io.BytesIO()
    Image.fromarray(values).save(out, "PNG")
    return out.getvalue()


def deep_png(folder, height=60, width=80):
    """The bytes of a 16-bit PNG file."""
    place = folder / "deep.png"
    images.save(images.from_array(texture(height, width, seed=5, depth=16)), place)
    return place.read_bytes()


class Page:
    """What a page does: commands to one session."""

    def __init__(self, client, address=None):
        self.client = client
        self.address = address or client.get("/", follow_redirects=False).headers["location"].rstrip("/")

    def ask(self, method, place, status=200, **given):
        """Send a command, which has to end with a status, and return the response."""
        response = self.client.request(method, f"{self.address}/{place}", **given)
        assert response.status_code == status, response.text
        return response

    def refused(self, method, place, status=400, **given):
        """Send a command that is refused, and return the one line that says why."""
        line = self.ask(method, place, status, **given).json()["error"]
        assert "\n" not in line
        return line

    @property
    def state(self):
        return self.ask("GET", "state").json()

    @property
    def layer(self):
        return self.state["layers"][0]

    def photo(self, content=None, name="photo.png", **given):
        content = png(texture(64, 80, seed=1)) if content is None else content
        return self.ask("PUT", "photo", content=content, headers={"X-Name": quote(name)}, **given).json()

    def style(self, content=None, name="style.png"):
        """Add a style, choose it for the first layer, and return its id."""
        content = png(texture(48, 64, seed=2)) if content is None else content
        made = self.ask("POST", "styles", content=content, headers={"X-Name": quote(name)}).json()["styles"][0]
        if self.state["layers"]:
            self.change(styles=[{"style": made["id"]}])
        return made["id"]

    def change(self, layer=0, **values):
        """Change a layer and return it."""
        name = self.state["layers"][layer]["id"]
        return self.ask("PATCH", f"layers/{name}", json=values).json()["layers"][layer]

    def point(self, op, layer=0, **values):
        """Change a layer's region by pointing, and return the layer."""
        name = self.state["layers"][layer]["id"]
        return self.ask("POST", f"layers/{name}/region", json={"op": op, **values}).json()["layers"][layer]

    def mask(self, layer=0, size="full"):
        """What a layer selects, as gray values."""
        name = self.state["layers"][layer]["id"]
        content = self.ask("GET", f"layers/{name}/mask.png", params={"size": size}).content
        return np.asarray(Image.open(io.BytesIO(content)))

    def stroke(self, values, x, y, layer=0, **more):
        """Put a rectangle into a layer's mask, and return the layer."""
        name = self.state["layers"][layer]["id"]
        place = {"x": x, "y": y, "w": values.shape[1], "h": values.shape[0], **more}
        return self.ask("PUT", f"layers/{name}/mask", params=place, content=png(values)).json()["layers"][layer]

    def socket(self, **headers):
        """Connect to the events."""
        return self.client.websocket_connect(ADDRESS.replace("http", "ws") + f"{self.address}/events", headers=headers)

    def settled(self):
        """Wait until what is in the photo was looked for."""
        return self.until(lambda state: state["labels"]["state"] not in ("none", "working"))

    def until(self, reached, seconds=120):
        """Wait for a state."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            state = self.state
            if reached(state):
                return state
            time.sleep(0.02)
        raise AssertionError(f"still {state['job']}, {state['labels']}")

    def job(self, kind="paint"):
        """Carry out a job and return the state after it."""
        self.ask("POST", "job", 202, json={"kind": kind})
        return self.until(lambda state: state["job"]["state"] not in ("queued", "running"))

    def painted(self, kind="paint"):
        """Carry out a job that has to succeed, and return the state after it."""
        state = self.job(kind)
        assert (state["job"]["state"], state["job"]["error"]) == ("done", None)
        return state

    def colors(self, **layer):
        """Let the first layer take the colors of its style, which needs no network file."""
        self.ask("PATCH", "settings", json={"options": COLORS})
        return self.change(method="photo", **layer)
