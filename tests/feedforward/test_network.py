import pytest
import torch
from torch import nn

from sfumato.feedforward.network import Network
from sfumato.feedforward.sfm import Plan


def network(plan, seed=0):
    """A network whose scales and shifts are not those of the start."""
    made = Network(plan, seed)
    generator = torch.Generator().manual_seed(99)
    with torch.no_grad():
        for name, values in made.layers.named_parameters():
            if not name.endswith("kernel"):
                values.add_(0.3 * torch.randn(values.shape, generator=generator))
    return made


def reference(made, style):
    """The same for one style, out of PyTorch's own layers."""
    tensors = made.layers.state_dict()

    def convolution(name, norm=True):
        kernel = tensors[f"{name}.kernel"]
        stride = 2 if name.startswith("down") else 1
        side = kernel.shape[2]
        layer = nn.Conv2d(
            *kernel.shape[1::-1], side, stride, padding=side // 2, padding_mode="reflect", bias=name == "last"
        )
        state = {"weight": kernel} | ({"bias": tensors["last.bias"]} if name == "last" else {})
        layer.load_state_dict(state)
        if name == "last":
            return layer
        after = nn.InstanceNorm2d(kernel.shape[0], affine=True)
        after.load_state_dict({"weight": tensors[f"{name}.scale"][style], "bias": tensors[f"{name}.shift"][style]})
        return nn.Sequential(layer, after)

    class Block(nn.Module):
        def __init__(self, number):
            super().__init__()
            first, second = (convolution(f"residual{number}{part}") for part in "ab")
            self.inner = nn.Sequential(first, nn.ReLU(), second)

        def forward(self, x):
            return x + self.inner(x)

    parts = [layer for name in ("first", "down1", "down2") for layer in (convolution(name), nn.ReLU())]
    parts += [Block(number) for number in range(1, 6)]
    for name in ("up1", "up2"):
        parts += [nn.UpsamplingNearest2d(scale_factor=2), convolution(name), nn.ReLU()]
    return nn.Sequential(*parts, convolution("last"), nn.Sigmoid())


def test_it_is_the_network_of_the_paper():
    made = network(Plan(("a", "b"), width=4))
    picture = torch.rand(2, 3, 20, 28, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        for style, weights in enumerate(torch.eye(2)):
            found = made(picture, weights.expand(2, 2))
            torch.testing.assert_close(found, reference(made, style)(picture), rtol=0, atol=2e-5)
    assert found.std() > 0.02


def test_the_sizes_of_its_layers():
    shapes = Plan(("a",)).shapes
    assert shapes["first.kernel"] == (32, 3, 9, 9)
    assert shapes["down1.kernel"] == (64, 32, 3, 3)
    assert shapes["down2.kernel"] == (128, 64, 3, 3)
    assert shapes["residual5b.kernel"] == (128, 128, 3, 3)
    assert shapes["up1.kernel"] == (64, 128, 3, 3)
    assert shapes["up2.kernel"] == (32, 64, 3, 3)
    assert shapes["last.kernel"] == (3, 32, 9, 9)
    assert "residual6a.kernel" not in shapes


@pytest.mark.parametrize("size", [(5, 5), (6, 7), (16, 16), (17, 30), (33, 5)])
def test_any_size(size):
    made = network(Plan(("a",), width=2))
    picture = torch.rand(1, 3, *size)
    with torch.no_grad():
        found = made(picture, torch.ones(1, 1))
    assert found.shape == picture.shape
    assert ((found > 0) & (found < 1)).all()


def test_weights_mix_scales_and_shifts():
    made = network(Plan(("a", "b"), width=2))
    mixed = Network(Plan(("c",), width=2))
    state = {}
    for name, values in made.layers.state_dict().items():
        state[name] = 0.25 * values[:1] + 0.75 * values[1:] if name.endswith(("scale", "shift")) else values
    mixed.layers.load_state_dict(state)
    picture = torch.rand(1, 3, 16, 20)
    with torch.no_grad():
        found = made(picture, torch.tensor([[0.25, 0.75]]))
        torch.testing.assert_close(found, mixed(picture, torch.ones(1, 1)), rtol=0, atol=1e-5)
        assert (found - made(picture, torch.tensor([[1.0, 0.0]]))).abs().max() > 0.01


def test_each_picture_of_a_batch_has_its_own_style():
    made = network(Plan(("a", "b"), width=2))
    picture = torch.rand(2, 3, 12, 16)
    with torch.no_grad():
        both = made(picture, torch.eye(2))
        for number, weights in enumerate(torch.eye(2)):
            alone = made(picture[number : number + 1], weights[None])
            torch.testing.assert_close(both[number : number + 1], alone, rtol=0, atol=1e-5)


def test_the_mask_is_seen():
    made = network(Plan(("a",), width=2, masks=True))
    picture = torch.rand(1, 3, 16, 16)
    weights = torch.ones(1, 1)
    with torch.no_grad():
        inside, outside = (
            made(torch.cat([picture, mask], 1), weights) for mask in (torch.eye(16)[None, None], picture[:, :1])
        )
    assert (inside - outside).abs().max() > 1e-3


def test_the_seed_decides_what_it_starts_from():
    state = torch.get_rng_state()
    one, same, other = (Network(Plan(("a",), width=2), seed).layers["down1"].kernel for seed in (3, 3, 4))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), state)
