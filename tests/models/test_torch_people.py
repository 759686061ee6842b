# ruff: noqa: E501 (texts as people write them)
"""Whole PyTorch programs in the styles of different fields, each beside what real torch makes."""

from __future__ import annotations

import inspect
import sys
from types import ModuleType
from typing import Any, NamedTuple

import pytest

import lstminspect as li

torch = pytest.importorskip("torch")

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\n"


class Program(NamedTuple):
    """A text that ends with `model = ...`, and the shapes of its inputs: `w` stands for words."""

    name: str
    text: str
    inputs: tuple[tuple[Any, ...], ...]
    #: False where a shape is open without the shape of the input.
    is_followed: bool = True


LIGHTNING = """
import pytorch_lightning as pl
class Forecaster(pl.LightningModule):
    def __init__(self, n_features=5, hidden=24, layers=2, lr=1e-3, horizon=4):
        super().__init__()
        self.save_hyperparameters()
        self.encoder = nn.LSTM(self.hparams.n_features, self.hparams.hidden, self.hparams["layers"], batch_first=True)
        self.norm = nn.LayerNorm(hidden)
        self.head = nn.Linear(self.hparams.hidden, self.hparams.horizon)
        self.criterion = nn.MSELoss()
    def forward(self, window):
        states, _ = self.encoder(window)
        return self.head(self.norm(states[:, -1]))
    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = self.criterion(self(x), y)
        self.log("train_loss", loss, prog_bar=True)
        return loss
    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=self.hparams.lr)
model = Forecaster(n_features=3)
"""

TYING = """
class WordModel(nn.Module):
    def __init__(self, ntoken, ninp, nhid, nlayers, dropout=0.5, tie_weights=False):
        super(WordModel, self).__init__()
        self.ntoken, self.nhid, self.nlayers = ntoken, nhid, nlayers
        self.drop = nn.Dropout(dropout)
        self.encoder = nn.Embedding(ntoken, ninp)
        self.rnn = getattr(nn, "GRU")(ninp, nhid, nlayers, dropout=dropout)
        self.decoder = nn.Linear(nhid, ntoken)
        if tie_weights:
            if nhid != ninp:
                raise ValueError("nhid must be equal to ninp")
            self.decoder.weight = self.encoder.weight
        self.init_weights()
    def init_weights(self):
        nn.init.uniform_(self.encoder.weight, -0.1, 0.1)
        nn.init.zeros_(self.decoder.bias)
    def forward(self, input, hidden):
        emb = self.drop(self.encoder(input))
        output, hidden = self.rnn(emb, hidden)
        decoded = self.decoder(self.drop(output)).view(-1, self.ntoken)
        return F.log_softmax(decoded, dim=1), hidden
    def init_hidden(self, bsz):
        weight = next(self.parameters())
        return weight.new_zeros(self.nlayers, bsz, self.nhid)
model = WordModel(40, 12, 12, 2, tie_weights=True)
"""

EXPORT = """
import argparse
def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--hidden", type=int, default=18)
    parser.add_argument("--classes", type=int, default=6)
    parser.add_argument("--opset", type=int, default=17)
    return parser.parse_args([])
class Keyword(nn.Module):
    def __init__(self, mels, hidden, classes):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv1d(mels, 2 * mels, 5, stride=2, padding=2), nn.BatchNorm1d(2 * mels), nn.ReLU(inplace=True))
        self.gru = nn.GRU(2 * mels, hidden, batch_first=True)
        self.fc = nn.Linear(hidden, classes)
    def forward(self, mel):
        x = self.conv(mel).transpose(1, 2)
        self.gru.flatten_parameters()
        out, _ = self.gru(x)
        return torch.softmax(self.fc(out.mean(dim=1)), dim=-1)
def export(net, path, opset):
    dummy = torch.randn(1, 10, 50)
    torch.onnx.export(net, dummy, path, opset_version=opset, input_names=["mel"], output_names=["probs"], dynamic_axes={"mel": {0: "batch", 2: "frames"}})
args = parse()
model = Keyword(10, args.hidden, args.classes).eval()
if args.opset < 10:
    export(model, "keyword.onnx", args.opset)
"""

CONFIG = """
from transformers import PretrainedConfig, PreTrainedModel
class TaggerConfig(PretrainedConfig):
    model_type = "tagger"
    def __init__(self, vocab_size=50, hidden_size=16, num_hidden_layers=2, num_labels=5, pad_token_id=0, **kwargs):
        super().__init__(**kwargs)
        self.vocab_size = vocab_size
        self.hidden_size = hidden_size
        self.num_hidden_layers = num_hidden_layers
        self.labels = num_labels
        self.pad = pad_token_id
class TaggerPreTrained(PreTrainedModel):
    config_class = TaggerConfig
    base_model_prefix = "tagger"
    def _init_weights(self, module):
        if isinstance(module, nn.Linear):
            module.weight.data.normal_(mean=0.0, std=0.02)
class TaggerModel(TaggerPreTrained):
    def __init__(self, config: TaggerConfig):
        super().__init__(config)
        self.embeddings = nn.Embedding(config.vocab_size, config.hidden_size, padding_idx=config.pad)
        self.layers = nn.ModuleList([nn.LSTM(config.hidden_size, config.hidden_size // 2, bidirectional=True, batch_first=True) for _ in range(config.num_hidden_layers)])
        self.classifier = nn.Linear(config.hidden_size, config.labels)
    def forward(self, input_ids, attention_mask=None, labels=None):
        hidden = self.embeddings(input_ids)
        for layer in self.layers:
            out, _ = layer(hidden)
            hidden = hidden + out
        logits = self.classifier(hidden)
        loss = None
        if labels is not None:
            loss = nn.CrossEntropyLoss()(logits.view(-1, self.config.labels), labels.view(-1))
        return (logits,) if loss is None else (loss, logits)
model = TaggerModel(TaggerConfig(num_labels=7))
"""

POLICY = """
from torch.distributions import Categorical
class RecurrentPolicy(nn.Module):
    def __init__(self, obs_dim, act_dim, hidden=32):
        super().__init__()
        self.hidden = hidden
        self.body = nn.Sequential(nn.Linear(obs_dim, hidden), nn.Tanh())
        self.memory = nn.GRUCell(hidden, hidden)
        self.actor = nn.Linear(hidden, act_dim)
        self.critic = nn.Linear(hidden, 1)
        for p in self.actor.parameters():
            nn.init.constant_(p, 0.0)
    def forward(self, obs, state):
        state = self.memory(self.body(obs), state)
        return self.actor(state), self.critic(state).squeeze(-1), state
    @torch.no_grad()
    def act(self, obs, state):
        logits, value, state = self.forward(obs, state)
        dist = Categorical(logits=logits)
        action = dist.sample()
        return action, dist.log_prob(action), value, state
    def initial(self, n):
        return torch.zeros(n, self.hidden)
model = RecurrentPolicy(8, 3)
"""

SPEECH = """
class BatchRNN(nn.Module):
    def __init__(self, in_size, out_size, norm=True):
        super().__init__()
        self.norm = nn.BatchNorm1d(in_size) if norm else None
        self.rnn = nn.GRU(in_size, out_size, bidirectional=True, bias=False)
        self.out_size = out_size
    def forward(self, x):
        if self.norm is not None:
            t, n = x.size(0), x.size(1)
            x = self.norm(x.reshape(t * n, -1)).reshape(t, n, -1)
        x, _ = self.rnn(x)
        return x.view(x.size(0), x.size(1), 2, -1).sum(2)
class Speech(nn.Module):
    def __init__(self, freqs=20, hidden=16, depth=3, labels=29):
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(1, 4, (11, 5), stride=(2, 1), padding=(5, 2)), nn.Hardtanh(0, 20, inplace=True))
        width = 4 * ((freqs - 11 + 10) // 2 + 1)
        self.rnns = nn.Sequential(BatchRNN(width, hidden, norm=False), *(BatchRNN(hidden, hidden) for _ in range(depth - 1)))
        self.fc = nn.Linear(hidden, labels, bias=False)
    def forward(self, spect):
        x = self.conv(spect)
        b, c, f, t = x.shape
        x = x.view(b, c * f, t).permute(2, 0, 1).contiguous()
        return self.fc(self.rnns(x)).log_softmax(-1)
    def loss(self, log_probs, targets, in_lens, out_lens):
        return F.ctc_loss(log_probs, targets, in_lens, out_lens, blank=0, zero_infinity=True)
model = Speech()
"""

OCR = """
class Both(nn.Module):
    def __init__(self, nin, nh, nout):
        super(Both, self).__init__()
        self.rnn = nn.LSTM(nin, nh, bidirectional=True)
        self.embedding = nn.Linear(nh * 2, nout)
    def forward(self, x):
        recurrent, _ = self.rnn(x)
        T, b, h = recurrent.size()
        return self.embedding(recurrent.view(T * b, h)).view(T, b, -1)
class CRNN(nn.Module):
    def __init__(self, img_h, nc, nclass, nh):
        super(CRNN, self).__init__()
        assert img_h % 16 == 0, "img_h has to be a multiple of 16"
        ks, ps, nm = [3, 3, 3, 2], [1, 1, 1, 0], [8, 16, 32, 32]
        cnn = nn.Sequential()
        def conv(i, norm=False):
            cnn.add_module(f"conv{i}", nn.Conv2d(nc if i == 0 else nm[i - 1], nm[i], ks[i], 1, ps[i]))
            if norm:
                cnn.add_module(f"norm{i}", nn.BatchNorm2d(nm[i]))
            cnn.add_module(f"relu{i}", nn.ReLU(True))
        conv(0)
        cnn.add_module("pool0", nn.MaxPool2d(2, 2))
        conv(1, True)
        cnn.add_module("pool1", nn.MaxPool2d((2, 2), (2, 1), (0, 1)))
        conv(2)
        cnn.add_module("pool2", nn.MaxPool2d((2, 2), (2, 1), (0, 1), ceil_mode=True))
        conv(3, True)
        self.cnn = cnn
        self.rnn = nn.Sequential(Both(nm[-1], nh, nh), Both(nh, nh, nclass))
    def forward(self, x):
        conv = self.cnn(x)
        b, c, h, w = conv.size()
        assert h == 1, "the height of conv must be 1"
        conv = conv.squeeze(2).permute(2, 0, 1)
        return F.log_softmax(self.rnn(conv), dim=2)
model = CRNN(16, 1, 37, 12)
"""

VAE = """
class SentenceVAE(nn.Module):
    def __init__(self, vocab, emb=14, hid=20, z=6, layers=1, bidirectional=True):
        super().__init__()
        self.factor = (2 if bidirectional else 1) * layers
        self.hid = hid
        self.embed = nn.Embedding(vocab, emb)
        self.enc = nn.GRU(emb, hid, num_layers=layers, bidirectional=bidirectional, batch_first=True)
        self.mu = nn.Linear(hid * self.factor, z)
        self.logvar = nn.Linear(hid * self.factor, z)
        self.start = nn.Linear(z, hid * self.factor)
        self.dec = nn.GRU(emb, hid, num_layers=layers, bidirectional=bidirectional, batch_first=True)
        self.out = nn.Linear(hid * (2 if bidirectional else 1), vocab)
    def reparameterize(self, mu, logvar):
        std = torch.exp(0.5 * logvar)
        return mu + torch.randn_like(std) * std
    def forward(self, words):
        b = words.size(0)
        emb = self.embed(words)
        _, h = self.enc(emb)
        h = h.transpose(0, 1).reshape(b, self.hid * self.factor)
        mu, logvar = self.mu(h), self.logvar(h)
        z = self.reparameterize(mu, logvar)
        h0 = self.start(z).view(b, self.factor, self.hid).permute(1, 0, 2).contiguous()
        y, _ = self.dec(emb, h0)
        return self.out(y), mu, logvar
model = SentenceVAE(33)
"""

HIERARCHY = """
class Attend(nn.Module):
    def __init__(self, dim, att):
        super().__init__()
        self.proj = nn.Linear(dim, att)
        self.context = nn.Parameter(torch.Tensor(att, 1).uniform_(-0.1, 0.1))
    def forward(self, h):
        u = torch.tanh(self.proj(h))
        a = torch.softmax(torch.matmul(u, self.context), dim=1)
        return (a * h).sum(dim=1), a.squeeze(2)
class HAN(nn.Module):
    def __init__(self, cfg):
        super().__init__()
        self.embedding = nn.Embedding(cfg["vocab"], cfg["emb"])
        self.word = nn.GRU(cfg["emb"], cfg["word"], bidirectional=True, batch_first=True)
        self.word_att = Attend(2 * cfg["word"], cfg["att"])
        self.sent = nn.GRU(2 * cfg["word"], cfg["sent"], bidirectional=True, batch_first=True)
        self.sent_att = Attend(2 * cfg["sent"], cfg["att"])
        self.fc = nn.Linear(2 * cfg["sent"], cfg["classes"])
    def forward(self, docs):
        b, s, w = docs.shape
        words, _ = self.word(self.embedding(docs.view(b * s, w)))
        sents, _ = self.word_att(words)
        h, _ = self.sent(sents.view(b, s, -1))
        doc, weights = self.sent_att(h)
        return self.fc(doc), weights
model = HAN(dict(vocab=60, emb=10, word=8, sent=9, att=7, classes=4))
"""

POINTER = """
class Pointer(nn.Module):
    def __init__(self, hidden):
        super().__init__()
        self.W1 = nn.Linear(hidden, hidden, bias=False)
        self.W2 = nn.Linear(hidden, hidden, bias=False)
        self.v = nn.Parameter(torch.FloatTensor(hidden))
        nn.init.uniform_(self.v, -1, 1)
    def forward(self, enc, dec, mask):
        u = torch.tanh(self.W1(enc) + self.W2(dec).unsqueeze(1)) @ self.v
        u = torch.where(mask, torch.full_like(u, -1e9), u)
        return u.softmax(-1)
class PointerNet(nn.Module):
    def __init__(self, inputs, emb, hidden):
        super().__init__()
        self.emb = nn.Linear(inputs, emb)
        self.encoder = nn.LSTM(emb, hidden, batch_first=True)
        self.cell = nn.LSTMCell(emb, hidden)
        self.point = Pointer(hidden)
        self.first = nn.Parameter(torch.zeros(emb))
    def forward(self, points):
        batch, n, _ = points.size()
        e = self.emb(points)
        enc, (h, c) = self.encoder(e)
        h, c = h[-1], c.squeeze(0)
        x = self.first.unsqueeze(0).expand(batch, -1)
        mask = torch.zeros(batch, n, dtype=torch.bool)
        rows = torch.arange(batch)
        probs = []
        for _ in range(n):
            h, c = self.cell(x, (h, c))
            p = self.point(enc, h, mask)
            choice = p.argmax(dim=1)
            mask = mask.clone()
            mask[rows, choice] = True
            x = e[rows, choice]
            probs.append(p)
        return torch.stack(probs, dim=1)
model = PointerNet(2, 11, 13)
"""

TAGGER = """
class CRF(nn.Module):
    def __init__(self, num_tags):
        super().__init__()
        self.transitions = nn.Parameter(torch.randn(num_tags, num_tags))
        self.start_transitions = nn.Parameter(torch.empty(num_tags))
        self.end_transitions = nn.Parameter(torch.empty(num_tags))
    def normalizer(self, emissions):
        score = self.start_transitions + emissions[:, 0]
        for t in range(1, emissions.size(1)):
            score = torch.logsumexp(score.unsqueeze(2) + self.transitions + emissions[:, t].unsqueeze(1), dim=1)
        return torch.logsumexp(score + self.end_transitions, dim=1)
class CharCNN(nn.Module):
    def __init__(self, chars, dim, filters, widths=(2, 3)):
        super().__init__()
        self.embed = nn.Embedding(chars, dim, padding_idx=0)
        self.convs = nn.ModuleList([nn.Conv1d(dim, filters, w, padding=w - 1) for w in widths])
        self.size = filters * len(widths)
    def forward(self, chars):
        b, t, n = chars.shape
        x = self.embed(chars.view(-1, n)).transpose(1, 2)
        x = torch.cat([F.relu(conv(x)).max(dim=2).values for conv in self.convs], dim=1)
        return x.view(b, t, self.size)
class Tagger(nn.Module):
    def __init__(self, words, chars, tags):
        super().__init__()
        self.chars = CharCNN(chars, 6, 5)
        self.words = nn.Embedding(words, 12)
        self.lstm = nn.LSTM(12 + self.chars.size, 10, bidirectional=True, batch_first=True)
        self.emit = nn.Linear(20, tags)
        self.crf = CRF(tags)
    def forward(self, words, chars):
        x = torch.cat((self.words(words), self.chars(chars)), dim=-1)
        out, _ = self.lstm(x)
        emissions = self.emit(out)
        return emissions, self.crf.normalizer(emissions)
model = Tagger(50, 30, 9)
"""

DISTRIBUTED = """
class TimeDistributed(nn.Module):
    def __init__(self, module, batch_first=True):
        super().__init__()
        self.module = module
        self.batch_first = batch_first
    def forward(self, x):
        if len(x.size()) <= 2:
            return self.module(x)
        flat = x.contiguous().view(-1, *x.shape[2:])
        y = self.module(flat)
        if self.batch_first:
            return y.contiguous().view(x.size(0), -1, *y.shape[1:])
        return y.view(-1, x.size(1), y.size(-1))
class Video(nn.Module):
    def __init__(self, classes):
        super().__init__()
        frames = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.frames = TimeDistributed(frames)
        self.lstm = nn.LSTM(6, 15, batch_first=True)
        self.head = TimeDistributed(nn.Linear(15, classes))
    def forward(self, clip):
        out, _ = self.lstm(self.frames(clip))
        return self.head(out)
model = Video(4)
"""

CONVLSTM = """
class ConvLSTMCell(nn.Module):
    def __init__(self, input_dim, hidden_dim, kernel_size, bias=True):
        super().__init__()
        self.hidden_dim = hidden_dim
        pad = kernel_size[0] // 2, kernel_size[1] // 2
        self.conv = nn.Conv2d(in_channels=input_dim + hidden_dim, out_channels=4 * hidden_dim, kernel_size=kernel_size, padding=pad, bias=bias)
    def forward(self, x, state):
        h, c = state
        gates = self.conv(torch.cat([x, h], dim=1))
        i, f, o, g = torch.split(gates, self.hidden_dim, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c
    def init_hidden(self, batch, size):
        height, width = size
        zeros = torch.zeros(batch, self.hidden_dim, height, width, device=self.conv.weight.device)
        return zeros, zeros.clone()
class Radar(nn.Module):
    def __init__(self, dims=(1, 5, 7), kernel=(3, 3)):
        super().__init__()
        self.cells = nn.ModuleList(ConvLSTMCell(a, b, kernel) for a, b in zip(dims, dims[1:]))
        self.last = nn.Conv2d(dims[-1], 1, kernel_size=1)
    def forward(self, x):
        b, steps, _, h, w = x.size()
        for cell in self.cells:
            state, outputs = cell.init_hidden(b, (h, w)), []
            for t in range(steps):
                state = cell(x[:, t], state)
                outputs.append(state[0])
            x = torch.stack(outputs, dim=1)
        return self.last(x[:, -1])
model = Radar()
"""

WAVE = """
class WaveRNN(nn.Module):
    def __init__(self, rnn_dims=18, fc_dims=16, bits=4, feats=6, aux=8):
        super().__init__()
        self.n_classes = 2 ** bits
        self.aux = aux // 2
        self.I = nn.Linear(feats + self.aux + 1, rnn_dims)
        self.rnn1 = nn.GRU(rnn_dims, rnn_dims, batch_first=True)
        self.rnn2 = nn.GRU(rnn_dims + self.aux, rnn_dims, batch_first=True)
        self.fc1 = nn.Linear(rnn_dims + self.aux, fc_dims)
        self.fc2 = nn.Linear(fc_dims, self.n_classes)
        self.register_buffer("step", torch.zeros(1, dtype=torch.long))
        self.num_params()
    def forward(self, x, mels, aux):
        bsize = x.size(0)
        h1 = torch.zeros(1, bsize, 18, device=x.device)
        idx = [self.aux * i for i in range(3)]
        a1, a2 = aux[:, :, idx[0]:idx[1]], aux[:, :, idx[1]:idx[2]]
        x = self.I(torch.cat([x.unsqueeze(-1), mels, a1], dim=2))
        res = x
        x, _ = self.rnn1(x, h1)
        x = x + res
        res = x
        x, _ = self.rnn2(torch.cat([x, a2], dim=2), h1)
        x = torch.cat([x + res, a2], dim=2)
        return self.fc2(F.relu(self.fc1(x)))
    def num_params(self):
        total = sum(p.numel() for p in filter(lambda p: p.requires_grad, self.parameters()))
        print(f"{total / 1e6:.3f} million")
model = WaveRNN()
"""

NOTEBOOK = """
device = "cuda" if torch.cuda.is_available() else "cpu"
look_back = 7
class AirModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(input_size=1, hidden_size=50, num_layers=1, batch_first=True)
        self.linear = nn.Linear(50, 1)
    def forward(self, x):
        x, _ = self.lstm(x)
        x = self.linear(x)
        return x
series = torch.arange(40.0)
X = torch.stack([series[i:i + look_back] for i in range(len(series) - look_back)]).unsqueeze(-1)
model = AirModel().to(device)
y_pred = model(X.to(device))
y_pred.shape
"""

PROGRAMS = (
    Program("Lightning with hyperparameters", LIGHTNING, ((2, 7, 3),)),
    Program("tied weights", TYING, ((("w", 5, 2)), (2, 2, 12))),
    Program("notebook", NOTEBOOK, ((3, 7, 1),)),
    Program("export to ONNX", EXPORT, ((2, 10, 50),)),
    Program("a config class", CONFIG, (("w", 2, 6),)),
    Program("recurrent policy", POLICY, ((2, 8), (2, 32))),
    Program("speech with CTC", SPEECH, ((2, 1, 20, 15),)),
    Program("OCR", OCR, ((2, 1, 16, 24),), False),
    Program("VAE", VAE, (("w", 2, 6),)),
    Program("hierarchical attention", HIERARCHY, (("w", 2, 3, 5),)),
    Program("pointer network", POINTER, ((2, 5, 2),)),
    Program("tagger with CRF", TAGGER, (("w", 2, 5), ("w", 2, 5, 6))),
    Program("TimeDistributed", DISTRIBUTED, ((2, 4, 3, 8, 8),), False),
    Program("ConvLSTM", CONVLSTM, ((2, 4, 1, 8, 8),)),
    Program("WaveRNN", WAVE, ((2, 6), (2, 6, 6), (2, 6, 8)), False),
)


class _Settings(dict[str, Any]):
    """Settings as entries and as attributes."""

    __getattr__ = dict.__getitem__


class _Lightning(torch.nn.Module):  # type: ignore[misc]
    """What the texts use of Lightning, which the tests do not have."""

    def save_hyperparameters(self) -> None:
        frame: Any = inspect.currentframe()
        self.hparams = _Settings(frame.f_back.f_locals)


class _PreTrained(torch.nn.Module):  # type: ignore[misc]
    """What the texts use of transformers."""

    def __init__(self, config: Any) -> None:
        super().__init__()
        self.config = config


def _packages() -> dict[str, ModuleType]:
    lightning, transformers = ModuleType("pytorch_lightning"), ModuleType("transformers")
    vars(lightning).update(LightningModule=_Lightning)
    vars(transformers).update(PretrainedConfig=object, PreTrainedModel=_PreTrained)
    return {"pytorch_lightning": lightning, "transformers": transformers}


def _real(program: Program) -> tuple[int, list[tuple[int, ...]]]:
    """The parameters and the shapes of the results in real torch."""
    names: dict[str, Any] = {}
    exec(HEAD + program.text, names)
    given = [
        torch.ones(each[1:], dtype=torch.long) if each[0] == "w" else torch.zeros(each)
        for each in program.inputs
    ]
    with torch.no_grad():
        found = names["model"].eval()(*given)
    several = found if isinstance(found, tuple) else (found,)
    count = sum(each.numel() for each in names["model"].parameters())
    return count, [tuple(each.shape) for each in several]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda each: each.name)
def test_a_program_is_read_as_torch_runs_it(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, package in _packages().items():
        monkeypatch.setitem(sys.modules, name, package)
    count, shapes = _real(program)
    given = [tuple(n for n in each if n != "w") for each in program.inputs]
    found = li.model(HEAD + program.text, input_shape=given)
    assert (found.parameters, found.doubts) == (count, ())
    assert list(found.outputs) == shapes


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda each: each.name)
def test_a_program_has_its_total_without_the_shape_of_its_inputs(program: Program) -> None:
    found = li.model(HEAD + program.text)
    assert found.complete
    assert any("not followed" in each for each in found.notes) is not program.is_followed


def _net(init: str, forward: str, base: str = "nn.Module", arguments: str = "n, graph") -> str:
    def lines(text: str) -> str:
        return "".join(f"        {each}\n" for each in text.splitlines())

    return (
        f"{HEAD}from elsewhere import Base, SequentialRecommender\nclass Net({base}):\n"
        f"    def __init__(self, {arguments}):\n        super().__init__()\n{lines(init)}"
        f"    def forward(self, x):\n{lines(forward)}"
    )


def test_a_class_made_from_one_that_the_text_does_not_have_is_a_model_with_a_doubt() -> None:
    text = _net("self.rnn = nn.GRU(3, 4)\nself.fc = nn.Linear(4, 2)",
                "y, h = self.rnn(x)\nreturn self.fc(y)", "Base")  # fmt: skip
    found = li.model(text)
    assert (found.name, found.parameters, found.complete) == ("Net", 12 * 9 + 10, False)
    assert found.doubts == (
        "Net is made from Base, which the text does not have; parameters that Base makes are not "
        "counted",
    )


def test_a_base_that_is_known_to_hold_no_parameters_is_no_doubt() -> None:
    text = _net("self.rnn = nn.GRU(3, 4)", "return self.rnn(x)[0]", "SequentialRecommender")
    found = li.model(text)
    assert (found.name, found.parameters, found.complete) == ("Net", 12 * 9, True)


def test_what_a_base_from_elsewhere_can_make_of_an_input_is_no_fault() -> None:
    text = _net("self.fc = nn.Linear(4, 2)", "a, b = self.fc(x[0, 0]), x[0]\nc, d, e = (a, b)\n"
                "return c", "Base")  # fmt: skip
    assert li.model(text).parameters == 10


def test_a_way_that_only_raises_is_not_taken_and_no_doubt() -> None:
    text = _net("if n == 'gru':\n    self.rnn = nn.GRU(3, 4)\nelse:\n"
                "    raise ValueError('only gru')", "return self.rnn(x)[0]")  # fmt: skip
    found = li.model(text)
    assert (found.parameters, found.doubts) == (12 * 9, ())


def test_a_parameter_of_a_shape_from_outside_is_counted_by_a_letter() -> None:
    text = _net("self.graph = nn.Parameter(graph, requires_grad=False)\nself.fc = nn.Linear(4, 2)",
                "return self.fc(x) @ self.graph")  # fmt: skip
    found = li.model(text)
    assert (str(found.parameters), found.complete) == ("graph.numel() + 10", True)
    assert li.model(text, sizes={"graph.numel()": 12}).parameters == 22


def test_an_open_size_that_was_one_before_is_the_size_of_a_tensor() -> None:
    text = _net("self.w = nn.Parameter(torch.Tensor(n, 3))\nself.b = nn.Parameter(torch.Tensor(n))",
                "return x")  # fmt: skip
    assert str(li.model(text).parameters) == "4*n"


def test_what_is_open_in_forward_alone_changes_no_count() -> None:
    text = _net("self.a = nn.Linear(4, 4)\nself.b = nn.Linear(4, 4)",
                "".join(f"if n[{k}]:\n    x = self.a(x)\nelse:\n    x = self.b(x)\n"
                        for k in range(12)) + "return x")  # fmt: skip
    found = li.model(text)
    assert (found.parameters, found.doubts) == (40, ())


def test_a_shape_that_is_put_together_of_an_open_one_is_not_a_single_size() -> None:
    text = _net("self.rnn = nn.GRU(6, 4)",
                "y = mystery(x)\nreturn self.rnn(y.view(y.shape[:-2] + (6,)))[0]")  # fmt: skip
    found = li.model(text)
    assert (found.parameters, found.complete) == (12 * 12, True)


def test_what_one_line_takes_as_true_is_true_in_the_next() -> None:
    init = """self.extra = extra_size(n)
if self.extra:
    self.more = nn.Embedding(10, 4)
self.rnn = nn.GRU(8, 16)
self.out = nn.Linear(16 + self.extra, 3)"""
    forward = """h = self.rnn(x)[1][-1]
if not self.extra:
    return self.out(h)
return self.out(torch.cat([h, y], dim=1))"""
    found = li.model(_net(init, forward).replace("(self, x)", "(self, x, y)"))
    assert found.outputs[0][1:] == (3,)
    assert str(found.parameters) == "3*extra_size(n) + 1339"


def test_words_of_one_axis_more_are_no_fault() -> None:
    init = "self.chars = nn.Embedding(9, 6)\nself.conv = nn.Conv1d(6, 12, 3, padding=1)\n"
    forward = """c = self.chars(x).permute(0, 1, 3, 2)
c = c.contiguous().view(-1, *list(c.size()[2:]))
return torch.max(self.conv(c), 2)[0]"""
    found = li.model(_net(init + "self.rnn = nn.GRU(8, 4)", forward))
    assert (len(found.rows[0].inputs[0]), found.outputs[0][1:]) == (3, (12,))


def test_a_wrong_number_of_axes_behind_a_recurrent_layer_is_a_fault() -> None:
    text = _net("self.words = nn.Embedding(9, 6)\nself.rnn = nn.GRU(6, 4)",
                "a, b, c, d = self.rnn(self.words(x))[0].shape\nreturn x")  # fmt: skip
    with pytest.raises(li.ModelError, match=r"not enough values to unpack \(expected 4"):
        li.model(text)


def test_a_shape_that_is_taken_apart_says_how_many_axes_it_has() -> None:
    text = _net("self.fc = nn.Linear(None, n)\nself.more = n",
                "a, b, _, d = *x.shape, x.device\nreturn self.more(self.fc(x), a)")  # fmt: skip
    assert len(li.model(text).rows[0].inputs[0]) == 3


def test_a_module_that_is_not_known_keeps_the_place_of_those_behind_it() -> None:
    init = """import copy
self.blocks = nn.ModuleList([])
for _ in range(2):
    self.blocks.append(copy.deepcopy(n))
self.blocks.append(nn.Linear(8, 3))
self.chain = nn.Sequential(nn.Linear(8, 4), n, nn.Linear(6, 2))"""
    forward = "name = type(self.blocks[0]).__name__\nreturn self.chain(x), self.blocks[2](x)"
    found = li.model(_net(init, forward))
    assert (found.parameters, found.complete) == (36 + 14 + 27, False)
    assert "the module that is added here is not known" in " ".join(found.doubts)


@pytest.mark.parametrize("base", ["mine.Classifier[str]", "optional('torch.nn.Module')"])
def test_a_class_whose_base_is_an_expression_is_one_module(base: str) -> None:
    text = _net("self.rnn = nn.GRU(3, 4)\nself.soft = nn.Softmax(-1)",
                "return self.soft(self.rnn(x)[0])", base)  # fmt: skip
    found = li.model(text)
    assert (found.name, found.parameters, found.others) == ("Net", 108, ())
    assert found.complete == ("nn.Module" in base)


def test_a_size_that_is_a_number_of_a_tensor_is_a_letter() -> None:
    text = _net("wide = torch.prod(torch.tensor(n.shape[2:]))\n"
                "self.rnn = nn.GRU(input_size=wide, hidden_size=4)", "return self.rnn(x)[0]")  # fmt: skip
    assert str(li.model(text).parameters) == "12*input_size + 72"


def test_a_size_of_no_numbers_is_the_default_of_an_argument_that_is_to_be_given() -> None:
    text = _net("self.rnn = nn.GRU(3, 4)\nself.out = nn.Linear(4, wide)",
                "return self.out(self.rnn(x)[0])", arguments="wide=0")  # fmt: skip
    assert str(li.model(text).parameters) == "5*out_features + 108"


def test_arrays_of_an_open_number_are_stacked_by_numpy() -> None:
    text = _net("self.rnn = nn.GRU(3, 4)", "import numpy as np\n"
                "more = np.vstack([np.zeros((1, 3)), n])\nreturn self.rnn(x)[0]")  # fmt: skip
    assert li.model(text).parameters == 108
