"""Frame: a page inside of another one, as in a notebook, and locked in there."""

from __future__ import annotations

from html import escape

__all__ = ["framed"]

_FRAME = (
    '<iframe sandbox="allow-scripts allow-downloads" width="100%" height="{height}" '
    'style="border: 1px solid #8884; border-radius: 6px" title="Computation graph" srcdoc="{page}"></iframe>'
)


def framed(page: str, height: int = 640) -> str:
    """The markup of a frame that shows a page.

    The page may run its script and save files; of the page around it, it can read and change nothing.

    Parameters
    ----------
    page : str
        A whole HTML document.
    height : int, default 640
        In pixels.
    """
    return _FRAME.format(height=height, page=escape(page))
