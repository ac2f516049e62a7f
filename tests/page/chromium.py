"""A headless Chromium that a test drives, by the DevTools protocol over a pair of pipes.

with started_browser() as browser:
    tab = browser.open(html, width=360)
    tab.evaluate("document.title")
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, final

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PATIENCE_S = 30.0
_OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


def chromium_path() -> str | None:
    """Where Chromium is on this machine, if it is."""
    return next((path for path in map(shutil.which, _NAMES) if path), None)


needs_chromium = pytest.mark.skipif(chromium_path() is None, reason="Chromium is not installed")


@contextmanager
def started_browser() -> Iterator[Browser]:
    """A browser without a past, ended afterwards."""
    path = chromium_path()
    assert path is not None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser.start(path, Path(profile))
        try:
            yield browser
        finally:
            browser.end()


@final
class Browser:
    """A running Chromium: commands go down one pipe, answers and events come up the other."""

    def __init__(self, process: int, folder: Path, pipes: tuple[int, int]) -> None:
        self._process = process
        self._folder = folder
        self._to_browser, self._from_browser = pipes
        self._last_id = 0
        self._bytes = b""
        self._targets: list[str] = []
        self.events: list[dict[str, Any]] = []

    @classmethod
    def start(cls, path: str, folder: Path) -> Browser:
        reads, to_browser = os.pipe()
        from_browser, writes = os.pipe()
        reads, writes = (fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (reads, writes))
        actions: list[Any] = [(os.POSIX_SPAWN_DUP2, reads, 3), (os.POSIX_SPAWN_DUP2, writes, 4)]
        actions += [(os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)]
        command = [path, *_OPTIONS, f"--user-data-dir={folder / 'profile'}", "about:blank"]
        process = os.posix_spawn(path, command, os.environ, file_actions=actions, setsid=True)
        os.close(reads)
        os.close(writes)
        return cls(process, folder, (to_browser, from_browser))

    def open(self, page: str | Path, *, width: int = 800, height: int = 900, is_dark: bool = False) -> Tab:
        """A new tab that shows HTML, a file, or an address beginning with http, and has loaded it."""
        target = self.send("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.send("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        self._targets.append(target)
        tab = Tab(self, session)
        for domain in ("Page", "Runtime", "Network", "Log"):
            tab.send(f"{domain}.enable")
        tab.resize(width, height)
        tab.prefer_dark(is_dark)
        tab.go(self._address_of(page))
        return tab

    def close_tabs(self) -> None:
        """Close all tabs that were opened, and forget what they said."""
        for target in self._targets:
            self.send("Target.closeTarget", {"targetId": target})
        self._targets = []
        self.events = []

    def send(self, method: str, parameters: dict[str, Any] | None = None, *, session: str | None = None) -> Any:
        """The result of a command. Events that arrive before it are kept in `events`."""
        self._last_id += 1
        message = {"id": self._last_id, "method": method, "params": parameters or {}}
        if session is not None:
            message["sessionId"] = session
        os.write(self._to_browser, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self._last_id:
                assert "error" not in answer, f"{method}: {answer['error']}"
                return answer["result"]

    def receive(self, patience_s: float = _PATIENCE_S) -> dict[str, Any]:
        """The next message; an event is kept too."""
        until = time.monotonic() + patience_s
        while b"\0" not in self._bytes:
            ready, _, _ = select.select([self._from_browser], [], [], max(0.0, until - time.monotonic()))
            assert ready, f"Chromium has said nothing for {patience_s:g} s"
            received = os.read(self._from_browser, 1 << 20)
            assert received, "Chromium has ended"
            self._bytes += received
        line, _, self._bytes = self._bytes.partition(b"\0")
        message: dict[str, Any] = json.loads(line)
        if "method" in message:
            self.events.append(message)
        return message

    def end(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)
        os.close(self._to_browser)
        os.close(self._from_browser)

    def _address_of(self, page: str | Path) -> str:
        if isinstance(page, Path):
            return page.resolve().as_uri()
        if page.startswith("http"):
            return page
        with tempfile.NamedTemporaryFile(dir=self._folder, suffix=".html", delete=False) as file:
            file.write(page.encode())
        return Path(file.name).as_uri()


@final
class Tab:
    """A tab of the browser."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self._session = session

    def send(self, method: str, parameters: dict[str, Any] | None = None) -> Any:
        return self._browser.send(method, parameters, session=self._session)

    def go(self, address: str) -> None:
        """Load an address."""
        n_loaded = len(self.events("Page.loadEventFired"))
        self.send("Page.navigate", {"url": address})
        while len(self.events("Page.loadEventFired")) == n_loaded:
            self._browser.receive()

    def evaluate(self, script: str) -> Any:
        """The value of an expression, or of what it promises. An exception of the page fails the test."""
        asked = {"expression": script, "awaitPromise": True, "returnByValue": True, "userGesture": True}
        result = self.send("Runtime.evaluate", {**asked, "allowUnsafeEvalBlockedByCSP": False})
        assert "exceptionDetails" not in result, result["exceptionDetails"]
        return result["result"].get("value")

    def wait_until(self, condition: str, *, patience_s: float = _PATIENCE_S) -> None:
        """Return as soon as an expression is true."""
        until = time.monotonic() + patience_s
        while not self.evaluate(condition):
            assert time.monotonic() < until, f"not within {patience_s:g} s: {condition}"
            time.sleep(0.01)

    def press(self, key: str, *, with_control: bool = False) -> None:
        """Press a key by its name: Enter, Escape, Tab, a letter."""
        codes = {"Enter": 13, "Escape": 27, "Tab": 9, " ": 32}
        pressed = {"key": key, "code": key, "windowsVirtualKeyCode": codes.get(key, 0), "modifiers": 2 * with_control}
        if len(key) == 1 and not with_control:
            pressed["text"] = key
        elif key == "Enter":
            pressed["text"] = "\r"
        self.send("Input.dispatchKeyEvent", {"type": "keyDown", **pressed})
        self.send("Input.dispatchKeyEvent", {"type": "keyUp", **pressed})

    def type(self, text: str) -> None:
        """Put text where the focus is, as a keyboard does."""
        self.send("Input.insertText", {"text": text})

    def click(self, x: float, y: float) -> None:
        """Press the mouse at a place of the window."""
        for kind in ("mousePressed", "mouseReleased"):
            place = {"type": kind, "x": x, "y": y, "button": "left", "clickCount": 1}
            self.send("Input.dispatchMouseEvent", place)

    def resize(self, width: int, height: int) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.send("Emulation.setDeviceMetricsOverride", size)

    def prefer_dark(self, is_dark: bool) -> None:
        feature = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
        self.send("Emulation.setEmulatedMedia", {"features": [feature]})

    def screenshot(self, path: Path) -> None:
        """A picture of the whole page as a PNG file."""
        data = self.send("Page.captureScreenshot", {"captureBeyondViewport": True})["data"]
        path.write_bytes(base64.b64decode(data))

    def events(self, method: str) -> list[dict[str, Any]]:
        """What the events of one kind said, in order."""
        events = self._browser.events
        return [
            event["params"] for event in events if event["method"] == method and event.get("sessionId") == self._session
        ]

    @property
    def requests(self) -> list[str]:
        """The addresses that were asked for, the page's own among them; those with their data inside left out."""
        addresses = [event["request"]["url"] for event in self.events("Network.requestWillBeSent")]
        return [address for address in addresses if not address.startswith(("data:", "blob:"))]

    @property
    def complaints(self) -> list[str]:
        """Exceptions that nobody caught, and what the browser logged as errors, such as breaches of the policy."""
        thrown = [
            event["exceptionDetails"]["text"]
            + str(event["exceptionDetails"].get("exception", {}).get("description", ""))
            for event in self.events("Runtime.exceptionThrown")
        ]
        logged = [
            event["entry"]["text"] for event in self.events("Log.entryAdded") if event["entry"]["level"] == "error"
        ]
        return thrown + logged
