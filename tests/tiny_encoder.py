"""An encoder of the built-in one's kind that is small enough to be made, and trained, in a test."""

from __future__ import annotations

from pathlib import Path

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
CHARACTERS = (
    "窗口何时开放办理需要什么材料票价多少元电话是周一至五公交车身份证户籍簿食堂图书馆早上晚点站"
    "首末班服务中心社会救助残疾人申请书份镇村每天全程老免费乘坐地址在哪里楼二三四六七八九十第号"
    "，。？、；0123456789"
)
WIDTH = 32


def write_encoder(folder: Path, layers: int = 2, width: int = WIDTH) -> Path:
    """A transformers folder with random weights, the same each time; a token is a character.

    White space goes into the token behind it, as with the built-in model.
    """
    import torch
    from transformers import BertConfig, BertModel

    torch.manual_seed(5)
    pieces = [*SPECIAL, "▁", *dict.fromkeys(CHARACTERS)]
    pieces += [f"▁{piece}" for piece in pieces[len(SPECIAL) + 1 :]]
    scored = [(piece, -2.0 if len(piece) == 2 else -3.0) for piece in pieces]
    tokenizer = Tokenizer(models.Unigram(scored, unk_id=SPECIAL.index("<unk>")))
    tokenizer.normalizer = normalizers.Replace("\n", " ")
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.add_special_tokens(SPECIAL)
    config = BertConfig(
        vocab_size=len(pieces), hidden_size=width, num_hidden_layers=layers,
        num_attention_heads=4, intermediate_size=2 * width, max_position_embeddings=512,
        pad_token_id=SPECIAL.index("<pad>"), initializer_range=0.2,
    )  # fmt: skip
    BertModel(config, add_pooling_layer=False).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder
