"""Writes a tiny BERT with random weights, as GGUF and as a folder of Hugging Face, and what it makes of some texts.

    pip install numpy safetensors gguf tokenizers
    python tools/embedding-reference/reference.py runtime/inference/tests/fixtures/bert

The vectors are computed here in 64-bit floats, after the formulas of Devlin et al., "BERT: Pre-training of Deep
Bidirectional Transformers", 2018, with none of llmspell's code; the token ids are those of the library tokenizers.
"""

import json
import math
import sys
from pathlib import Path

import gguf
import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

LAYERS, HIDDEN, HEADS, WIDE, POSITIONS, EPSILON = 2, 32, 4, 64, 24, 1e-12
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
WORDS = "the cat dog sat on mat in sun house red small and is to of , . ! ? cafe".split()
PIECES = list("abcdefghijklmnopqrstuvwxyz") + ["##s", "##ing", "##ed"] + ["##" + c for c in "abcdefghijklmnopqrtuvwxyz"]
TEXTS = [
    "The cat sat on the mat.",
    "A small dog, in the sun!",
    "Café [SEP] \u4e2d",
    "",
    "Dogs and cats",
    "the the the the the the the the the the the the the the the the the the the the the the",
]


def tokenizer():
    pieces = SPECIAL + WORDS + PIECES
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    made = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends = [("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    made.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=ends)
    made.add_special_tokens(SPECIAL)
    return made, pieces


def weights(vocabulary):
    """Tensors by their names in Hugging Face's files, each with its name in GGUF."""
    random = np.random.default_rng(1)
    made = {}

    def add(name, short, shape, mean=0.0, scale=1.0):
        values = mean + scale * random.standard_normal(shape)
        made[name] = (short, values.astype(np.float32))

    def norm(name, short):
        add(name + ".weight", short + ".weight", HIDDEN, mean=1.0, scale=0.2)
        add(name + ".bias", short + ".bias", HIDDEN, scale=0.2)

    def linear(name, short, out, into):
        add(name + ".weight", short + ".weight", (out, into), scale=1.5 / math.sqrt(into))
        add(name + ".bias", short + ".bias", out, scale=0.3)

    add("embeddings.word_embeddings.weight", "token_embd.weight", (vocabulary, HIDDEN))
    add("embeddings.position_embeddings.weight", "position_embd.weight", (POSITIONS, HIDDEN), scale=0.5)
    add("embeddings.token_type_embeddings.weight", "token_types.weight", (2, HIDDEN), scale=0.5)
    norm("embeddings.LayerNorm", "token_embd_norm")
    for layer in range(LAYERS):
        long, short = f"encoder.layer.{layer}.", f"blk.{layer}."
        linear(long + "attention.self.query", short + "attn_q", HIDDEN, HIDDEN)
        linear(long + "attention.self.key", short + "attn_k", HIDDEN, HIDDEN)
        linear(long + "attention.self.value", short + "attn_v", HIDDEN, HIDDEN)
        linear(long + "attention.output.dense", short + "attn_output", HIDDEN, HIDDEN)
        norm(long + "attention.output.LayerNorm", short + "attn_output_norm")
        linear(long + "intermediate.dense", short + "ffn_up", WIDE, HIDDEN)
        linear(long + "output.dense", short + "ffn_down", HIDDEN, WIDE)
        norm(long + "output.LayerNorm", short + "layer_output_norm")
    return made


class Bert:
    def __init__(self, tensors):
        self.tensors = {name: values.astype(np.float64) for name, (_, values) in tensors.items()}

    def linear(self, name, x):
        return np.einsum("oi,ti->to", self.tensors[name + ".weight"], x) + self.tensors[name + ".bias"]

    def norm(self, name, x):
        centred = x - x.mean(axis=1, keepdims=True)
        variance = (centred**2).mean(axis=1, keepdims=True)
        scaled = centred / np.sqrt(variance + EPSILON)
        return scaled * self.tensors[name + ".weight"] + self.tensors[name + ".bias"]

    def attention(self, name, x):
        query, key, value = (self.linear(name + part, x) for part in ("query", "key", "value"))
        size, mixed = HIDDEN // HEADS, np.empty_like(x)
        for start in range(0, HIDDEN, size):
            head = slice(start, start + size)
            for token in range(len(x)):
                scores = key[:, head] @ query[token, head] / math.sqrt(size)
                shares = np.exp(scores - scores.max())
                mixed[token, head] = shares / shares.sum() @ value[:, head]
        return mixed

    def states(self, ids):
        x = self.tensors["embeddings.word_embeddings.weight"][ids]
        x = x + self.tensors["embeddings.position_embeddings.weight"][: len(ids)]
        x = x + self.tensors["embeddings.token_type_embeddings.weight"][0]
        x = self.norm("embeddings.LayerNorm", x)
        for layer in range(LAYERS):
            name = f"encoder.layer.{layer}."
            mixed = self.linear(name + "attention.output.dense", self.attention(name + "attention.self.", x))
            x = self.norm(name + "attention.output.LayerNorm", x + mixed)
            wide = self.linear(name + "intermediate.dense", x)
            wide = np.vectorize(lambda v: v * 0.5 * (1 + math.erf(v / math.sqrt(2))))(wide)
            x = self.norm(name + "output.LayerNorm", x + self.linear(name + "output.dense", wide))
        return x


def unit(vector):
    return [float(np.round(value, 9)) for value in vector / np.sqrt((vector**2).sum())]


def quantized(tensors):
    """Matrices of layers as Q8_0 and tables as F16, beside what they then are in 32-bit floats."""
    kinds = {}
    for name, (short, values) in tensors.items():
        kind = gguf.GGMLQuantizationType.F32
        if values.ndim == 2:
            is_layer = short.startswith("blk.")
            kind = gguf.GGMLQuantizationType.Q8_0 if is_layer else gguf.GGMLQuantizationType.F16
        stored = gguf.quantize(values, kind)
        kinds[name] = (short, stored, kind, gguf.dequantize(stored, kind))
    return kinds


def write_gguf(path, pieces, tensors):
    writer = gguf.GGUFWriter(path, "bert")
    writer.add_name("tiny-bert")
    writer.add_block_count(LAYERS)
    writer.add_context_length(POSITIONS)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(WIDE)
    writer.add_head_count(HEADS)
    writer.add_layer_norm_eps(EPSILON)
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType.MEAN)
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("jina-v2-en")
    writer.add_token_type_count(2)
    # As llama.cpp's converter marks the first piece of a word.
    spelled = [p if p in SPECIAL else p[2:] if p.startswith("##") else "\u2581" + p for p in pieces]
    writer.add_token_list(spelled)
    writer.add_token_types([3 if p in SPECIAL else 1 for p in pieces])
    for name, piece in [("unk", "[UNK]"), ("sep", "[SEP]"), ("pad", "[PAD]"), ("mask", "[MASK]")]:
        getattr(writer, f"add_{name}_token_id")(pieces.index(piece))
    writer.add_bos_token_id(pieces.index("[CLS]"))
    for short, stored, kind, _ in tensors.values():
        writer.add_tensor(short, stored, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def config(vocabulary):
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": HIDDEN,
        "intermediate_size": WIDE,
        "layer_norm_eps": EPSILON,
        "max_position_embeddings": POSITIONS,
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "type_vocab_size": 2,
        "vocab_size": vocabulary,
    }


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    made, pieces = tokenizer()
    tensors = weights(len(pieces))
    float32 = gguf.GGMLQuantizationType.F32
    whole = {name: (short, values, float32, values) for name, (short, values) in tensors.items()}
    small = quantized(tensors)
    write_gguf(str(folder / "tiny.gguf"), pieces, whole)
    write_gguf(str(folder / "quantized.gguf"), pieces, small)
    save_file({name: values for name, (_, values) in tensors.items()}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps(config(len(pieces)), indent=2) + "\n")
    bert, answers = Bert(tensors), []
    small = Bert({name: (short, values) for name, (short, _, _, values) in small.items()})
    # Texts are text: no markup in them is read.
    made.encode_special_tokens = True
    for text in TEXTS:
        ids = made.encode(text).ids
        states = bert.states(ids)
        answer = {"text": text, "tokens": ids, "mean": unit(states.mean(axis=0)), "cls": unit(states[0])}
        answers.append(answer | {"quantized": unit(small.states(ids).mean(axis=0))})
    (folder / "vectors.json").write_text(json.dumps(answers, indent=1) + "\n")
    # As most files of sentence-transformers say it, which would cut the longest text.
    made.enable_truncation(8)
    made.enable_padding(length=8)
    made.save(str(folder / "tokenizer.json"))


main(Path(sys.argv[1]))
