"""The bundled models, converted once for all tests, and a tiny model of the same make."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from coursebot.encoder import BASE, load, quiet
from coursebot.types import Encoder


@pytest.fixture(scope="session")
def lines() -> list[str]:
    """Return the shipped course's lines: unique, not empty."""
    file = Path(__file__).parents[2] / "corpus" / "az-500" / "mod02" / "mod02-04.md"
    stripped = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    return list(dict.fromkeys(line for line in stripped if line))


@pytest.fixture(scope="session")
def bundled(cache: Path) -> Encoder:
    """Return the bundled model: coursebot's own layers on the package's embedding table."""
    return load(cache=cache)


@pytest.fixture(scope="session")
def base(cache: Path) -> Encoder:
    """Return the model that the bundled one was trained from, as the package has it."""
    return load(BASE, cache=cache)


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a random BERT: own vocabulary and prompts, CLS pooling, Dense."""
    folder = tmp_path_factory.mktemp("tiny")
    with quiet.libraries():
        import torch
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import Dense, Pooling, Transformer
        from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
        from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

        torch.manual_seed(7)
        special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        letters = sorted(set("abcdefghijklmnopqrstuvwxyz0123456789:トークンログイの時間有効。"))
        words = [*special, *letters, *(f"##{letter}" for letter in letters)]
        backend = Tokenizer(
            models.WordPiece({word: i for i, word in enumerate(words)}, unk_token="[UNK]")
        )
        backend.normalizer = normalizers.BertNormalizer(strip_accents=False)
        backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        backend.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]",
            pair="[CLS] $A [SEP] $B [SEP]",
            special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
        )
        tokens = {f"{word[1:-1].lower()}_token": word for word in special}
        PreTrainedTokenizerFast(
            tokenizer_object=backend, model_max_length=64, **tokens
        ).save_pretrained(folder / "base")
        BertModel(
            BertConfig(
                vocab_size=len(words),
                hidden_size=32,
                num_hidden_layers=2,
                num_attention_heads=2,
                intermediate_size=64,
                max_position_embeddings=64,
            )
        ).save_pretrained(folder / "base")
        SentenceTransformer(
            modules=[
                Transformer(str(folder / "base"), max_seq_length=64),
                Pooling(32, pooling_mode="cls"),
                Dense(32, 16),
            ],
            prompts={"query": "find: ", "document": "text: "},
            device="cpu",
        ).save(str(folder / "model"))
    return folder / "model"


@pytest.fixture
def own_model(tiny_model: Path, tmp_path: Path) -> Path:
    """Return a copy of the tiny model that a test may change."""
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))
