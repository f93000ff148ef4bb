"""Small networks of sequences, signals and recommendations, for torch_exports.py."""
import torch
from torch import nn


class Sequence(nn.Module):
    """A recurrent layer over a batch of sequences, and what a classifier takes of it."""

    def __init__(self, kind, takes, bidirectional=False, layers=1):
        super().__init__()
        self.layer = kind(16, 24, num_layers=layers, batch_first=True, bidirectional=bidirectional)
        self.takes, self.out = takes, nn.Linear(48 if bidirectional else 24, 3)

    def forward(self, x):
        y, state = self.layer(x)
        if self.takes == "hidden":
            hidden = state[0] if isinstance(state, tuple) else state
            return self.out(hidden.transpose(0, 1).flatten(1)[:, -self.out.in_features:])
        return self.out(y.mean(1) if self.takes == "mean" else y.max(1)[0])


class Stepping(nn.Module):
    """States are inputs and outputs."""

    def __init__(self, kind):
        super().__init__()
        self.layer = kind(8, 12, num_layers=2)

    def forward(self, x, *states):
        y, states = self.layer(x, states if len(states) > 1 else states[0])
        return (y, *states) if isinstance(states, tuple) else (y, states)


class Cells(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.cell, self.out = kind(6, 10), nn.Linear(10, 2)

    def forward(self, x):
        h, c, results = torch.zeros(x.shape[0], 10), torch.zeros(x.shape[0], 10), []
        for step in range(x.shape[1]):
            if isinstance(self.cell, nn.LSTMCell):
                h, c = self.cell(x[:, step], (h, c))
            else:
                h = self.cell(x[:, step], h)
            results.append(self.out(h))
        return torch.stack(results, 1)


class Reader(nn.Module):
    """Text in images: convolutions, an LSTM along the width, CTC's probabilities."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
                                  nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d((2, 1)))
        self.layer, self.out = nn.LSTM(128, 20, bidirectional=True, num_layers=2), nn.Linear(40, 11)

    def forward(self, x):
        y = self.body(x)
        batch, channels, height, width = y.size()
        y = y.reshape(batch, channels * height, width).permute(2, 0, 1)
        return self.out(self.layer(y)[0]).log_softmax(2)


class AttentivePooling(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.layer = nn.Embedding(50, 16), nn.GRU(16, 16, batch_first=True, bidirectional=True)
        self.score, self.out = nn.Linear(32, 1), nn.Linear(32, 4)

    def forward(self, ids):
        y = self.layer(self.embed(ids))[0]
        scores = self.score(torch.tanh(y)).masked_fill((ids == 0).unsqueeze(-1), float("-inf"))
        return self.out((scores.softmax(1) * y).sum(1))


class TextCnn(nn.Module):
    """Kim, 2014."""

    def __init__(self):
        super().__init__()
        self.embed, self.out = nn.Embedding(50, 16), nn.Linear(24, 3)
        self.convolutions = nn.ModuleList(nn.Conv1d(16, 8, taps) for taps in (2, 3, 4))

    def forward(self, ids):
        x = self.embed(ids).transpose(1, 2)
        return self.out(torch.cat([torch.relu(c(x)).max(dim=2)[0] for c in self.convolutions], 1))


class Bag(nn.Module):
    def __init__(self, mode):
        super().__init__()
        self.embed, self.out = nn.EmbeddingBag(50, 16, mode=mode), nn.Linear(16, 3)

    def forward(self, ids):
        return self.out(self.embed(ids))


class Dlrm(nn.Module):
    """Naumov et al., 2019."""

    def __init__(self):
        super().__init__()
        self.embed = nn.ModuleList(nn.Embedding(100, 8) for _ in range(4))
        self.bottom = nn.Sequential(nn.Linear(5, 16), nn.ReLU(), nn.Linear(16, 8))
        self.top = nn.Sequential(nn.Linear(18, 16), nn.ReLU(), nn.Linear(16, 1))
        self.register_buffer("pairs", torch.tril_indices(5, 5, -1))

    def forward(self, dense, ids):
        dense = self.bottom(dense)
        x = torch.stack([dense] + [embed(ids[:, i]) for i, embed in enumerate(self.embed)], 1)
        products = torch.bmm(x, x.transpose(1, 2))[:, self.pairs[0], self.pairs[1]]
        return torch.sigmoid(self.top(torch.cat([dense, products], 1)))


class Din(nn.Module):
    """Zhou et al., 2018."""

    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(200, 8, padding_idx=0)
        self.score = nn.Sequential(nn.Linear(32, 16), nn.PReLU(), nn.Linear(16, 1))
        self.out = nn.Sequential(nn.Linear(16, 16), nn.PReLU(), nn.Linear(16, 1))

    def forward(self, history, target):
        h, t = self.embed(history), self.embed(target).unsqueeze(1)
        t = t.expand_as(h)
        scores = self.score(torch.cat([h, t, h - t, h * t], -1))
        scores = torch.where((history > 0).unsqueeze(-1), scores, torch.full_like(scores, -1e9))
        return torch.sigmoid(self.out(torch.cat([(scores.softmax(1) * h).sum(1), t[:, 0]], -1))).squeeze(1)


class SasRec(nn.Module):
    """Kang and McAuley, 2018."""

    def __init__(self, length=12):
        super().__init__()
        self.embed, self.place = nn.Embedding(200, 16, padding_idx=0), nn.Embedding(length, 16)
        layer = nn.TransformerEncoderLayer(16, 2, 32, batch_first=True, norm_first=True)
        self.body = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

    def forward(self, ids):
        length = ids.shape[1]
        mask = torch.triu(torch.ones(length, length, dtype=torch.bool), 1)
        x = self.embed(ids) * 4 + self.place(torch.arange(length))
        return self.body(x, mask=mask)[:, -1] @ self.embed.weight.T


class CrossNetwork(nn.Module):
    """DCN's, Wang et al. 2021."""

    def __init__(self):
        super().__init__()
        self.layers, self.out = nn.ModuleList(nn.Linear(20, 20) for _ in range(3)), nn.Linear(20, 1)

    def forward(self, x):
        y = x
        for layer in self.layers:
            y = x * layer(y) + y
        return self.out(y).sigmoid()


class Experts(nn.Module):
    """Ma et al., MMoE, 2018."""

    def __init__(self):
        super().__init__()
        self.experts = nn.ModuleList(nn.Linear(10, 8) for _ in range(3))
        self.gates = nn.ModuleList(nn.Linear(10, 3) for _ in range(2))
        self.towers = nn.ModuleList(nn.Linear(8, 1) for _ in range(2))

    def forward(self, x):
        y = torch.stack([torch.relu(expert(x)) for expert in self.experts], 1)
        return tuple(torch.sigmoid(tower((gate(x).softmax(-1).unsqueeze(-1) * y).sum(1)))
                     for gate, tower in zip(self.gates, self.towers))


class Dilated(nn.Module):
    """Causal convolutions, van den Oord et al. 2016."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Conv1d(1, 8, 1), nn.Conv1d(8, 4, 1)
        self.gates = nn.ModuleList(nn.Conv1d(8, 16, 2, dilation=2**i, padding=2**i) for i in range(4))
        self.mixes = nn.ModuleList(nn.Conv1d(8, 8, 1) for _ in range(4))

    def forward(self, x):
        x, kept = self.first(x), 0
        for gate, mix in zip(self.gates, self.mixes):
            a, b = gate(x)[..., :x.shape[-1]].chunk(2, 1)
            y = mix(torch.tanh(a) * torch.sigmoid(b))
            kept, x = kept + y, x + y
        return self.last(torch.relu(kept))


def signals():
    """Of an electrocardiogram."""
    return nn.Sequential(
        nn.Conv1d(1, 16, 16, stride=2), nn.BatchNorm1d(16), nn.LeakyReLU(0.1), nn.AvgPool1d(3, 2, 1),
        nn.Conv1d(16, 16, 8, padding="same", groups=16), nn.Conv1d(16, 32, 1), nn.InstanceNorm1d(32, affine=True),
        nn.SiLU(), nn.AdaptiveMaxPool1d(4), nn.Flatten(), nn.Linear(128, 5), nn.Softmax(1))


def small_networks():
    """name -> (a function that builds it, example inputs)."""
    def ids(limit, *shape):
        return torch.randint(1, limit, shape)
    sequences, found = torch.randn(2, 9, 16), {}
    for kind in nn.LSTM, nn.GRU, nn.RNN:
        for takes in "hidden", "mean", "max":
            for both in False, True:
                name = f"{'bi' * both}{kind.__name__.lower()}_{takes}"
                found[name] = (lambda kind=kind, takes=takes, both=both: Sequence(kind, takes, both, 1 + both),
                               (sequences,))
    for kind in nn.LSTMCell, nn.GRUCell, nn.RNNCell:
        found[kind.__name__.lower()] = (lambda kind=kind: Cells(kind), (torch.randn(2, 5, 6),))
    found.update({
        "reader": (Reader, (torch.randn(2, 1, 32, 40),)),
        "attentive": (AttentivePooling, (ids(50, 2, 11),)),
        "textcnn": (TextCnn, (ids(50, 2, 11),)),
        "bag_mean": (lambda: Bag("mean"), (ids(50, 2, 6),)),
        "bag_sum": (lambda: Bag("sum"), (ids(50, 2, 6),)),
        "dlrm": (Dlrm, (torch.randn(2, 5), ids(100, 2, 4))),
        "din": (Din, (ids(200, 2, 7), ids(200, 2))),
        "sasrec": (SasRec, (ids(200, 2, 12),)),
        "cross": (CrossNetwork, (torch.randn(2, 20),)),
        "experts": (Experts, (torch.randn(2, 10),)),
        "dilated": (Dilated, (torch.randn(2, 1, 40),)),
        "signals": (signals, (torch.randn(2, 1, 204),)),
    })
    return found
