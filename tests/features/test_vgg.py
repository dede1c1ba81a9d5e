import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from sfumato import features, models
from sfumato.errors import ModelError, RecipeError
from sfumato.features import BLOCKS, LAYERS, VGG19, depth, radius, stride
from sfumato.features.vgg import check_layer, nearest_layer

MEAN_BGR = (103.939, 116.779, 123.68)


@pytest.fixture(scope="module")
def archive():
    try:
        path = models.path("vgg19")
    except ModelError as error:
        pytest.skip(f"no VGG-19 weights: {error}")
    return torch.load(path, weights_only=True)


def random_network(pooling="max", channels=(4, 5, 6, 7, 5), dtype=torch.float64, seed=2):
    generator = torch.Generator().manual_seed(seed)
    weights, before = [], 3
    for width, convolutions in zip(channels, BLOCKS, strict=True):
        for _ in range(convolutions):
            kernel = torch.randn(width, before, 3, 3, generator=generator, dtype=dtype) / (3 * before**0.5)
            weights.append((kernel, 0.1 * torch.randn(width, generator=generator, dtype=dtype).abs()))
            before = width
    return VGG19(tuple(weights), pooling)


def chain(network, pool):
    """The layers of VGG-19 as a plain sequence of modules, cut after each relu."""
    weights, stages, modules = iter(network.weights), {}, []
    for block, convolutions in enumerate(BLOCKS, start=1):
        if block > 1:
            modules.append(pool)
        for conv in range(1, convolutions + 1):
            kernel, bias = next(weights)
            layer = nn.Conv2d(kernel.shape[1], len(bias), 3, padding=1, padding_mode="replicate").to(kernel.dtype)
            with torch.no_grad():
                layer.weight.copy_(kernel)
                layer.bias.copy_(bias)
            modules += [layer, nn.ReLU()]
            stages[f"relu{block}_{conv}"] = nn.Sequential(*modules)
    return stages


def unpacked(archive, name):
    """A convolution of the archive as published, for BGR from 0 to 255 less the mean; looked up in numpy."""
    table = archive[f"{name}_W_table"].numpy().astype(np.float64)
    kernel = table[archive[f"{name}_W_q"].numpy().astype(int)]
    return torch.from_numpy(kernel), archive[f"{name}_b"].double()


def test_the_first_layer_is_the_published_one(archive):
    rgb = torch.rand(1, 3, 21, 33, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    bgr = torch.stack([rgb[:, 2], rgb[:, 1], rgb[:, 0]], 1) * 255 - torch.tensor(MEAN_BGR).view(1, 3, 1, 1)
    kernel, bias = unpacked(archive, "block1_conv1")
    expected = functional.conv2d(functional.pad(bgr, (1, 1, 1, 1), mode="replicate"), kernel, bias).relu()
    assert expected.max() > 50
    found = features.load()(rgb.float(), ["relu1_1"])["relu1_1"]
    torch.testing.assert_close(found.double(), expected, rtol=1e-4, atol=1e-2)


def test_the_real_network_is_a_plain_chain_of_the_published_weights(archive):
    names = [f"block{block}_conv{conv}" for block, n in enumerate(BLOCKS, start=1) for conv in range(1, n + 1)]
    published = [unpacked(archive, name) for name in names]
    kernel, bias = published[0]
    # In RGB from 0 to 1: an exact rewriting only if the border is replicated.
    swapped = kernel[:, [2, 1, 0]] * 255
    shift = (kernel.sum((2, 3)) * torch.tensor(MEAN_BGR, dtype=torch.float64)).sum(1)
    published[0] = swapped, bias - shift
    stages = chain(VGG19(tuple((k.float(), b.float()) for k, b in published)), nn.MaxPool2d(2, ceil_mode=True))
    picture = torch.rand(1, 3, 37, 50, generator=torch.Generator().manual_seed(1))
    asked = ("relu1_2", "relu2_1", "relu3_4", "relu5_1", "relu5_4")
    found = features.load()(picture, asked)
    assert set(found) == set(asked)
    with torch.no_grad():
        for name in asked:
            expected = stages[name](picture)
            scale = expected.abs().max().item()
            assert scale > 1
            torch.testing.assert_close(found[name], expected, rtol=1e-3, atol=1e-4 * scale)


class Blocks(nn.Module):
    """2×2 blocks, each reduced to its mean over what there is of it, before and after a function."""

    def __init__(self, before, after):
        super().__init__()
        self.before, self.after = before, after

    def forward(self, x):
        # A border of NaN is what there is not.
        x = functional.pad(self.before(x), (0, x.shape[3] % 2, 0, x.shape[2] % 2), value=torch.nan)
        blocks = torch.stack([x[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1)])
        return self.after(blocks.nanmean(0))


AVERAGE = Blocks(lambda x: x, lambda mean: 2 * mean)
L2 = Blocks(torch.square, lambda mean: 0.78 * (4 * mean).sqrt())


@pytest.mark.parametrize("pooling", ["max", "average", "l2"])
def test_a_flat_picture_looks_the_same_everywhere(pooling):
    """Along the border, too: what the network sees there is not the edge of anything."""
    picture = torch.tensor([0.2, 0.5, 0.9], dtype=torch.float64).view(1, 3, 1, 1).expand(1, 3, 32, 48)
    for name, seen in random_network(pooling)(picture, LAYERS).items():
        assert seen.max() > 0, name
        torch.testing.assert_close(seen, seen[:, :, :1, :1].expand_as(seen), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("pooling", "pool"), [("max", nn.MaxPool2d(2, ceil_mode=True)), ("average", AVERAGE), ("l2", L2)]
)
@pytest.mark.parametrize("size", [(16, 32), (19, 33), (1, 7)])
def test_activations_are_those_of_a_plain_chain(pooling, pool, size):
    network = random_network(pooling)
    picture = torch.rand(1, 3, *size, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    stages = chain(network, pool)
    found = network(picture, LAYERS)
    assert list(found) == list(LAYERS)
    with torch.no_grad():
        for name in LAYERS:
            expected = stages[name](picture)
            # The root of L2 pooling has a small floor, for the sake of its gradient.
            torch.testing.assert_close(found[name], expected, rtol=1e-3, atol=3e-4 if pooling == "l2" else 1e-9)
            step = 2 ** (int(name[4]) - 1)
            assert found[name].shape[2:] == (-(-size[0] // step), -(-size[1] // step))
            assert found[name].abs().max() > 0


def test_later_layers_do_not_write_into_earlier_ones():
    network = random_network()
    picture = torch.rand(1, 3, 9, 9, dtype=torch.float64)
    kept = picture.clone()
    together = network(picture, LAYERS)
    assert torch.equal(picture, kept)
    for name in LAYERS:
        assert torch.equal(together[name], network(picture, [name])[name])


@pytest.mark.parametrize("layers", [["relu1_1"], ["relu2_2", "relu1_2"], ["relu3_1", "relu3_1"], ["relu5_4"], []])
def test_the_network_runs_only_as_deep_as_asked(monkeypatch, layers):
    calls, plain = [], functional.conv2d
    network = random_network()

    def counted(*args, **kwargs):
        calls.append(1)
        return plain(*args, **kwargs)

    monkeypatch.setattr(functional, "conv2d", counted)
    found = network(torch.rand(1, 3, 8, 8, dtype=torch.float64), iter(layers))
    assert set(found) == set(layers)
    assert len(calls) == max((1 + LAYERS.index(name) for name in layers), default=0)


@pytest.mark.parametrize("ask", [depth, stride, radius, check_layer])
def test_an_unknown_layer_is_refused_with_the_nearest_name(ask):
    with pytest.raises(RecipeError, match=r"no layer 'conv4_2'; the nearest name is 'relu4_2'") as error:
        ask("conv4_2")
    assert "\n" not in str(error.value)


def test_the_network_refuses_an_unknown_layer_before_it_computes(monkeypatch):
    network = random_network()
    monkeypatch.setattr(functional, "conv2d", lambda *_, **__: pytest.fail("computed"))
    with pytest.raises(RecipeError, match="relu3_4"):
        network(torch.rand(1, 3, 8, 8), ["relu1_1", "relu3_5"])


def test_nearest_layer_always_names_a_layer():
    for name in ("", "x", "relu9_9", "RELU5_4", "conv1_1", "relu6_1"):
        assert nearest_layer(name) in LAYERS


def test_layers_are_in_order_of_depth():
    assert len(LAYERS) == 16
    assert [depth(name) for name in LAYERS] == list(range(1, 17))
    assert LAYERS[0] == "relu1_1"
    assert LAYERS[-1] == "relu5_4"


@pytest.fixture(scope="module")
def supports():
    """Columns of a one-row picture that two neighboring positions of each layer see: where a gradient is not 0."""
    weights, before = [], 3
    for _ in LAYERS:
        weights.append((torch.full((1, before, 3, 3), 0.5, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)))
        before = 1
    network = VGG19(tuple(weights), "average")
    picture = torch.ones(1, 3, 1, 640, dtype=torch.float64, requires_grad=True)
    found = network(picture, LAYERS)
    seen = {}
    for name in LAYERS:
        middle = found[name].shape[-1] // 2
        pair = []
        for position in (middle, middle + 1):
            (gradient,) = torch.autograd.grad(found[name][0, 0, 0, position], picture, retain_graph=True)
            pair.append(gradient[0, 0, 0].nonzero()[:, 0].numpy())
        seen[name] = pair
    return seen


@pytest.mark.parametrize("name", LAYERS)
def test_radius_and_stride_are_what_the_slope_shows(supports, name):
    first, second = supports[name]
    assert first[0] > 0
    assert second[-1] < 639
    assert (np.diff(first) == 1).all()
    assert radius(name) == len(first) // 2
    assert stride(name) == second[0] - first[0] == second[-1] - first[-1]


def test_slopes_reach_the_picture():
    network = random_network("average", channels=(2, 2, 2, 2, 2))
    picture = torch.rand(1, 3, 6, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: network(x, ["relu2_1"])["relu2_1"], picture, eps=1e-7, atol=1e-5)


@pytest.fixture
def clean_cache():
    features.load.cache_clear()
    yield
    features.load.cache_clear()


def tiny_archive():
    """An archive like the published one with two channels in each layer."""
    entries, before = {}, 3
    for block, convolutions in enumerate(BLOCKS, start=1):
        for conv in range(1, convolutions + 1):
            name = f"block{block}_conv{conv}"
            entries[f"{name}_W_q"] = torch.randint(0, 256, (2, before, 3, 3), dtype=torch.uint8)
            entries[f"{name}_W_table"] = torch.randn(256)
            entries[f"{name}_b"] = torch.randn(2)
            before = 2
    return entries


@pytest.mark.usefixtures("clean_cache")
@pytest.mark.parametrize("missing", ["block1_conv1_W_q", "block3_conv2_W_table", "block5_conv4_b"])
def test_an_archive_that_lacks_an_entry_is_refused(monkeypatch, tmp_path, missing):
    entries = tiny_archive()
    del entries[missing]
    torch.save(entries, tmp_path / "weights.bin")
    monkeypatch.setattr(models, "path", lambda *_, **__: tmp_path / "weights.bin")
    with pytest.raises(ModelError, match=f"no entry '{missing}'; remove it and fetch it again") as error:
        features.load()
    assert "\n" not in str(error.value)


@pytest.mark.usefixtures("clean_cache")
def test_load_passes_its_options_on_and_keeps_what_it_made(monkeypatch, tmp_path):
    torch.save(tiny_archive(), tmp_path / "weights.bin")
    asked = []
    monkeypatch.setattr(models, "path", lambda name: asked.append(name) or tmp_path / "weights.bin")
    network = features.load("l2", "cpu", "bfloat16")
    assert features.load("l2", "cpu", "bfloat16") is network
    assert asked == ["vgg19"]
    assert network.pooling == "l2"
    assert [kernel.dtype for kernel, _ in network.weights] == [torch.float32] + [torch.bfloat16] * 15
    found = network(torch.rand(1, 3, 8, 8), ["relu1_1", "relu1_2", "relu2_1"])
    assert [found[name].dtype for name in found] == [torch.float32, torch.bfloat16, torch.bfloat16]
    assert features.load("max") is not network
    assert features.load("max").pooling == "max"


def test_half_precision_stays_near_full(archive):
    picture = torch.rand(1, 3, 24, 24, generator=torch.Generator().manual_seed(5))
    full = features.load()(picture, ["relu2_1"])["relu2_1"]
    half = features.load(precision="bfloat16")(picture, ["relu2_1"])["relu2_1"]
    assert half.dtype == torch.bfloat16
    assert (full - half.float()).norm() < 0.02 * full.norm()
