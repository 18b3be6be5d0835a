"""Writes the fixtures of the families: tiny models with random weights, and what PyTorch makes of them.

Run it where `torch`, `transformers` (5.x) and `safetensors` are installed:

    python Tests/Fixtures/families.py [NAME…]

It writes a folder a model into `families/`: `config.json`, for some `config-old.json` (as published
checkpoints spell it), the weights as `transformers` saves them, in half precision, in one file or in
shards, and `expected.safetensors`, which holds, computed in F32 with eager attention, for a batch of
two whose row 0 is padded, once at the `right.` and once at the `left.`:

    input_ids, attention_mask, token_type_ids           [batch, position]
    decoder_input_ids, decoder_attention_mask           [batch, position]
    logits                                              [batch, position, vocabulary]
    output                                              what the last stack returns
    attentions.N, residual.N                            of a model with one stack
    encoder_attentions.N, encoder_residual.N, decoder_… of one with two
    cross_attentions.N                                  [batch, head, query, key]
    generated                                           greedy continuations, the prompt first

`residual.N` enters block N; the last one leaves the last block, before any final norm. Positions of
decoders are given to the model as its generation counts them, from the first token of the mask.
"""

import json
import pathlib
import sys

import torch
import transformers as hf
from safetensors.torch import load_file, save_file

HERE = pathlib.Path(__file__).parent / "families"
NEW_TOKENS = 6
BASE = dict(vocab_size=47, bos_token_id=3, eos_token_id=2, pad_token_id=0)
BODY = dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=4, intermediate_size=40)
PARTS = dict(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=40)
PAIR = dict(
    d_model=24, encoder_layers=2, decoder_layers=3, encoder_attention_heads=4,
    decoder_attention_heads=3, encoder_ffn_dim=40, decoder_ffn_dim=28, max_position_embeddings=30)

# Name: class, configuration, type of the stored weights, bytes a shard.
MODELS = {
    "gpt2": (hf.GPT2LMHeadModel, hf.GPT2Config(
        **BASE, n_embd=24, n_layer=2, n_head=4, n_positions=20), torch.float16, None),
    # Rotary on half of the head, a head of its own.
    "neox-parallel": (hf.GPTNeoXForCausalLM, hf.GPTNeoXConfig(
        **BASE, **PARTS, max_position_embeddings=40, rope_parameters=dict(
            rope_type="default", rope_theta=300.0, partial_rotary_factor=0.5)),
        torch.float16, None),
    "neox-sequential": (hf.GPTNeoXForCausalLM, hf.GPTNeoXConfig(
        **BASE, **PARTS, max_position_embeddings=40, use_parallel_residual=False,
        attention_bias=False, hidden_act="gelu_new", rope_parameters=dict(
            rope_type="linear", factor=2.5, rope_theta=200.0, partial_rotary_factor=0.25)),
        torch.bfloat16, 6_000),
    # Windows shorter than the text.
    "gpt-neo": (hf.GPTNeoForCausalLM, hf.GPTNeoConfig(
        **BASE, hidden_size=24, num_layers=4, num_heads=3, intermediate_size=40, window_size=4,
        attention_types=[[["global", "local"], 2]], max_position_embeddings=30),
        torch.float16, None),
    "gptj": (hf.GPTJForCausalLM, hf.GPTJConfig(
        **BASE, n_embd=24, n_layer=2, n_head=3, n_inner=40, rotary_dim=6, n_positions=40),
        torch.bfloat16, None),
    # Heads wider than the model's width over their number; two share a key head.
    "llama": (hf.LlamaForCausalLM, hf.LlamaConfig(
        **BASE, **BODY, num_key_value_heads=2, head_dim=10, rms_norm_eps=1e-5,
        rope_parameters=dict(rope_type="default", rope_theta=500.0)), torch.float16, None),
    "llama-tied": (hf.LlamaForCausalLM, hf.LlamaConfig(
        **BASE, **BODY, num_key_value_heads=1, tie_word_embeddings=True, attention_bias=True,
        mlp_bias=True, hidden_act="gelu", rope_parameters=dict(
            rope_type="llama3", rope_theta=20.0, factor=4.0, low_freq_factor=1.0,
            high_freq_factor=3.0, original_max_position_embeddings=24)), torch.bfloat16, 6_000),
    "qwen2": (hf.Qwen2ForCausalLM, hf.Qwen2Config(
        **BASE, **BODY, num_key_value_heads=2, tie_word_embeddings=True), torch.bfloat16, None),
    "qwen3": (hf.Qwen3ForCausalLM, hf.Qwen3Config(
        **BASE, **BODY, num_key_value_heads=2, head_dim=10, rope_parameters=dict(
            rope_type="default", rope_theta=700.0)), torch.bfloat16, 8_000),
    "bert": (hf.BertForMaskedLM, hf.BertConfig(
        **BASE, **BODY, max_position_embeddings=20, layer_norm_eps=1e-6), torch.float16, None),
    # No head, no prefix, norms under their first names, a pooler that is not read.
    "bert-bare": (hf.BertModel, hf.BertConfig(
        **BASE, **PARTS, max_position_embeddings=20, type_vocab_size=3, hidden_act="gelu_new"),
        torch.float32, None),
    "distilbert": (hf.DistilBertForMaskedLM, hf.DistilBertConfig(
        **BASE, dim=24, n_layers=2, n_heads=3, hidden_dim=40, max_position_embeddings=20),
        torch.float16, None),
    "roberta": (hf.RobertaForMaskedLM, hf.RobertaConfig(
        **{**BASE, "pad_token_id": 1, "bos_token_id": 0}, **BODY, max_position_embeddings=20,
        type_vocab_size=1, layer_norm_eps=1e-5), torch.bfloat16, None),
    "t5": (hf.T5ForConditionalGeneration, hf.T5Config(
        **{**BASE, "bos_token_id": None}, d_model=24, d_kv=7, num_heads=4, num_layers=3,
        num_decoder_layers=2, d_ff=40, relative_attention_num_buckets=8,
        relative_attention_max_distance=7, decoder_start_token_id=0), torch.float16, None),
    "bart": (hf.BartForConditionalGeneration, hf.BartConfig(
        **{**BASE, "pad_token_id": 1, "bos_token_id": 0}, **PAIR, decoder_start_token_id=2,
        forced_eos_token_id=None), torch.float16, None),
    "marian": (hf.MarianMTModel, hf.MarianConfig(
        **{**BASE, "pad_token_id": 46, "eos_token_id": 0, "bos_token_id": None}, **PAIR,
        decoder_start_token_id=46, scale_embedding=True, activation_function="swish",
        forced_eos_token_id=None), torch.bfloat16, None),
}
DECODERS = {"gpt2", "gpt_neox", "gpt_neo", "gptj", "llama", "qwen2", "qwen3"}
PAIRS = {"t5", "bart", "marian"}


def build(seed, cls, config):
    torch.manual_seed(seed)
    model = cls._from_config(config, attn_implementation="eager")
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "embed_positions" in name and config.model_type == "marian":
                continue  # computed, not learned
            if "norm" in name.lower() or "ln_" in name:
                weight.uniform_(0.5, 1.5) if name.endswith("weight") else weight.normal_(0, 0.3)
            elif name.endswith("bias"):
                weight.normal_(0, 0.3)
            elif weight.shape[0] in (47, 30, 40, 20) and "emb" in name or "wpe" in name or "wte" in name:
                weight.normal_(0, 0.6)
            else:
                weight.normal_(0, 1.5 * weight.shape[-1] ** -0.5)
        if hasattr(model, "final_logits_bias"):
            model.final_logits_bias.normal_(0, 0.5)
        if config.model_type == "t5":
            for name, weight in model.named_parameters():
                if name.endswith(".q.weight"):
                    weight *= config.d_kv ** -0.5
    return model.eval()


def old_spelling(config):
    """How files of `transformers` 4 and before say the same."""
    old = {key: value for key, value in config.items() if key not in ("dtype", "rope_parameters")}
    old |= {"torch_dtype": config["dtype"], "transformers_version": "4.30.0"}
    rope = dict(config.get("rope_parameters") or {})
    theta, part = rope.pop("rope_theta", None), rope.pop("partial_rotary_factor", None)
    if rope.get("rope_type") != "default":
        rope["type"] = rope.pop("rope_type")
        old["rope_scaling"] = rope
    if config["model_type"] == "gpt_neox":
        old |= {"rotary_emb_base": theta, "rotary_pct": part}
    else:
        old |= {"rope_theta": theta}
    return old


def save(folder, model, dtype, shard):
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.safetensors*"):
        file.unlink()
    model.to(dtype).save_pretrained(folder, max_shard_size=shard or "1GB")
    (folder / "generation_config.json").unlink(missing_ok=True)
    config = json.loads((folder / "config.json").read_text())
    if "rope_parameters" in config:
        (folder / "config-old.json").write_text(json.dumps(old_spelling(config), indent=2) + "\n")


def first_names(folder):
    """What the norms of BERT were called at first."""
    weights = load_file(folder / "model.safetensors")
    rename = lambda key: key.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
        "LayerNorm.bias", "LayerNorm.beta")
    save_file({rename(key): value for key, value in weights.items()},
              folder / "model.safetensors", metadata={"format": "pt"})


def batch(ids, pad, missing, side):
    ids, mask = ids.clone(), torch.ones_like(ids)
    row, count = missing
    part = slice(None, count) if side == "left" else slice(-count, None)
    ids[row, part], mask[row, part] = pad, 0
    return ids, mask


def stacks(model):
    """The blocks of each stack, by what stands before the names of its residuals."""
    body = getattr(model, model.base_model_prefix, model)
    if model.config.model_type in PAIRS:
        find = lambda stack: stack.block if hasattr(stack, "block") else stack.layers
        body = model if model.config.model_type == "t5" else body
        return {"encoder_": find(body.encoder), "decoder_": find(body.decoder)}
    body = getattr(body, "encoder", getattr(body, "transformer", body))
    for name in ("layers", "h", "layer"):
        if hasattr(body, name):
            return {"": getattr(body, name)}
    raise SystemExit(f"{type(model)} has no blocks")


def watch(model, found):
    def tensor(value):
        return value if torch.is_tensor(value) else value[0]

    hooks = []
    for prefix, blocks in stacks(model).items():
        for index, block in enumerate(blocks):
            def enter(_, args, kwargs, key=f"{prefix}residual.{index}"):
                found[key] = tensor(args) if args else kwargs["hidden_states"]

            def leave(_, args, output, key=f"{prefix}residual.{len(blocks)}"):
                found[key] = tensor(output)

            hooks.append(block.register_forward_pre_hook(enter, with_kwargs=True))
        hooks.append(blocks[-1].register_forward_hook(leave))
    return hooks


def run(model, side, generator):
    config, kind = model.config, model.config.model_type
    found = {}
    special = {config.pad_token_id}
    draw = lambda length: torch.randint(4, 46, (2, length), generator=generator)
    ids, mask = batch(draw(9), config.pad_token_id, (0, 3), side)
    inputs = {"input_ids": ids, "attention_mask": mask}
    if getattr(config, "type_vocab_size", 0) > 1:
        inputs["token_type_ids"] = torch.randint(
            0, config.type_vocab_size, ids.shape, generator=generator)
    if kind in PAIRS:
        target = draw(7)
        target[:, 0] = config.decoder_start_token_id
        target, target_mask = batch(target, config.pad_token_id, (1, 2), side)
        inputs |= {"decoder_input_ids": target, "decoder_attention_mask": target_mask}
    found |= inputs
    if kind in DECODERS:
        inputs["position_ids"] = (mask.cumsum(-1) - 1).clamp(0)
    hooks = watch(model, found)
    with torch.no_grad():
        output = model(**inputs, output_attentions=True, output_hidden_states=True)
    for hook in hooks:
        hook.remove()
    if hasattr(output, "logits"):
        found["logits"] = output.logits
    hidden = output.decoder_hidden_states if kind in PAIRS else output.hidden_states
    found["output"] = hidden[-1]
    names = ("encoder_attentions", "decoder_attentions", "cross_attentions") \
        if kind in PAIRS else ("attentions",)
    for name in names:
        for layer, pattern in enumerate(output[name]):
            found[f"{name}.{layer}"] = pattern
    if kind in DECODERS and side == "left" or kind in PAIRS and side == "right":
        with torch.no_grad():
            generated = model.generate(
                ids, attention_mask=mask, do_sample=False, num_beams=1, max_new_tokens=NEW_TOKENS,
                return_dict_in_generate=True, output_scores=True, use_cache=True)
        margins = [(s.topk(2).values[:, 0] - s.topk(2).values[:, 1]).min() for s in generated.scores]
        if min(margins) < 1e-3:
            raise SystemExit("two tokens are nearly alike: choose another seed")
        found["generated"] = generated.sequences
    return {f"{side}.{key}": value for key, value in found.items()}


def main():
    torch.set_num_threads(1)
    names = sys.argv[1:] or list(MODELS)
    for name in names:
        cls, config, dtype, shard = MODELS[name]
        folder = HERE / name
        seed = 31 + list(MODELS).index(name)
        save(folder, build(seed, cls, config), dtype, shard)
        model = cls.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()
        generator = torch.Generator().manual_seed(seed)
        expected = run(model, "right", generator) | run(model, "left", generator)
        if name == "bert-bare":
            first_names(folder)
        expected = {key: value.detach().contiguous().clone() for key, value in expected.items()}
        save_file(
            {key: value.to(torch.int16) if value.dtype == torch.int64 else value
             for key, value in expected.items()}, folder / "expected.safetensors")
        spread = [value.std().item() for key, value in expected.items() if key.endswith("logits")]
        pattern = next(value for key, value in expected.items() if "attentions.1" in key)
        entropy = -(pattern * pattern.clamp_min(1e-12).log()).sum(-1).mean()
        print(f"{name}: logits std {spread}, entropy of layer 1 {entropy:.2f} nats")


if __name__ == "__main__":
    main()
