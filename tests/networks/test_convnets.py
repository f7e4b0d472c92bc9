"""Stacks of convolutional networks: against torch's own modules, against their symmetries, and member by member."""

import pytest
import torch
from torch import nn

from hdintuition.networks import convnets, multiply
from hdintuition.networks.convnets import convnet
from hdintuition.networks.ensemble import mlp
from hdintuition.networks.losses import cross_entropy
from hdintuition.networks.mnist import mnist_5k
from hdintuition.networks.optimisers import sgd
from hdintuition.networks.training import train

IMAGE = (2, 13, 11)
ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh, "linear": nn.Identity}
SHAPES = [  # padding, kernel, pool, activation
    ("same", 3, 2, "relu"),
    ("same", 5, 1, "tanh"),
    ("circular", 3, 2, "relu"),
    ("circular", 5, 1, "linear"),
    ("valid", 2, 2, "tanh"),
    ("valid", 3, 1, "relu"),
    ("same", 3, 3, "relu"),
]


def drawn(generator, padding="same", kernel=3, pool=2, activation="relu", **change):
    given = {"members": 4, "dtype": torch.float64, "outputs": 5, "image": IMAGE, "channels": [3, 4], **change}
    image, channels, outputs = (given.pop(name) for name in ("image", "channels", "outputs"))
    settings = {"padding": padding, "kernel": kernel, "pool": pool, "activation": activation, **given}
    return convnet(image, channels, outputs, generator=generator, **settings)


def module(nets, member):
    """The same network out of torch's own layers."""
    layers = [nn.Unflatten(1, nets.image)]
    modes = {"same": ("same", "zeros"), "circular": ("same", "circular"), "valid": ("valid", "zeros")}
    padding, mode = modes[nets.padding]
    for w in nets.weights[:-1]:
        layers.append(nn.Conv2d(w.shape[2], w.shape[1], w.shape[3], padding=padding, padding_mode=mode))
        layers += [ACTIVATIONS[nets.activation](), nn.MaxPool2d(nets.pool)]
    layers += [nn.Flatten(), nn.Linear(nets.weights[-1].shape[2], nets.outputs)]
    result = nn.Sequential(*layers).double()
    with torch.no_grad():
        for p, t in zip(result.parameters(), nets.tensors, strict=True):
            p.copy_(t[member])
    return result


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("own", [False, True], ids=["shared points", "own points"])
def test_outputs_and_gradients_are_those_of_torchs_modules(shape, own, generator, monkeypatch):
    nets = drawn(generator, *shape)
    # Small blocks, so that they do not come out even.
    monkeypatch.setitem(convnets.BLOCK, "cpu", 3 * 7 * convnets.held(nets))
    x = torch.randn((4, 7, 286) if own else (7, 286), dtype=torch.float64, generator=generator)
    y = torch.randint(5, (4, 7), generator=generator)
    gradients = nets.with_tensors([torch.full_like(t, torch.nan) for t in nets.tensors])
    f = nets.backpropagation(gradients)(x, lambda f: cross_entropy.slopes(f, y), scale=1 / 7)
    for member in range(4):
        alone = module(nets, member)
        expected = alone(x[member] if own else x)
        torch.testing.assert_close(f[member].T, expected, rtol=0, atol=1e-12)
        torch.testing.assert_close(nets(x)[member].T, expected, rtol=0, atol=1e-12)
        slopes = torch.autograd.grad(
            nn.functional.cross_entropy(expected, y[member]), tuple(alone.parameters())
        )
        for ours, theirs in zip(gradients.tensors, slopes, strict=True):
            torch.testing.assert_close(ours[member], theirs, rtol=0, atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_autograds_gradient_is_the_written_one_also_of_two_batches(shape, generator):
    nets = drawn(generator, *shape)
    x, y = torch.randn(9, 286, dtype=torch.float64, generator=generator), torch.arange(9) % 5
    gradients = nets.with_tensors([torch.zeros_like(t) for t in nets.tensors])
    step = nets.backpropagation(gradients)
    for first, rows in ((True, slice(0, 5)), (False, slice(5, 9))):
        step(x[rows], lambda f, rows=rows: cross_entropy.slopes(f, y[rows]), first=first, scale=1 / 9)
    leaves = nets.parameters.requires_grad_()
    loss = cross_entropy(nets.with_parameters(leaves)(x), y).mean(1).sum()
    (slopes,) = torch.autograd.grad(loss, leaves)
    torch.testing.assert_close(gradients.parameters, slopes, rtol=0, atol=1e-12)


def test_the_largest_of_equals_is_the_first_as_in_torch(generator):
    # Half of every image is one grey, as in the margin of a scanned digit: most squares have several largest.
    nets = drawn(generator, gain=2.0)
    x, y = torch.randn(7, *IMAGE, dtype=torch.float64, generator=generator), torch.arange(7) % 5
    x[:, :, 4:] = 0.25
    x = x.flatten(1)
    gradients = nets.with_tensors([torch.zeros_like(t) for t in nets.tensors])
    nets.backpropagation(gradients)(x, lambda f: cross_entropy.slopes(f, y))
    alone = module(nets, 0)
    loss = nn.functional.cross_entropy(alone(x), y, reduction="sum")
    for ours, theirs in zip(
        gradients.tensors, torch.autograd.grad(loss, tuple(alone.parameters())), strict=True
    ):
        torch.testing.assert_close(ours[0], theirs, rtol=0, atol=1e-12)


def test_second_derivatives_are_those_of_differences(generator):
    nets = drawn(generator, activation="tanh", image=(1, 4, 4), channels=[2], outputs=2, members=1)
    x, y = torch.randn(3, 16, dtype=torch.float64, generator=generator), torch.tensor([0, 1, 1])
    flat = nets.parameters.requires_grad_()
    assert torch.autograd.gradgradcheck(lambda p: cross_entropy(nets.with_parameters(p)(x), y).sum(), flat)


@pytest.mark.parametrize("padding", ["same", "circular", "valid"])
@pytest.mark.parametrize("own", [False, True], ids=["shared points", "own points"])
@pytest.mark.parametrize("by_numpy", [True, False])
def test_a_member_is_bitwise_the_same_in_any_company(padding, own, by_numpy, generator, monkeypatch):
    monkeypatch.setattr(multiply, "by_numpy", lambda: by_numpy)
    nets = drawn(
        generator, padding, members=32, image=(1, 14, 14), channels=[8, 16], outputs=10, dtype=torch.float32
    )
    x = torch.rand((32, 100, 196) if own else (100, 196), generator=generator)
    y = torch.randint(10, (32, 100), generator=generator)

    def walked(count):
        some = nets[:count].with_tensors([t[:count].clone() for t in nets.tensors])
        gradients = some.with_tensors([torch.zeros_like(t) for t in some.tensors])
        step, seen = some.backpropagation(gradients), x[:count] if own else x
        for _ in range(2):
            step(seen, lambda f: cross_entropy.slopes(f, y[:count]), scale=0.01)
            for t, g in zip(some.tensors, gradients.tensors, strict=True):
                t.sub_(g, alpha=0.1)
        return some.parameters, some(seen)

    thirty_two, four, one = (walked(count) for count in (32, 4, 1))
    for all_, some in ((thirty_two, four), (thirty_two, one)):
        assert all(torch.equal(a[: len(s)], s) for a, s in zip(all_, some, strict=True))


def test_training_walks_the_path_of_torchs_optimiser(generator):
    nets = drawn(generator)
    x = torch.randn(40, 286, dtype=torch.float64, generator=generator)
    y = torch.randint(5, (40,), generator=generator)
    order = torch.stack([torch.randperm(40, generator=generator)[:8] for _ in range(20)])
    ours = train(nets, x, y, steps=20, optimiser=sgd(0.05, momentum=0.9), order=order).networks
    for member in range(4):
        alone = module(nets, member)
        rule = torch.optim.SGD(alone.parameters(), lr=0.05, momentum=0.9)
        for index in order:
            rule.zero_grad()
            nn.functional.cross_entropy(alone(x[index]), y[index]).backward()
            rule.step()
        for t, p in zip(ours.tensors, alone.parameters(), strict=True):
            torch.testing.assert_close(t[member], p.detach(), rtol=0, atol=1e-12)


def test_trained_members_are_bitwise_the_same_in_any_company(generator):
    digits = mnist_5k(side=14)[::20]
    nets = convnet(digits.image, [8, 16], 10, members=9, generator=generator)
    order = torch.stack([torch.randperm(250, generator=generator)[:100] for _ in range(5)])
    nine, four, one = (
        train(nets[:count], digits.x, digits.y, steps=5, rate=0.1, order=order).networks.parameters
        for count in (9, 4, 1)
    )
    assert torch.equal(nine[:4], four)
    assert torch.equal(nine[:1], one)


def test_it_learns_to_read_digits_better_than_a_multilayer_perceptron(generator):
    # Four other seeds: 0.89 to 0.94 of unseen digits read by the convolutional networks, 0.90 to 0.93 by the others.
    learn, test = mnist_5k(side=14).split([2000, 1000], generator=generator, standardise=True)
    nets = convnet(learn.image, [8, 16], 10, members=4, generator=generator)
    settings = {"steps": 400, "batch": 50, "optimiser": sgd(0.01, momentum=0.9)}
    trained = train(nets, learn.x, learn.y, order=torch.Generator().manual_seed(1), **settings)
    plain = mlp([196, 32, 10], members=4, generator=generator)
    rival = train(plain, learn.x, learn.y, order=torch.Generator().manual_seed(1), **settings)
    right = [(nets(test.x).argmax(1) == test.y).float().mean(1) for nets in (trained, rival)]
    assert (right[0] > 0.87).all()
    assert right[0].mean() > right[1].mean()


@pytest.mark.parametrize("shift", [(1, 0), (0, 3), (-2, 5)])
def test_with_circular_padding_a_shifted_image_gives_shifted_channels(shift, generator):
    nets = drawn(generator, "circular", pool=1)
    x = torch.randn(6, *IMAGE, dtype=torch.float64, generator=generator)
    straight, shifted = nets.layers(x.flatten(1)), nets.layers(x.roll(shift, (2, 3)).flatten(1))
    for before, after in zip(straight[:-1], shifted[:-1], strict=True):
        torch.testing.assert_close(before.roll(shift, (2, 3)), after, rtol=0, atol=1e-12)


def test_with_zeros_beyond_the_border_only_the_inside_shifts(generator):
    nets = drawn(generator, "same", pool=1)
    x = torch.randn(6, *IMAGE, dtype=torch.float64, generator=generator)
    straight, shifted = (nets.layers(images.flatten(1))[0] for images in (x, x.roll(1, 2)))
    torch.testing.assert_close(straight[:, :, 1:-2], shifted[:, :, 2:-1], rtol=0, atol=1e-12)
    assert (straight.roll(1, 2) - shifted).abs().max() > 0.1


def test_two_layers_without_padding_see_five_pixels(generator):
    nets = drawn(generator, "valid", pool=1)
    x = torch.randn(1, *IMAGE, dtype=torch.float64, generator=generator)
    other = x.clone()
    other[:, :, 6, 5] += 1
    differ = [
        (a != b).any((0, 1, 4))
        for a, b in zip(*(nets.layers(t.flatten(1))[:2] for t in (x, other)), strict=True)
    ]
    assert [d.nonzero().amin(0).tolist() for d in differ] == [[4, 3], [2, 1]]
    assert [d.nonzero().amax(0).tolist() for d in differ] == [[6, 5], [6, 5]]


def test_layers_keep_the_size_of_their_input(generator):
    nets = convnet((1, 28, 28), [64, 64], 10, members=5, kernel=3, pool=1, generator=generator)
    sizes = [z.std() for z in nets.layers(torch.randn(10, 784, generator=generator))[:2]]
    # max(z, 0) of z ~ N(0, 2) has mean square 1 and standard deviation √(1 − 1/π); the border sees fewer pixels.
    assert all(0.75 < size < 0.9 for size in sizes)
    for w, fan_in in zip(nets.weights, (9, 576, 50176), strict=True):
        # The relative standard error of a standard deviation of k normal numbers is 1/√(2k); five of them.
        assert w.std().item() == pytest.approx((2 / fan_in) ** 0.5, rel=5 / (2 * w.numel()) ** 0.5)


def test_a_draw_does_not_depend_on_the_company_where_each_has_its_generator():
    def generators():
        return [torch.Generator().manual_seed(i) for i in range(3)]

    three, one = (convnet((1, 8, 8), [2], 3, generator=g, gain=1.0) for g in (generators(), generators()[2:]))
    assert torch.equal(three[2].parameters, one.parameters)
    assert len(three) == 3


def test_gain_multiplies_every_parameter_of_a_member():
    gain = torch.tensor([1.0, 0.0, 3.0])
    plain, scaled = (
        convnet((1, 8, 8), [2], 3, members=3, gain=g, generator=torch.Generator().manual_seed(0))
        for g in (1.0, gain)
    )
    torch.testing.assert_close(scaled.parameters, gain[:, None] * plain.parameters)


def test_shapes(generator):
    nets = drawn(generator, outputs=1, members=3)
    assert (len(nets), nets.inputs, nets.outputs, nets.widest) == (3, (286,), 1, 3 * 13 * 11)
    x = torch.randn(5, 286, dtype=torch.float64, generator=generator)
    assert nets(x).shape == (3, 5)
    assert [tuple(z.shape) for z in nets.layers(x)] == [(3, 3, 6, 5, 5), (3, 4, 3, 2, 5), (3, 1, 5)]
    assert torch.equal(nets.with_parameters(nets.parameters)(x), nets(x))
    assert torch.equal(nets[1:](x), nets(x)[1:])
    assert nets(x[:0]).shape == (3, 0)
    assert nets[:0](x).shape == (0, 5)


def test_long_batches_are_cut_and_come_back_whole(generator, monkeypatch):
    nets = drawn(generator)
    x = torch.randn(4, 20, 286, dtype=torch.float64, generator=generator)
    whole = nets(x)
    monkeypatch.setitem(convnets.BLOCK, "cpu", 6 * convnets.held(nets))
    torch.testing.assert_close(nets(x), whole, rtol=0, atol=1e-12)


@pytest.mark.parametrize("shape", [(5, 285), (5, 2, 13, 11), (3, 5, 286)])
def test_points_are_flat(shape, generator):
    with pytest.raises(
        ValueError, match=r"flat images of shape \(points, 286\) or, each member its own, \(4, points"
    ):
        drawn(generator)(torch.zeros(shape, dtype=torch.float64))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"padding": "reflect"}, "padding must be one of same, circular, valid, got 'reflect'"),
        ({"activation": "gelu"}, "activation must be one of relu, tanh, linear, got 'gelu'"),
        ({"kernel": 4}, "kernel must be odd for padding 'same', got 4"),
        ({"channels": []}, r"channels=\[\]"),
        ({"image": (1, 8)}, r"image=\(1, 8\)"),
        ({"outputs": 0}, "outputs=0"),
        ({"channels": [2] * 4}, r"nothing is left of the image at a layer that takes \(2, 1, 1\)"),
        ({"kernel": 9, "padding": "valid"}, "nothing is left of the image"),
        ({"kernel": 19, "padding": "circular"}, "nothing is left of the image"),
        ({"members": None}, "got members=None"),
        ({"members": 0}, "got members=0"),
        ({"gain": -1.0}, "gain must be >= 0"),
        ({"gain": torch.ones(3)}, "gain must be >= 0, one number or one for each of 4 members"),
    ],
)
def test_what_makes_no_sense_is_refused(change, says, generator):
    with pytest.raises(ValueError, match=says):
        drawn(generator, **{"image": (1, 8, 8), "channels": [2, 2], **change})


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_cpu_and_cuda_agree(shape, generator):
    nets = drawn(generator, *shape)
    x, y = torch.randn(4, 7, 286, dtype=torch.float64, generator=generator), torch.arange(7) % 5
    found = []
    for device in ("cpu", "cuda"):
        there = nets.with_tensors([t.to(device) for t in nets.tensors])
        gradients = there.with_tensors([torch.zeros_like(t) for t in there.tensors])
        f = there.backpropagation(gradients)(x.to(device), lambda f: cross_entropy.slopes(f, y.to(f.device)))
        found.append((f.cpu(), there(x.to(device)).cpu(), gradients.parameters.cpu()))
    for here, there in zip(*found, strict=True):
        torch.testing.assert_close(here, there, rtol=0, atol=1e-10)
