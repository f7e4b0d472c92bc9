"""Products with Hessians and Gauss-Newton matrices against torch.func, on members that could disturb each other."""

import pytest
import torch
from torch.nn.functional import conv2d, cross_entropy

from hdintuition.networks.products import gauss_newton, hessian

BOTH = pytest.mark.parametrize("kind", ["hessian", "gauss_newton"])


class Stack:
    """Two-layer classifiers 4-3-2 over flat parameters, every member with labels of its own."""

    size = 4 * 3 + 3 + 3 * 2

    def __init__(self, members, generator, *, points=20, dtype=torch.float64, bend=torch.tanh):
        self.bend = bend
        self.x = torch.randn(points, 4, generator=generator, dtype=dtype)
        self.y = torch.randint(2, (members, points), generator=generator)
        self.at = torch.randn(members, self.size, generator=generator, dtype=dtype)

    def __getitem__(self, which):
        part = object.__new__(Stack)
        part.bend, part.x, part.y, part.at = self.bend, self.x, self.y[which], self.at[which]
        return part

    def outputs(self, p):
        w, b, v = p[:, :12].reshape(-1, 3, 4), p[:, 12:15, None], p[:, 15:].reshape(-1, 2, 3)
        return torch.bmm(v, self.bend(torch.baddbmm(b, w, self.x.T.expand(len(p), -1, -1))))

    def values(self, f):
        return cross_entropy(f, self.y, reduction="none").mean(1)

    def loss(self, p):
        return self.values(self.outputs(p))

    def operator(self, kind):
        if kind == "hessian":
            return hessian(self.loss, self.at)
        return gauss_newton(self.outputs, self.values, self.at)

    def dense(self, kind, member):
        """By forward-over-reverse differentiation of one member alone."""
        alone = self[member : member + 1]
        if kind == "hessian":
            return torch.func.hessian(lambda p: alone.loss(p[None])[0])(alone.at[0])
        jacobian = torch.func.jacrev(lambda p: alone.outputs(p[None]).flatten())(alone.at[0])
        f = alone.outputs(alone.at)
        inner = torch.func.hessian(lambda f: alone.values(f)[0])(f).reshape(f.numel(), f.numel())
        return jacobian.T @ inner @ jacobian


def near(found, expected, within=1e-10):
    assert (found - expected).abs().max() <= within * expected.abs().max()


@BOTH
@pytest.mark.parametrize("bend", [torch.tanh, torch.relu])
def test_products_are_those_of_the_dense_matrices(kind, bend, generator):
    stack = Stack(3, generator, bend=bend)
    v = torch.randn(3, 5, stack.size, generator=generator, dtype=torch.float64)
    operator = stack.operator(kind)
    for member in range(3):
        expected = v[member] @ stack.dense(kind, member)
        near(operator(v)[member], expected)
        near(operator(v[:, 2])[member], expected[2])


@BOTH
@pytest.mark.parametrize("members", [1, 4, 32])
def test_a_member_in_a_stack_is_that_member_alone_in_every_bit(kind, members, generator):
    stack = Stack(32, generator, dtype=torch.float32, points=100)
    v = torch.randn(32, stack.size, generator=generator)
    together = stack[:members].operator(kind)(v[:members])
    for member in {0, members // 2, members - 1}:
        one = slice(member, member + 1)
        assert torch.equal(together[one], stack[one].operator(kind)(v[one]))


@BOTH
def test_a_product_does_not_change_the_next_one(kind, generator):
    stack = Stack(2, generator)
    operator = stack.operator(kind)
    v = torch.randn(2, stack.size, generator=generator, dtype=torch.float64)
    first = operator(v)
    operator(v.flip(0))
    assert torch.equal(operator(v), first)
    assert not first.requires_grad


def test_gauss_newton_is_the_hessian_where_outputs_are_linear(generator):
    stack = Stack(3, generator, bend=lambda z: z)
    first = stack.at.clone()

    def outputs(p):  # the first layer stands still
        return stack.outputs(torch.cat([first[:, :15], p], 1))

    at = first[:, 15:]
    v = torch.randn(3, 6, generator=generator, dtype=torch.float64)
    whole = hessian(lambda p: stack.values(outputs(p)), at)(v)
    near(gauss_newton(outputs, stack.values, at)(v), whole, 1e-12)


def test_gauss_newton_has_no_direction_down(generator):
    stack = Stack(4, generator)
    v = torch.randn(4, 50, stack.size, generator=generator, dtype=torch.float64)
    assert ((stack.operator("gauss_newton")(v) * v).sum(2) >= 0).all()
    assert ((stack.operator("hessian")(v) * v).sum(2) < 0).any()


def test_a_loss_without_curvature_has_none(generator):
    at = torch.randn(2, 3, generator=generator)
    v = torch.randn(2, 4, 3, generator=generator)
    for operator in (
        hessian(lambda p: p.sum(1), at),
        hessian(lambda p: p.relu().sum(1), at),
        gauss_newton(lambda p: p * 2, lambda f: f.sum(1), at),
        gauss_newton(lambda p: p.relu(), lambda f: f.sum(1), at),
    ):
        assert not operator(v).any()
        assert operator(v).shape == v.shape


def test_parameters_that_the_loss_ignores_have_zero_curvature(generator):
    at = torch.randn(2, 3, generator=generator)
    found = hessian(lambda p: p[:, :1].pow(2).sum(1), at)(torch.ones(2, 3))
    assert found.tolist() == [[2, 0, 0]] * 2


def test_a_convolutional_network(generator):
    x = torch.randn(6, 1, 5, 5, generator=generator, dtype=torch.float64)

    def loss(p):
        return conv2d(x, p[0, :18].reshape(2, 1, 3, 3)).tanh().flatten().sin().sum()[None] + p[:, 18] ** 2

    at = torch.randn(1, 19, generator=generator, dtype=torch.float64)
    v = torch.randn(1, 7, 19, generator=generator, dtype=torch.float64)
    near(hessian(loss, at)(v)[0], v[0] @ torch.func.hessian(lambda p: loss(p[None])[0])(at[0]))


class Refusing(torch.autograd.Function):
    """A square whose second derivative vmap refuses: it looks at a number."""

    @staticmethod
    def forward(ctx, p):
        ctx.save_for_backward(p)
        return p.square()

    @staticmethod
    def backward(ctx, g):
        (p,) = ctx.saved_tensors
        return Doubling.apply(g, p)


class Doubling(torch.autograd.Function):
    calls = 0

    @staticmethod
    def forward(ctx, g, p):
        ctx.save_for_backward(g, p)
        return 2 * g * p

    @staticmethod
    def backward(ctx, h):
        g, p = ctx.saved_tensors
        if float(h.sum()) == 12345:  # data-dependent: a RuntimeError under vmap
            raise AssertionError
        Doubling.calls += 1
        return 2 * h * p, 2 * h * g


def test_what_vmap_refuses_goes_one_by_one():
    Doubling.calls = 0
    v = torch.arange(6.0).reshape(1, 3, 2)
    assert torch.equal(hessian(lambda p: Refusing.apply(p).sum(1), torch.ones(1, 2))(v), 2 * v)
    assert Doubling.calls == 3


@pytest.mark.parametrize("was", [True, False])
def test_the_callers_treatment_of_denormals_is_left_alone(was, generator):
    torch.set_flush_denormal(was)
    try:
        stack = Stack(1, generator)
        stack.operator("hessian")(stack.at)
        assert bool(torch.tensor(1e-39) * 1 == 0) == was
    finally:
        torch.set_flush_denormal(False)


@pytest.mark.parametrize(
    ("loss", "at", "message"),
    [
        (lambda p: p.sum(), torch.ones(2, 3), r"one value a member, \(2,\), got \(\)"),
        (lambda p: p.detach().sum(1), torch.ones(2, 3), "does not depend on what it is given"),
        (lambda p: p.sum(1), torch.ones(3), r"shape \(members, P\), both >= 1"),
        (lambda p: p.sum(1), torch.ones(0, 3), r"got \(0, 3\)"),
        (lambda p: p.sum(1), torch.ones(2, 3, dtype=torch.int64), "torch.int64"),
    ],
)
def test_what_is_no_loss_of_a_stack_is_refused(loss, at, message):
    with pytest.raises(ValueError, match=message):
        hessian(loss, at)


def test_outputs_that_depend_on_nothing_are_refused():
    with pytest.raises(ValueError, match="outputs must depend on the parameters"):
        gauss_newton(lambda p: torch.ones(2, 5), lambda f: f.sum(1), torch.ones(2, 3))


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@BOTH
def test_cuda_and_cpu_agree(kind, generator):
    stack = Stack(3, generator)
    v = torch.randn(3, 70, stack.size, generator=generator, dtype=torch.float64)
    expected = stack.operator(kind)(v)
    stack.x, stack.y, stack.at = stack.x.cuda(), stack.y.cuda(), stack.at.cuda()
    near(stack.operator(kind)(v.cuda()).cpu(), expected)
