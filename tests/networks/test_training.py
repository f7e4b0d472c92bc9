"""Training a stack: the hand-written gradient against autograd, the walk against torch.optim.SGD."""

import pytest
import torch
from torch import nn
from torch.nn.functional import softplus

from hdintuition.networks import multiply, training
from hdintuition.networks.ensemble import Networks, mlp
from hdintuition.networks.optimisers import adam, adamw, rmsprop, sgd
from hdintuition.networks.training import Diverged, train

SIZES = [[49, 32, 1], [5, 1], [6, 7, 8, 1], [4, 5, 5, 5, 1]]


def data(inputs, generator, dtype=torch.float64, n=8):
    x = torch.randn(n, inputs, generator=generator, dtype=dtype)
    return x, torch.tensor([-1.0, 1.0] * (n // 2), dtype=dtype)


def tensors(nets):
    return (*nets.weights, *nets.biases)


@pytest.mark.parametrize("sizes", SIZES)
def test_one_step_is_the_gradient_of_autograd(sizes, generator):
    nets = mlp(sizes, members=3, generator=generator, dtype=torch.float64)
    x, y = data(sizes[0], generator)
    leaves = [t.clone().requires_grad_() for t in tensors(nets)]
    copy = Networks(tuple(leaves[: len(sizes) - 1]), tuple(leaves[len(sizes) - 1 :]))
    loss = softplus(-y * copy.layers(x)[-1][:, 0]).mean(1).sum()  # summed over members: they do not mix
    gradients = torch.autograd.grad(loss, leaves)
    stepped = train(nets, x, y, rate=0.5, steps=1).networks
    for before, after, gradient in zip(tensors(nets), tensors(stepped), gradients, strict=True):
        torch.testing.assert_close((before - after) / 0.5, gradient, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("sizes", SIZES)
def test_fifty_steps_are_those_of_torch_optim(sizes, generator):
    nets = mlp(sizes, members=3, generator=generator, dtype=torch.float64)
    x, y = data(sizes[0], generator)
    trained = train(nets, x, y, rate=0.2, steps=50).networks
    for member in range(3):
        alone = nets[[member]]
        leaves = [t.clone().requires_grad_() for t in tensors(alone)]
        copy = Networks(tuple(leaves[: len(sizes) - 1]), tuple(leaves[len(sizes) - 1 :]))
        optimiser = torch.optim.SGD(leaves, lr=0.2)
        for _ in range(50):
            optimiser.zero_grad()
            softplus(-y * copy.layers(x)[-1][:, 0]).mean().backward()
            optimiser.step()
        for mine, theirs in zip(tensors(trained[[member]]), leaves, strict=True):
            torch.testing.assert_close(mine, theirs.detach(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("members", [1, 4, 32])
def test_a_member_walks_the_same_path_in_any_company(members, generator):
    nets = mlp([49, 32, 1], members=32, generator=generator)
    x, y = data(49, generator, torch.float32)
    company = train(nets[:members], x, y, rate=0.3, steps=200).networks
    alone = train(nets[:1], x, y, rate=0.3, steps=200).networks
    for a, b in zip(tensors(company[:1]), tensors(alone), strict=True):
        assert torch.equal(a, b)


def test_descent_has_no_memory_and_leaves_its_start_alone(generator):
    nets = mlp([6, 7, 1], members=2, generator=generator)
    before = [t.clone() for t in tensors(nets)]
    x, y = data(6, generator, torch.float32)
    at_once = train(nets, x, y, rate=0.3, steps=30).networks
    in_two = train(train(nets, x, y, rate=0.3, steps=10).networks, x, y, rate=0.3, steps=20).networks
    for a, b in zip(tensors(at_once), tensors(in_two), strict=True):
        assert torch.equal(a, b)
    for a, b in zip(tensors(nets), before, strict=True):
        assert torch.equal(a, b)
    for a, b in zip(tensors(train(nets, x, y, rate=0.3, steps=0).networks), before, strict=True):
        assert torch.equal(a, b)


def test_every_member_may_have_its_own_rate(generator):
    nets = mlp([6, 7, 1], members=3, generator=generator)
    x, y = data(6, generator, torch.float32)
    rates = torch.tensor([0.1, 0.5, 0.02])
    together = train(nets, x, y, rate=rates, steps=20).networks
    for member, rate in enumerate(rates):
        alone = train(nets[[member]], x, y, rate=rate, steps=20)
        assert torch.equal(together[[member]](x), alone(x))


def test_separable_data_are_fitted(generator):
    x, y = data(49, generator, torch.float32)
    nets = train(mlp([49, 32, 1], members=8, generator=generator), x, y, rate=0.1, steps=500)
    assert (nets(x) * y > 0).all()


def with_one_lost(generator):
    nets = mlp([6, 7, 1], members=4, generator=generator)
    nets.weights[0][2] = float("inf")
    return nets


def test_divergence_is_raised_with_what_to_do(generator):
    x, y = data(6, generator, torch.float32)
    with pytest.raises(
        Diverged, match=r"1 of 4 members \(the first is member 2\).*its rate, 0\.1, .*lower it"
    ):
        train(with_one_lost(generator), x, y, rate=0.1, steps=5)


def test_a_rate_that_is_too_large_diverges_and_is_noticed(generator):
    x, y = data(6, generator, torch.float32)
    with pytest.raises(Diverged, match=r"within 100 steps: its rate, 1e\+15, is too large"):
        train(mlp([6, 7, 7, 1], members=4, generator=generator), x, y, rate=1e15, steps=1000)


def test_a_member_that_is_lost_harms_no_other(generator):
    nets = with_one_lost(generator)
    x, y = data(6, generator, torch.float32)
    kept = train(nets, x, y, rate=0.1, steps=50, diverged="keep").networks
    others = [0, 1, 3]
    alone = train(nets[others], x, y, rate=0.1, steps=50)
    assert torch.equal(kept[others](x), alone(x))
    assert not kept(x)[2].isfinite().any()


@pytest.mark.parametrize("before", [False, True])
def test_the_callers_treatment_of_denormals_comes_back(before, generator):
    x, y = data(6, generator, torch.float32)
    torch.set_flush_denormal(before)
    try:
        train(mlp([6, 7, 1], members=1, generator=generator), x, y, rate=0.1, steps=1)
        assert (torch.tensor(1e-39) * 1 == 0).item() is before
    finally:
        torch.set_flush_denormal(False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": torch.tensor([0.0, 1.0])}, r"labels must be -1 or \+1, .* got values \[0\.0, 1\.0\]"),
        ({"y": torch.ones(3)}, r"one target for each of the 2 examples.*got shape \(3,\)"),
        ({"y": torch.ones(3, 2)}, r"2 times \(one a member\), got shape \(3, 2\)"),
        ({"x": torch.ones(2, 5)}, r"shape \(examples, 6\).*got torch\.float32 of shape \(2, 5\)"),
        ({"x": torch.ones(2, 6, dtype=torch.float64)}, r"x must be torch\.float32.*got torch\.float64"),
        ({"rate": 0.0}, r"rate must be > 0, one number or one a member, got 0\.0"),
        ({"rate": torch.ones(3)}, r"rate must be one number or 2 \(one a member\), got shape \(3,\)"),
        ({"rate": torch.tensor([0.1, -0.1])}, "rate must be > 0"),
        ({"rate": None}, r"either by rate=.*or by optimiser="),
        ({"optimiser": sgd(0.1)}, r"either by rate=.*or by optimiser="),
        ({"rate": None, "optimiser": "lbfgs"}, r"got 'lbfgs'.*would mix the members"),
        ({"steps": -1}, "steps must be >= 0, got -1"),
        ({"loss": "hinge"}, "loss must be one of cross_entropy, any_of, squared, logistic"),
        ({"loss": "cross_entropy"}, "two or more outputs"),
        ({"batch": 1}, "needs an order"),
        ({"batch": 3, "order": torch.Generator()}, "batch must lie from 1 to 2"),
        ({"order": torch.Generator()}, "an order needs batch="),
        ({"order": torch.zeros(1, 1)}, "an order is integers"),
        ({"order": torch.full((1, 1), 2)}, "an order names examples 0 to 1, got 2 to 2"),
        ({"batch": 1, "order": [torch.Generator()]}, r"one generator or 2 \(one a member\), got 1"),
        (
            {"batch": 2, "order": torch.zeros(1, 1, dtype=torch.int64)},
            r"batch=2, but the order names 1 examples",
        ),
        ({"patience": 2}, r"needs validation=\(x, y\)"),
        ({"trace": [0, 5]}, "must lie from 0 to 1, got 0 to 5"),
        ({"mask": [torch.ones(2, 7, 6)]}, "mask must hold tensors of shapes"),
    ],
)
def test_bad_input_is_refused(change, message, generator):
    given = {"x": torch.ones(2, 6), "y": torch.tensor([-1.0, 1.0]), "rate": 0.1, "steps": 1} | change
    with pytest.raises(ValueError, match=message):
        train(mlp([6, 7, 1], members=2, generator=generator), **given)


# ------------------------------------------------------------------- any loss, batch, data, parametrisation

CASES = [
    # activation, sizes, loss, batch, own data, own targets
    ("relu", [5, 8, 3], "cross_entropy", None, False, False),
    ("tanh", [5, 8, 6, 3], "cross_entropy", 4, False, True),
    ("relu", [5, 8, 6, 3], "cross_entropy", 4, True, True),
    ("tanh", [5, 8, 3], "squared", 3, True, False),
    ("relu", [5, 8, 1], "squared", 3, False, True),
    ("linear", [5, 4, 4, 2], "squared", None, True, True),
    ("tanh", [5, 8, 1], "logistic", 5, True, True),
]


def problem(sizes, loss, own_x, own_y, generator, *, members=3, n=12, dtype=torch.float64):
    x = torch.randn(*[members] * own_x, n, sizes[0], generator=generator, dtype=dtype)
    shape = (*[members] * own_y, n)
    if loss == "squared":
        shape = (*shape, sizes[-1]) if sizes[-1] > 1 else shape
        return x, torch.randn(shape, generator=generator, dtype=dtype)
    kinds = torch.randint(max(sizes[-1], 2), shape, generator=generator)
    return x, kinds if loss == "cross_entropy" else 2.0 * kinds.to(dtype) - 1


def alone(nets, member):
    """Leaves and a function of a member, written with torch alone."""
    leaves = [t[member].clone().requires_grad_() for t in nets.tensors]
    act = {"relu": torch.relu, "tanh": torch.tanh, "linear": lambda z: z}[nets.activation]

    def f(x):
        h = x
        for layer, (m_w, m_b) in enumerate(nets.multipliers):
            z = m_w * h @ leaves[2 * layer].T + m_b * leaves[2 * layer + 1]
            h = act(z) if layer < len(nets.weights) - 1 else z
        return h

    return leaves, f


def loss_alone(loss, f, y):
    if loss == "cross_entropy":
        return nn.functional.cross_entropy(f, y)
    if loss == "logistic":
        return softplus(-y * f[:, 0]).mean()
    return (f - (y if y.ndim == 2 else y[:, None])).square().sum(1).mean() / 2


@pytest.mark.parametrize("parametrisation", ["standard", "ntk", "mu"])
@pytest.mark.parametrize(("activation", "sizes", "loss", "batch", "own_x", "own_y"), CASES)
def test_every_member_is_trained_as_torch_would_train_it_alone(
    activation, sizes, loss, batch, own_x, own_y, parametrisation, generator
):
    x, y = problem(sizes, loss, own_x, own_y, generator)
    nets = mlp(sizes, members=3, activation=activation, parametrisation=parametrisation, base=4,
               generator=generator, dtype=torch.float64)  # fmt: skip
    order = None if batch is None else torch.randint(12, (3, 50, batch), generator=generator)
    trained = train(nets, x, y, loss=loss, optimiser=sgd(0.02, momentum=0.9), steps=50, order=order).networks
    for member in range(3):
        leaves, f = alone(nets, member)
        groups = [
            {"params": [p], "lr": 0.02 * s.sgd} for p, s in zip(leaves, nets.tensor_scales, strict=True)
        ]
        optimiser = torch.optim.SGD(groups, momentum=0.9)
        mine_x, mine_y = x[member] if own_x else x, y[member] if own_y else y
        for step in range(50):
            rows = slice(None) if order is None else order[member, step]
            optimiser.zero_grad()
            loss_alone(loss, f(mine_x[rows]), mine_y[rows]).backward()
            optimiser.step()
        for mine, theirs in zip(trained.tensors, leaves, strict=True):
            torch.testing.assert_close(mine[member], theirs.detach(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("by_numpy", [True, False])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("members", [1, 4, 31])
def test_minibatch_training_is_bitwise_the_same_in_any_company(
    activation, members, by_numpy, generator, monkeypatch
):
    """Own start, own order, own labels, Adam: member 0 and the last one, alone and in company."""
    monkeypatch.setattr(multiply, "by_numpy", lambda: by_numpy)

    def run(which):
        own = [torch.Generator().manual_seed(i) for i in which]
        nets = mlp([7, 11, 9, 3], activation=activation, generator=own)
        labels = torch.stack([torch.randint(3, (53,), generator=g) for g in own])
        return train(nets, x, labels, optimiser=adam(0.01), steps=60, batch=13, order=own).networks

    x = torch.randn(53, 7, generator=generator)
    company = run(range(members))
    for member in {0, members - 1}:
        for a, b in zip(company[[member]].tensors, run([member]).tensors, strict=True):
            assert torch.equal(a, b)


def test_rows_and_members_are_cut_in_blocks_and_nothing_changes(generator, monkeypatch):
    x, y = problem([5, 8, 3], "cross_entropy", False, True, generator)
    nets = mlp([5, 8, 3], members=3, generator=generator, dtype=torch.float64)

    def run():
        return train(nets, x, y, rate=0.1, steps=20, batch=8, order=torch.Generator().manual_seed(1), trace=5)

    whole = run()
    monkeypatch.setattr(training, "CELLS", 1)  # members one by one
    one_by_one = run()
    monkeypatch.setattr(training, "ROWS", 3 * 8)  # three examples at a time
    in_rows = run()
    for a, b, c in zip(
        whole.networks.tensors, one_by_one.networks.tensors, in_rows.networks.tensors, strict=True
    ):
        assert torch.equal(a, b)
        torch.testing.assert_close(a, c, rtol=1e-12, atol=1e-14)
    assert torch.equal(whole.trace.loss, one_by_one.trace.loss)
    torch.testing.assert_close(whole.trace.loss, in_rows.trace.loss, rtol=1e-12, atol=0)


def test_too_little_memory_means_fewer_members_at_a_time(generator, monkeypatch):
    x, y = problem([5, 8, 3], "cross_entropy", False, True, generator, members=7)
    nets = mlp([5, 8, 3], members=7, generator=generator, dtype=torch.float64)
    order = [torch.Generator().manual_seed(i) for i in range(7)]
    whole = train(nets, x, y, rate=0.1, steps=20, batch=4, order=order).networks
    walk, sizes = training.Walk, []

    def small(some, *args, **kwargs):
        sizes.append(len(some))
        if len(some) > 2:
            raise torch.OutOfMemoryError("planted")
        return walk(some, *args, **kwargs)

    monkeypatch.setattr(training, "Walk", small)
    order = [torch.Generator().manual_seed(i) for i in range(7)]
    with pytest.warns(RuntimeWarning) as told:
        fewer = train(nets, x, y, rate=0.1, steps=20, batch=4, order=order).networks
    assert sizes == [7, 4, 2, 2, 2, 1]
    assert [str(w.message).split(": ")[1] for w in told] == [
        "training 4 of 7 at a time", "training 2 of 7 at a time"
    ]  # fmt: skip
    for a, b in zip(whole.tensors, fewer.tensors, strict=True):
        assert torch.equal(a, b)
    monkeypatch.setattr(training, "Walk", lambda *args, **kwargs: small(range(3)))
    with pytest.raises(torch.OutOfMemoryError):
        train(nets[:1], x, y[:1], rate=0.1, steps=1)


# ------------------------------------------------------------------------------- what is written down


def test_the_trace_is_what_can_be_measured_afterwards(generator):
    x, y = problem([5, 8, 3], "cross_entropy", False, True, generator)
    nets = mlp([5, 8, 3], members=3, generator=generator, dtype=torch.float64)
    looks = [0, 3, 20]
    run = train(nets, x, y, rate=0.3, steps=20, trace=looks, snapshots=[20, 0, 3])
    assert run.trace.steps.tolist() == looks
    assert list(run.snapshots) == looks
    right = []
    for row, step in enumerate(looks):
        at = run.snapshots[step]
        for member in range(3):
            leaves, f = alone(at, member)
            loss = nn.functional.cross_entropy(f(x), y[member])
            loss.backward()
            gradient = torch.cat([leaf.grad.flatten() for leaf in leaves]).norm()
            way = (at.parameters - nets.parameters)[member].norm()
            for found, expected in (
                (run.trace.loss, loss.detach()), (run.trace.gradient, gradient), (run.trace.distance, way)
            ):  # fmt: skip
                torch.testing.assert_close(found[row, member], expected, rtol=1e-12, atol=1e-14)
        right.append(at(x).argmax(1) == y)
        assert torch.equal(run.trace.accuracy[row], right[-1].double().mean(1))
    seen = torch.stack(right)
    first = torch.where(seen.any(0), torch.tensor(looks)[seen.int().argmax(0)], -1)
    assert torch.equal(run.trace.first_fit, first)
    assert torch.equal(run.snapshots[0].parameters, nets.parameters)
    assert torch.equal(run.snapshots[20].parameters, run.networks.parameters)


def test_looking_changes_nothing(generator):
    x, y = problem([5, 8, 3], "cross_entropy", False, True, generator)
    nets = mlp([5, 8, 3], members=3, generator=generator, dtype=torch.float64)

    def run(**looks):
        order = torch.Generator().manual_seed(1)
        return train(nets, x, y, optimiser=adam(0.1), steps=150, batch=4, order=order, **looks).networks

    blind = run().parameters
    assert torch.equal(blind, run(trace=20, snapshots=[7]).parameters)
    assert torch.equal(blind, run(trace=[1, 2, 150], validation=(x, y)).parameters)


def test_early_stopping_keeps_each_member_where_its_validation_loss_was_lowest(generator):
    x, y = problem([5, 16, 3], "cross_entropy", False, True, generator)
    held = problem([5, 16, 3], "cross_entropy", False, True, generator, n=40)
    nets = mlp([5, 16, 3], members=3, generator=generator, dtype=torch.float64)
    run = train(nets, x, y, rate=0.3, steps=200, trace=range(0, 201, 10), validation=held)
    losses = run.trace.validation_loss
    assert torch.equal(run.best_step, run.trace.steps[losses.argmin(0)])
    assert (run.best_step < 200).any()  # or there was nothing to stop
    mine = nn.functional.cross_entropy(run.best(held[0]), held[1], reduction="none").mean(1)
    torch.testing.assert_close(mine, losses.amin(0), rtol=1e-12, atol=0)
    impatient = train(nets, x, y, rate=0.3, steps=200, trace=range(0, 201, 10), validation=held, patience=2)
    for member, column in enumerate(impatient.trace.validation_loss.T.tolist()):
        best = at = 0
        while at + 1 < len(column) and at - best < 2:
            at += 1
            best = at if column[at] < column[best] else best
        assert impatient.best_step[member] == impatient.trace.steps[best]


def test_a_settled_member_counts_as_it_was_whoever_walks_on(generator):
    x, y = problem([5, 16, 3], "cross_entropy", False, True, generator)
    y = torch.stack([y[0], y[0], y[0]])
    worse, same = (y[0] + 1) % 3, y[0]  # what member 0 learns is wrong there; the others go on learning
    held = x, torch.stack([worse, same, same])
    nets = mlp([5, 16, 3], members=3, generator=generator, dtype=torch.float64)

    def run(who):
        return train(nets[who], x, y[who], rate=0.3, steps=300, trace=range(0, 301, 10), patience=3,
                     validation=(x, held[1][who]), snapshots=[10, 300])  # fmt: skip

    company, alone = run([0, 1, 2]), run([0])
    assert len(alone.trace) < len(company.trace) == 31
    for a, b in (
        (company.networks, alone.networks), (company.best, alone.best),
        (company.snapshots[10], alone.snapshots[10]), (company.snapshots[300], alone.snapshots[300]),
    ):  # fmt: skip
        assert torch.equal(a.parameters[0], b.parameters[0])
    assert torch.equal(company.trace.first_fit[0], alone.trace.first_fit[0])
    for name in ("loss", "accuracy", "gradient", "distance", "validation_loss", "validation_accuracy"):
        here, there = getattr(company.trace, name)[:, 0], getattr(alone.trace, name)[:, 0]
        assert torch.equal(here[: len(there)], there)
        assert (here[len(there) :] == there[-1]).all()
    assert torch.equal(
        company.networks.parameters[1],
        train(nets[[1]], x, y[[1]], rate=0.3, steps=300).networks.parameters[0],
    )


def test_training_ends_when_no_members_patience_is_left(generator):
    x, y = problem([5, 16, 3], "cross_entropy", False, False, generator)
    nets = mlp([5, 16, 3], members=2, generator=generator, dtype=torch.float64)
    worse = (x, (y + 1) % 3)  # what is learned is wrong there, so the best step is an early one
    run = train(nets, x, y, rate=0.3, steps=1000, trace=range(0, 1001, 10), validation=worse, patience=3)
    assert len(run.trace) < 20


def test_a_lost_member_is_an_outcome_and_its_step_is_kept(generator):
    x, y = data(6, generator, torch.float32)
    nets = mlp([6, 7, 7, 1], members=3, generator=generator)
    rates = torch.tensor([0.1, 1e15, 0.1])
    run = train(nets, x, y, rate=rates, steps=300, diverged="keep")
    assert run.diverged.tolist() == [-1, 100, -1]
    assert torch.equal(run.networks[[0, 2]](x), train(nets[[0, 2]], x, y, rate=0.1, steps=300)(x))


def test_a_mask_keeps_its_zeros(generator):
    x, y = problem([5, 8, 3], "cross_entropy", False, True, generator)
    nets = mlp([5, 8, 3], members=3, generator=generator, dtype=torch.float64)
    mask = [(torch.rand(t.shape, generator=generator) < 0.5).double() for t in nets.tensors]
    for rule in (sgd(0.1, momentum=0.9, weight_decay=0.1), adamw(0.01)):
        trained = train(nets, x, y, optimiser=rule, steps=20, mask=mask).networks
        for t, m, start in zip(trained.tensors, mask, nets.tensors, strict=True):
            assert not t[m == 0].any()
            assert (t != start)[m == 1].any()


def test_a_schedule_multiplies_the_rate(generator):
    x, y = problem([5, 8, 3], "cross_entropy", False, True, generator)
    nets = mlp([5, 8, 3], members=3, generator=generator, dtype=torch.float64)
    halved = train(nets, x, y, rate=0.3, steps=20, schedule=lambda step: 1.0 if step < 10 else 0.5).networks
    by_hand = train(train(nets, x, y, rate=0.3, steps=10).networks, x, y, rate=0.15, steps=10).networks
    torch.testing.assert_close(halved.parameters, by_hand.parameters, rtol=1e-13, atol=0)


def test_members_may_have_every_setting_of_their_own(generator):
    x, y = problem([5, 8, 3], "cross_entropy", True, True, generator)
    gains = torch.tensor([0.5, 1.0, 2.0], dtype=torch.float64)
    nets = mlp([5, 8, 3], members=3, gain=gains, generator=generator, dtype=torch.float64)
    rates, momenta, decays, clips = (
        torch.tensor(v, dtype=torch.float64)
        for v in ([0.1, 0.2, 0.3], [0.0, 0.5, 0.9], [0.0, 0.1, 0.01], [0.1, 1.0, 10.0])
    )
    rule = sgd(rates, momentum=momenta, weight_decay=decays, clip=clips)
    together = train(nets, x, y, optimiser=rule, steps=30).networks
    for i in range(3):
        mine = sgd(
            rates[i].item(), momentum=momenta[i].item(), weight_decay=decays[i].item(), clip=clips[i].item()
        )
        single = train(nets[[i]], x[i], y[i], optimiser=mine, steps=30).networks
        torch.testing.assert_close(together.parameters[i], single.parameters[0], rtol=1e-13, atol=0)


def test_no_members_no_training(generator):
    nothing = mlp([5, 8, 1], members=0, generator=generator)
    assert len(train(nothing, torch.ones(2, 5), torch.ones(2), rate=0.1, steps=3).networks) == 0


@pytest.mark.cuda
@pytest.mark.parametrize("batch", [None, 16])
def test_cuda_and_cpu_agree(batch, generator):
    x, y = problem([5, 8, 6, 3], "cross_entropy", False, True, generator, n=64)
    nets = mlp([5, 8, 6, 3], members=3, activation="tanh", generator=generator, dtype=torch.float64)
    there = nets.with_tensors([t.cuda() for t in nets.tensors])

    def run(nets, x, y, rule):
        order = [torch.Generator().manual_seed(i) for i in range(3)] if batch else None
        return train(nets, x, y, optimiser=rule, steps=130, batch=batch, order=order, trace=5,
                     schedule=lambda step: 1 / (1 + step), snapshots=[77])  # fmt: skip

    for rule in (sgd(0.1, momentum=0.9, nesterov=True, clip=1.0), adam(0.01, amsgrad=True), rmsprop(0.01)):
        here, far = run(nets, x, y, rule), run(there, x.cuda(), y.cuda(), rule)
        for a, b in ((here.networks, far.networks), (here.snapshots[77], far.snapshots[77])):
            torch.testing.assert_close(a.parameters, b.parameters.cpu(), rtol=1e-9, atol=1e-9)
        torch.testing.assert_close(here.trace.loss, far.trace.loss.cpu(), rtol=1e-9, atol=1e-9)
