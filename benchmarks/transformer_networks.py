"""Transformers of two small layers, built from configurations, for torch_exports.py."""
import torch
from torch import nn

TEXT = {"vocab_size": 99, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4,
        "intermediate_size": 37, "max_position_embeddings": 64}
DECODER = {**TEXT, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "num_key_value_heads": 2}
IMAGE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 37,
         "image_size": 64, "patch_size": 16}
SOUND = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 37,
         "conv_dim": [16, 16, 16], "conv_stride": [5, 2, 2], "conv_kernel": [10, 3, 2],
         "num_conv_pos_embeddings": 8, "num_conv_pos_embedding_groups": 2, "vocab_size": 30}
T5 = {"vocab_size": 99, "d_model": 32, "d_kv": 8, "d_ff": 37, "num_layers": 2, "num_heads": 4}
STAGES = {"depths": [1, 1, 1, 1], "hidden_sizes": [16, 16, 32, 32], "num_attention_heads": [1, 2, 4, 4],
          "decoder_hidden_size": 16}
WINDOWS = {"image_size": 64, "patch_size": 4, "embed_dim": 16, "depths": [2, 2], "num_heads": [2, 4],
           "window_size": 4}

# (class of the network, its configuration, options, what it takes).
KINDS = [
    ("BertModel", "BertConfig", TEXT, "text"),
    ("DistilBertModel", "DistilBertConfig",
     {"vocab_size": 99, "dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 37}, "text"),
    ("ElectraModel", "ElectraConfig", {**TEXT, "embedding_size": 16}, "text"),
    ("ConvBertModel", "ConvBertConfig", {**TEXT, "embedding_size": 32}, "text"),
    ("DebertaV2Model", "DebertaV2Config",
     {**TEXT, "relative_attention": True, "position_buckets": 8, "pos_att_type": ["p2c", "c2p"]}, "text"),
    ("MPNetModel", "MPNetConfig", TEXT, "text"),
    ("RoFormerModel", "RoFormerConfig", TEXT, "text"),
    ("T5EncoderModel", "T5Config", T5, "text"),
    ("GPT2LMHeadModel", "GPT2Config",
     {"vocab_size": 99, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 64}, "causal"),
    ("GPTNeoXForCausalLM", "GPTNeoXConfig", TEXT, "causal"),
    ("LlamaForCausalLM", "LlamaConfig", DECODER, "causal"),
    ("Qwen3ForCausalLM", "Qwen3Config", {**DECODER, "head_dim": 8}, "causal"),
    ("Gemma2ForCausalLM", "Gemma2Config", {**DECODER, "head_dim": 8}, "causal"),
    ("Phi3ForCausalLM", "Phi3Config", DECODER, "causal"),
    ("BloomForCausalLM", "BloomConfig", {"vocab_size": 99, "hidden_size": 32, "n_layer": 2, "n_head": 4},
     "causal"),
    ("ViTForImageClassification", "ViTConfig", IMAGE, "image"),
    ("BeitForImageClassification", "BeitConfig", {**IMAGE, "use_relative_position_bias": True}, "image"),
    ("Dinov2Model", "Dinov2Config", IMAGE, "image"),
    ("YolosForObjectDetection", "YolosConfig", {**IMAGE, "image_size": [64, 64], "num_detection_tokens": 5},
     "image"),
    ("SegformerForSemanticSegmentation", "SegformerConfig", STAGES, "image"),
    ("SwinForImageClassification", "SwinConfig", WINDOWS, "image"),
    ("Swinv2ForImageClassification", "Swinv2Config", WINDOWS, "image"),
    ("CLIPVisionModelWithProjection", "CLIPVisionConfig", {**IMAGE, "projection_dim": 16}, "image"),
    ("Wav2Vec2ForCTC", "Wav2Vec2Config", SOUND, "sound"),
    ("HubertForCTC", "HubertConfig", SOUND, "sound"),
    ("WavLMModel", "WavLMConfig", SOUND, "sound"),
]
INPUT = {"text": "input_ids", "causal": "input_ids", "image": "pixel_values", "sound": "input_values"}


class Tensors(nn.Module):
    """A network whose results are a tuple of tensors."""

    def __init__(self, body, kind):
        super().__init__()
        self.body, self.kind = body, kind

    def forward(self, x):
        more = {"use_cache": False} if self.kind == "causal" else {}
        found = self.body(**{INPUT[self.kind]: x}, **more, return_dict=True)
        return tuple(value for value in found.values() if isinstance(value, torch.Tensor))


def transformer_networks():
    """name -> (a function that builds it, example inputs)."""
    import transformers
    ids = torch.randint(0, 50, (1, 12))
    inputs = {"text": ids, "causal": ids, "image": torch.randn(1, 3, 64, 64), "sound": torch.randn(1, 1200)}

    def build(model, configuration, options, kind):
        made = getattr(transformers, configuration)(**options)
        return Tensors(getattr(transformers, model)(made), kind)
    return {"hf_" + row[1].removesuffix("Config").lower(): (lambda row=row: build(*row), (inputs[row[3]],))
            for row in KINDS}
