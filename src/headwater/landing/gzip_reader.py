"""A gzip stream that gives all that stands before a break, some times faster than Python's own."""

from __future__ import annotations

import io
import zlib
from typing import IO

from isal import isal_zlib

# Small, since of a damaged part nothing is read.
PART_BYTES = 8 * 2**10
GZIP_MARK = b"\x1f\x8b"
GZIP_WRAPPED = 16 + zlib.MAX_WBITS


class _Members(io.RawIOBase):
    """The members of a gzip stream, one after the other."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._member = isal_zlib.decompressobj(wbits=GZIP_WRAPPED)
        self._packed = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        while True:
            if self._member.eof and not self._begin_next():
                return 0
            if content := self._unpacked(len(buffer)):
                buffer[: len(content)] = content
                return len(content)
            if not self._member.eof and not self._packed:
                self._packed = self._stream.read(PART_BYTES)
                if not self._packed:
                    raise EOFError("the gzip stream ends before its end mark")

    def _unpacked(self, size: int) -> bytes:
        try:
            content: bytes = self._member.decompress(self._packed, size)
        except isal_zlib.error as error:  # type: ignore[misc]  # its stub says instance
            raise zlib.error(str(error)) from error
        self._packed = self._member.unconsumed_tail or self._member.unused_data
        return content

    def _begin_next(self) -> bool:
        """Whether another member follows; zeros may fill the stream up."""
        self._packed = self._packed.lstrip(b"\x00")
        while not self._packed:
            if not (packed := self._stream.read(PART_BYTES)):
                return False
            self._packed = packed.lstrip(b"\x00")
        if len(self._packed) < len(GZIP_MARK):
            self._packed += self._stream.read(PART_BYTES)
        if not self._packed.startswith(GZIP_MARK):
            raise zlib.error("something else than gzip follows")
        self._member = isal_zlib.decompressobj(wbits=GZIP_WRAPPED)
        return True


def open_gzip(stream: IO[bytes]) -> io.BufferedReader:
    """The content of a gzip stream.

    Args:
        stream: its compressed bytes.

    Returns:
        A stream that raises EOFError where the compressed one breaks off, and zlib.error where it
        is damaged, after all that stands before has been read.
    """
    return io.BufferedReader(_Members(stream))
