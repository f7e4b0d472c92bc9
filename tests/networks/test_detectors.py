"""What rows look at: by definition, against a dictionary written out, and on the circuits themselves."""

import pytest
import torch

from hdintuition.networks.detectors import nearest_atom, participation
from hdintuition.networks.sorting import counting_network, rank_network


def dictionary(n, atoms):
    eye = torch.eye(n, dtype=torch.float64)
    if atoms == "single":
        return eye
    i, j = torch.triu_indices(n, n, 1)
    return (eye[i] - eye[j]) / 2**0.5


@pytest.mark.parametrize("atoms", ["single", "difference"])
def test_the_nearest_atom_is_the_best_of_all_written_out(atoms, generator):
    rows = torch.randn(5, 40, 7, generator=generator, dtype=torch.float64)
    cosines = rows @ dictionary(7, atoms).mT / rows.norm(dim=-1, keepdim=True)
    torch.testing.assert_close(nearest_atom(rows, atoms), cosines.square().amax(-1), rtol=1e-12, atol=0)


def test_the_circuits_consist_of_their_atoms():
    compared, counted = rank_network(5).weights[0][0], counting_network(5, largest=4).weights[0][0]
    assert torch.allclose(nearest_atom(compared, "difference"), torch.ones(1))
    assert torch.allclose(participation(compared), torch.tensor(2.0))
    assert torch.equal(nearest_atom(counted, "single"), torch.ones(len(counted)))
    assert torch.equal(participation(counted), torch.ones(len(counted)))


def test_participation_does_not_depend_on_scale_sign_or_order(generator):
    rows = torch.randn(40, 7, generator=generator, dtype=torch.float64)
    same = participation(-3 * rows[:, torch.randperm(7, generator=generator)])
    torch.testing.assert_close(same, participation(rows), rtol=1e-12, atol=0)
    assert ((participation(rows) >= 1) & (participation(rows) <= 7)).all()


def test_random_rows_of_four_take_part_as_theory_says(generator):
    # Shares of a uniform direction are Dirichlet(1/2, …): E Σ share² = 3 / (n + 2).
    rows = torch.randn(200_000, 4, generator=generator, dtype=torch.float64)
    assert (1 / participation(rows)).mean().item() == pytest.approx(3 / 6, abs=0.002)


def test_a_row_of_zeros_looks_at_nothing():
    assert participation(torch.zeros(3)).isnan()
    assert nearest_atom(torch.zeros(3), "difference").isnan()


def test_unknown_atoms_and_single_inputs_are_refused():
    with pytest.raises(ValueError, match="atoms must be one of single, difference, got 'sum'"):
        nearest_atom(torch.ones(3), "sum")
    with pytest.raises(ValueError, match="n >= 2 inputs"):
        nearest_atom(torch.ones(3, 1), "single")
