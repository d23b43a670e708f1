"""A browser without a window, for pages: started, driven and watched through two pipes, with Chromium and no more.

What is said over the pipes is the DevTools protocol: JSON, a null byte after each message.
"""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import Any

__all__ = ["Browser", "BrowserError", "find_browser"]

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE = 60.0

# Moves the pipes to where the browser looks for them, and becomes the browser.
_TRAMPOLINE = """
import os, sys
high = [os.dup2(int(each), 100 + place) for place, each in enumerate(sys.argv[1:3])]
os.dup2(high[0], 3), os.dup2(high[1], 4)
os.execv(sys.argv[3], sys.argv[3:])
"""

# The name of a key as the protocol has it, where it is not the letter itself.
_KEYS = {
    "ArrowRight": 39, "ArrowLeft": 37, "ArrowUp": 38, "ArrowDown": 40, "Home": 36, "End": 35, "Enter": 13, "Escape": 27,
    " ": 32, "PageUp": 33, "PageDown": 34,
}  # fmt: skip


class BrowserError(RuntimeError):
    """The browser did not do what it was asked."""


def find_browser() -> str | None:
    """The path of a Chromium; None if there is none, or the system is one in which it cannot be driven."""
    if not hasattr(os, "killpg"):
        return None
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """One window; a context manager that ends the browser and all that it started."""

    def __init__(self, path: str, width: int = 1280, height: int = 800, dark: bool = False) -> None:
        self.complaints: list[str] = []
        self._size = width, height
        self._dark = dark
        self._path = path
        self._number = 0
        self._answers: dict[int, dict[str, Any]] = {}
        self._events: deque[dict[str, Any]] = deque()
        self._read = b""

    def __enter__(self) -> Browser:
        self._profile = tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True)
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        flags = [
            "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-dev-shm-usage",
            "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-extensions",
            "--mute-audio",
            "--remote-debugging-pipe", f"--user-data-dir={self._profile.name}",
        ]  # fmt: skip
        self._process = subprocess.Popen(
            [sys.executable, "-c", _TRAMPOLINE, str(theirs_in), str(theirs_out), self._path, *flags],
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        try:
            target = self.call("Target.createTarget", session=None, url="about:blank")["targetId"]
            attached = self.call("Target.attachToTarget", session=None, targetId=target, flatten=True)
            self._session = attached["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                self.call(f"{domain}.enable")
            self.resize(*self._size)
            features = [{"name": "prefers-color-scheme", "value": "dark" if self._dark else "light"},
                        {"name": "prefers-reduced-motion", "value": "reduce"}]  # fmt: skip
            self.call("Emulation.setEmulatedMedia", features=features)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._out)
        os.close(self._in)
        try:
            os.killpg(self._process.pid, 15)
            self._process.wait(5)
        except (ProcessLookupError, subprocess.TimeoutExpired):
            self._process.kill()
        self._process.wait()
        self._profile.cleanup()

    # ---- what it can be asked

    def resize(self, width: int, height: int, density: float = 1) -> None:
        """Set the size of the window."""
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=density, mobile=False
        )

    def open(self, page: Path) -> None:
        """Load a file, and wait until it is painted."""
        self._events.clear()
        self.call("Page.navigate", url=page.resolve().as_uri())
        self._wait_for("Page.loadEventFired")
        self.settle()

    def settle(self) -> None:
        """Wait for two frames."""
        self.run("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def run(self, script: str) -> Any:
        """The value of an expression in the page; of a promise, what it is fulfilled with."""
        answer = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise BrowserError(details.get("exception", {}).get("description") or details["text"])
        return answer["result"].get("value")

    def text(self, selector: str) -> str:
        """The text of an element, as it can be read."""
        return str(self.run(f"document.querySelector({json.dumps(selector)}).innerText"))

    def press(self, *keys: str) -> None:
        """Press keys one after another: a letter, or a name such as ArrowRight."""
        for key in keys:
            known = {"key": key, "windowsVirtualKeyCode": _KEYS.get(key, ord(key[0].upper()))}
            typed = {"text": key} if len(key) == 1 else {}
            self.call("Input.dispatchKeyEvent", type="keyDown", **known, **typed)
            self.call("Input.dispatchKeyEvent", type="keyUp", **known)
        self.settle()

    def type(self, text: str) -> None:
        """Write into what has the focus."""
        self.call("Input.insertText", text=text)
        self.settle()

    def click(self, selector: str) -> None:
        """Click in the middle of an element."""
        box = self.run(
            f"(() => {{ const at = document.querySelector({json.dumps(selector)}).getBoundingClientRect(); "
            "return [at.x + at.width / 2, at.y + at.height / 2]; })()"
        )
        self.click_at(*box)

    def click_at(self, x: float, y: float) -> None:
        """Click at a point of the window."""
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
        self.settle()

    def screenshot(self, path: Path) -> None:
        """Write what can be seen to a PNG."""
        self.settle()
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    # ---- the protocol

    def call(self, method: str, session: str | None = "", **parameters: Any) -> dict[str, Any]:
        """Send a command and return the answer."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session or self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + PATIENCE
        while self._number not in self._answers:
            self._receive(until)
        answer = self._answers.pop(self._number)
        if "error" in answer:
            raise BrowserError(f"{method}: {answer['error']['message']}")
        return answer["result"]  # type: ignore[no-any-return]

    def _wait_for(self, event: str) -> None:
        until = time.monotonic() + PATIENCE
        while not any(each["method"] == event for each in self._events):
            self._receive(until)

    def _receive(self, until: float) -> None:
        """Take in what the browser says next."""
        while b"\0" not in self._read:
            ready, _, _ = select.select([self._in], [], [], max(0.0, until - time.monotonic()))
            part = os.read(self._in, 1 << 20) if ready else b""
            if not part:
                raise BrowserError("the browser does not answer")
            self._read += part
        line, _, self._read = self._read.partition(b"\0")
        message = json.loads(line)
        if "id" in message:
            self._answers[message["id"]] = message
            return
        self._events.append(message)
        self.complaints += _complaints_in(message)


def _complaints_in(message: dict[str, Any]) -> list[str]:
    """What goes wrong in a page: exceptions, errors and warnings on the console, what a policy forbids, requests."""
    method, said = message["method"], message.get("params", {})
    if method == "Runtime.exceptionThrown":
        details = said["exceptionDetails"]
        return [details.get("exception", {}).get("description") or details["text"]]
    if method == "Runtime.consoleAPICalled" and said["type"] in ("error", "warning", "assert"):
        return [f"console: {[each.get('value') for each in said['args']]}"]
    if method == "Log.entryAdded" and said["entry"]["level"] in ("error", "warning"):
        return [f"{said['entry']['source']}: {said['entry']['text']}"]
    if method == "Network.requestWillBeSent":
        url = said["request"]["url"]
        return [] if url.startswith(("file:", "data:", "about:", "blob:")) else [f"a request to {url}"]
    return []
