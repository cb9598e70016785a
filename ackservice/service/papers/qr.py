"""QR codes as SVG to stand within a page."""

from __future__ import annotations

import segno


def qr(address: str, title: str) -> str:
    """The address as a QR code: black on white with its quiet zone, no style attribute, named by its
    title."""
    code = segno.make(address, error="m", micro=False)
    return code.svg_inline(
        omitsize=True, svgclass="qr", lineclass=None, dark="#000", light="#fff", title=title
    )
