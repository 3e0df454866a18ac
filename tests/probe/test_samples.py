"""The files that checks send are what we say they are."""

from __future__ import annotations

import io
import math
import struct
import wave

from flametree_cfg.probe.samples import SAMPLES, read_sample
from flametree_cfg.schema.metaschema import CHECK

RATE = 16_000  # samples a second: what speech models listen to


def tone() -> bytes:
    """Make half a second of 440 Hz; `python -m tests.probe.test_samples >flametree_cfg/probe/samples/tone.wav`."""
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        wave_at = (round(8000 * math.sin(2 * math.pi * 440 * at / RATE)) for at in range(RATE // 2))
        file.writeframes(b"".join(struct.pack("<h", height) for height in wave_at))
    return content.getvalue()


def test_the_tone_is_what_we_make() -> None:
    """The bundled file can be made again."""
    assert read_sample("tone.wav") == tone()


def test_types_know_the_samples() -> None:
    """A type file can name every sample there is, and no other."""
    assert CHECK["properties"]["form"]["additionalProperties"]["properties"]["sample"]["enum"] == sorted(SAMPLES)


if __name__ == "__main__":
    import sys

    sys.stdout.buffer.write(tone())
