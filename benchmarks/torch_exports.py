"""Writes networks as PyTorch's exporters write them, for real_networks.py.

  torch_exports.py DIR [--only PART] [--exporters ts11,ts13,ts17,dynamo18,dynamo]
                   [--dynamic-batch]

With --dynamic-batch the first dimension of all inputs is left open.
Weights are random, normalizations have random statistics. Each network and
exporter gives DIR/EXPORTER/NAME.onnx; one that cannot be exported is named.
Needs torch, torchvision, timm and onnxscript, and transformers for those named hf_.
"""
import argparse
import pathlib
import warnings

import torch
from torch import nn

from torch_networks import Stepping, small_networks
from transformer_networks import transformer_networks


class NeuMF(nn.Module):
    """He et al., Neural Collaborative Filtering, 2017, figure 3."""

    def __init__(self, users=2000, items=3000, factors=16, layers=(64, 32, 16)):
        super().__init__()
        self.user_gmf, self.item_gmf = nn.Embedding(users, factors), nn.Embedding(items, factors)
        self.user_mlp = nn.Embedding(users, layers[0] // 2)
        self.item_mlp = nn.Embedding(items, layers[0] // 2)
        self.mlp = nn.Sequential(*[part for a, b in zip(layers, layers[1:])
                                   for part in (nn.Linear(a, b), nn.ReLU())])
        self.out = nn.Linear(factors + layers[-1], 1)

    def forward(self, user, item):
        gmf = self.user_gmf(user) * self.item_gmf(item)
        mlp = self.mlp(torch.cat([self.user_mlp(user), self.item_mlp(item)], -1))
        return torch.sigmoid(self.out(torch.cat([gmf, mlp], -1))).squeeze(-1)


class DeepFM(nn.Module):
    """Guo et al., DeepFM, 2017: first order, factorization machine, MLP."""

    def __init__(self, fields=10, values=5000, factors=8):
        super().__init__()
        self.register_buffer("offsets", torch.arange(fields) * (values // fields))
        self.first, self.second = nn.Embedding(values, 1), nn.Embedding(values, factors)
        self.mlp = nn.Sequential(nn.Linear(fields * factors, 64), nn.BatchNorm1d(64), nn.ReLU(),
                                 nn.Dropout(0.2), nn.Linear(64, 1))

    def forward(self, ids):
        ids = ids + self.offsets
        rows = self.second(ids)
        pairs = 0.5 * (rows.sum(1).pow(2) - rows.pow(2).sum(1)).sum(1, keepdim=True)
        return torch.sigmoid(self.first(ids).sum(1) + pairs + self.mlp(rows.flatten(1)))


class TwoTowers(nn.Module):
    def __init__(self, users=2000, items=3000, width=32):
        super().__init__()
        self.users, self.items = nn.Embedding(users, width), nn.Embedding(items, width)
        self.user = nn.Sequential(nn.Linear(width + 4, 64), nn.ReLU(), nn.Linear(64, width))
        self.item = nn.Sequential(nn.Linear(width, 64), nn.ReLU(), nn.Linear(64, width))

    def forward(self, user, features, item):
        left = nn.functional.normalize(self.user(torch.cat([self.users(user), features], -1)), dim=-1)
        right = nn.functional.normalize(self.item(self.items(item)), dim=-1)
        return (left * right).sum(-1)


class Recurrent(nn.Module):
    def __init__(self, kind, bidirectional=False):
        super().__init__()
        self.embed = nn.Embedding(100, 24)
        self.layer = kind(24, 32, num_layers=2, batch_first=True, bidirectional=bidirectional)
        self.out = nn.Linear(64 if bidirectional else 32, 5)

    def forward(self, ids):
        return self.out(self.layer(self.embed(ids))[0][:, -1])


class Conv1d(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(12, 32, 7, stride=2, padding=3), nn.BatchNorm1d(32), nn.ReLU(),
            nn.MaxPool1d(2), nn.Conv1d(32, 32, 5, padding=4, dilation=2, groups=4), nn.GELU(),
            nn.Conv1d(32, 64, 3, padding=1, padding_mode="circular"), nn.ELU(),
            nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(64, 4), nn.LogSoftmax(-1))

    def forward(self, x):
        return self.body(x)


class UNet(nn.Module):
    def __init__(self, width=8, depth=3):
        super().__init__()

        def block(a, b):
            return nn.Sequential(nn.Conv2d(a, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU(),
                                 nn.Conv2d(b, b, 3, padding=1), nn.BatchNorm2d(b), nn.ReLU())
        widths = [width << i for i in range(depth + 1)]
        self.down = nn.ModuleList(block(a, b) for a, b in zip([3] + widths, widths))
        self.up = nn.ModuleList(nn.ConvTranspose2d(b, a, 2, stride=2) for a, b in zip(widths, widths[1:]))
        self.join = nn.ModuleList(block(2 * a, a) for a in widths[:-1])
        self.out = nn.Conv2d(width, 2, 1)

    def forward(self, x):
        kept = []
        for i, block in enumerate(self.down):
            x = block(nn.functional.max_pool2d(x, 2) if i else x)
            kept.append(x)
        for i in reversed(range(len(self.up))):
            x = self.join[i](torch.cat([self.up[i](x), kept[i]], 1))
        return self.out(x)


def generator():
    """DCGAN's, Radford et al. 2016."""
    layers, widths = [], [32, 64, 32, 16]
    for i, (a, b) in enumerate(zip(widths, widths[1:])):
        layers += [nn.ConvTranspose2d(a, b, 4, stride=2 if i else 1, padding=1 if i else 0, bias=False),
                   nn.BatchNorm2d(b), nn.ReLU()]
    return nn.Sequential(*layers, nn.ConvTranspose2d(16, 3, 4, 2, 1), nn.Tanh())


def networks():
    """name -> (a function that builds it, example inputs)."""
    import timm
    import torchvision

    def image(size, batch=1):
        return (torch.randn(batch, 3, size, size),)

    def ids(limit, *shape):
        return torch.randint(0, limit, shape)
    found = {
        "neumf": (NeuMF, (ids(2000, 4), ids(3000, 4))),
        "deepfm": (DeepFM, (ids(500, 4, 10),)),
        "two_towers": (TwoTowers, (ids(2000, 4), torch.randn(4, 4), ids(3000, 4))),
        "lstm": (lambda: Recurrent(nn.LSTM), (ids(100, 2, 12),)),
        "bilstm": (lambda: Recurrent(nn.LSTM, True), (ids(100, 2, 12),)),
        "gru": (lambda: Recurrent(nn.GRU, True), (ids(100, 2, 12),)),
        "rnn": (lambda: Recurrent(nn.RNN), (ids(100, 2, 12),)),
        "conv1d": (Conv1d, (torch.randn(2, 12, 200),)),
        "unet": (UNet, image(64)),
        "dcgan": (generator, (torch.randn(1, 32, 1, 1),)),
        "transformer": (lambda: nn.TransformerEncoder(
            nn.TransformerEncoderLayer(32, 4, 64, batch_first=True), 2), (torch.randn(2, 10, 32),)),
        "multihead": (lambda: nn.TransformerDecoderLayer(32, 4, 64, activation="gelu"),
                      (torch.randn(6, 2, 32), torch.randn(9, 2, 32))),
    }
    for name in ("alexnet", "convnext_tiny", "densenet121", "efficientnet_b0", "efficientnet_v2_s", "googlenet",
                 "mnasnet0_5", "mobilenet_v2", "mobilenet_v3_large", "mobilenet_v3_small",
                 "regnet_x_400mf", "regnet_y_400mf", "resnet18", "resnet50", "resnext50_32x4d",
                 "shufflenet_v2_x0_5", "shufflenet_v2_x1_0", "squeezenet1_0", "squeezenet1_1", "swin_t", "vgg11_bn",
                 "vit_b_16", "maxvit_t", "inception_v3", "wide_resnet50_2"):
        size = 224 if name in ("alexnet", "vgg11_bn", "vit_b_16", "maxvit_t", "inception_v3") else 128
        keywords = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
        build = getattr(torchvision.models, name)
        found[name] = (lambda build=build, keywords=keywords: build(weights=None, **keywords), image(size))
    for name in ("fcn_resnet50", "deeplabv3_resnet50", "deeplabv3_mobilenet_v3_large", "lraspp_mobilenet_v3_large"):
        build = getattr(torchvision.models.segmentation, name)
        found[name] = (lambda build=build: Out(build(weights=None, weights_backbone=None)), image(96))
    found["fpn_resnet18"] = (lambda: Pyramid(torchvision.models.detection.backbone_utils.resnet_fpn_backbone(
        backbone_name="resnet18", weights=None)), image(128))
    detection = torchvision.models.detection
    for name, size in (("ssdlite320_mobilenet_v3_large", 320), ("ssd300_vgg16", 300), ("retinanet_resnet50_fpn", 96),
                       ("retinanet_resnet50_fpn_v2", 96), ("fcos_resnet50_fpn", 96)):
        found[name] = (lambda name=name: Detector(getattr(detection, name)), image(size))
    found["fasterrcnn_mobilenet_v3_large_320_fpn"] = (
        lambda: Proposals(detection.fasterrcnn_mobilenet_v3_large_320_fpn), image(160))
    for name in ("r3d_18", "mc3_18"):
        found[name] = (lambda name=name: getattr(torchvision.models.video, name)(weights=None),
                       (torch.randn(1, 3, 8, 56, 56),))
    found.update(small_networks())
    try:
        found.update(transformer_networks())
    except ImportError:
        print("without transformers, which are not installed")
    found["stepping_lstm"] = (lambda: Stepping(nn.LSTM),
                              (torch.randn(5, 1, 8), torch.randn(2, 1, 12), torch.randn(2, 1, 12)))
    found["stepping_gru"] = (lambda: Stepping(nn.GRU), (torch.randn(5, 1, 8), torch.randn(2, 1, 12)))
    for name in ("ghostnet_100", "efficientvit_b0", "efficientvit_m0", "mobileone_s0", "mobilevit_xxs", "edgenext_xx_small", "lcnet_050", "tinynet_e",
                 "mobilenetv4_conv_small", "efficientformer_l1", "repghostnet_050", "fastvit_t8", "mixer_s32_224",
                 "tf_efficientnet_lite0", "hardcorenas_a", "levit_128s", "poolformer_s12", "starnet_s1",
                 "tf_mobilenetv3_small_minimal_100", "repvit_m0_9", "tiny_vit_5m_224", "rexnet_100", "repvgg_a0",
                 "mnasnet_small", "efficientnet_lite0", "mobilenetv3_small_100", "mobilevitv2_050"):
        if timm.is_model(name):
            fixed = name in ("efficientformer_l1", "mixer_s32_224", "levit_128s", "tiny_vit_5m_224")
            found["timm_" + name] = (lambda name=name: timm.create_model(name, pretrained=False),
                                     image(224 if fixed else 128))
    return found


class Out(nn.Module):
    """The main output of a segmentation network."""

    def __init__(self, body):
        super().__init__()
        self.body = body

    def forward(self, x):
        return self.body(x)["out"]


class Pyramid(Out):
    def forward(self, x):
        return tuple(self.body(x).values())


class Detector(nn.Module):
    """A detector's backbone and heads; boxes are chosen outside of it."""

    def __init__(self, build):
        super().__init__()
        whole = build(weights=None, weights_backbone=None)
        self.backbone, self.head = whole.backbone, whole.head

    def forward(self, x):
        return tuple(self.head(list(self.backbone(x).values())).values())


class Proposals(nn.Module):
    """What a detector of two stages computes before it chooses regions."""

    def __init__(self, build):
        super().__init__()
        whole = build(weights=None, weights_backbone=None)
        self.backbone, self.head = whole.backbone, whole.rpn.head

    def forward(self, x):
        maps = list(self.backbone(x).values())
        scores, boxes = self.head(maps)
        return (*maps, *scores, *boxes)


def randomize(network):
    """Normalizations that do something, and what is trained from nearly nothing: heads,
    biases and tokens of zeros, scales of layers of 1e-6."""
    for parameter in network.parameters():
        if parameter.ndim and parameter.abs().max() <= 1e-3:
            nn.init.uniform_(parameter, -0.1, 0.1)
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            nn.init.uniform_(module.running_mean, -0.1, 0.1)
            nn.init.uniform_(module.running_var, 0.5, 1.5)
            if module.affine:
                nn.init.uniform_(module.weight, 0.5, 1.5)
                nn.init.uniform_(module.bias, -0.1, 0.1)
        elif isinstance(module, nn.LayerNorm) and module.elementwise_affine:
            nn.init.uniform_(module.weight, 0.5, 1.5)
    return network.eval()


def export(network, inputs, path, exporter, dynamic):
    kind = exporter.rstrip("0123456789")
    opset = int(exporter[len(kind):] or 0) or None
    options = {"dynamo": kind == "dynamo"}
    if opset:
        options["opset_version"] = opset
    if kind == "dynamo":
        options["external_data"] = False
        options["verbose"] = False
        if dynamic:
            batch = torch.export.Dim("batch", min=1, max=64)
            options["dynamic_shapes"] = tuple({0: batch} for _ in inputs)
    elif dynamic:
        options["input_names"] = [f"x{i}" for i in range(len(inputs))]
        options["dynamic_axes"] = {name: {0: "batch"} for name in options["input_names"]}
    with torch.no_grad():
        torch.onnx.export(network, inputs, str(path), **options)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--only", default="", help="part of a name")
    parser.add_argument("--exporters", default="ts11,ts13,ts17,dynamo18,dynamo")
    parser.add_argument("--dynamic-batch", action="store_true", help="leave the batch open")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore")
    # An operator of its own, which the TorchScript exporter does not know.
    torch.backends.mha.set_fastpath_enabled(False)
    for name, (build, inputs) in networks().items():
        if arguments.only not in name:
            continue
        torch.manual_seed(1)
        network = None
        for exporter in arguments.exporters.split(","):
            path = arguments.folder / exporter / f"{name}.onnx"
            if path.exists():
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            if network is None:
                network = randomize(build())
            try:
                export(network, inputs, path, exporter, arguments.dynamic_batch)
                print(f"{exporter}/{name}: {path.stat().st_size} bytes", flush=True)
            except Exception as error:  # an exporter's own limits
                path.unlink(missing_ok=True)
                print(f"{exporter}/{name}: cannot be exported: {str(error).splitlines()[0][:150]}", flush=True)


if __name__ == "__main__":
    main()
