"""hdintuition: claims about high-dimensional spaces and deep learning, measured and judged.

Everything a chapter needs is reachable as ``hdi.<name>``. Names are imported when they are first
used; the table below is also what the book reads to know which modules a chapter depends on.
"""

from __future__ import annotations

import importlib
import os
from importlib.metadata import version
from typing import Any

# Intel's matrix products otherwise depend, in the last bit, on where in memory a matrix begins, and so a member of
# a stack on where it stands there. Read once, at a process's first product, so here and not where it matters.
os.environ.setdefault("MKL_CBWR", "AUTO,STRICT")

WHERE = {
    "Chapter": "chapter",
    "Desk": "chapter",
    # evidence
    "Interval": "evidence.interval",
    "exact": "evidence.estimates",
    "mean": "evidence.estimates",
    "stack": "evidence.estimates",
    "wilson": "evidence.estimates",
    "frequency": "evidence.frequency",
    # page
    "band": "page.marks",
    "dots": "page.marks",
    "headline": "page.marks",
    "histogram": "page.marks",
    "line": "page.marks",
    "region": "page.marks",
    "spaghetti": "page.marks",
    "tiles": "page.tiles",
    "slider": "page.explorer",
    # mathematics
    "all_apart": "mathematics.packing_search",
    "balls_fit": "mathematics.packing",
    "bch_generator": "mathematics.codes",
    "code_weights": "mathematics.codes",
    "descend": "mathematics.descent",
    "fewest_balls": "mathematics.packing",
    "log10_most_balls": "mathematics.packing",
    "log_ball_volume": "mathematics.packing",
    "log_central_share": "mathematics.packing",
    "most_balls": "mathematics.packing",
    "repel": "mathematics.packing_search",
    "two_balls_threshold": "mathematics.packing",
    "branching_survival": "mathematics.percolation",
    "flips_to_good": "mathematics.percolation",
    "largest_piece": "mathematics.percolation",
    "pieces": "mathematics.percolation",
    "CornerDescents": "mathematics.corner_descents",
    "corner_descents": "mathematics.corner_descents",
    "noise_descent_steps": "mathematics.corner_descents",
    "nk_heights": "mathematics.nk",
    "gaussian_surfaces": "mathematics.landscapes",
    "goe_density": "mathematics.spectral_density",
    "flat_points": "mathematics.random_matrices",
    "goe": "mathematics.random_matrices",
    "is_positive_definite": "mathematics.random_matrices",
    "minima_share": "mathematics.psd_odds",
    "minima_share_at": "mathematics.psd_odds",
    "psd_counts": "mathematics.psd_sampling",
    "PsdEstimate": "mathematics.schur_carlo",
    "psd_estimate": "mathematics.schur_carlo",
    "psd_probability": "mathematics.psd_odds",
    "semicircle": "mathematics.spectral_density",
    "semicircle_above": "mathematics.spectral_density",
    "separable_wells": "mathematics.landscapes",
    "uphill_share": "mathematics.spectral_density",
    "walled_in_curvatures": "mathematics.schur_carlo",
    "flat_point_density": "mathematics.field_hessians",
    "flat_weights": "mathematics.field_hessians",
    "hessians_at_height": "mathematics.field_hessians",
    "marchenko_pastur": "mathematics.marchenko_pastur",
    "marchenko_pastur_below": "mathematics.marchenko_pastur",
    "marchenko_pastur_edges": "mathematics.marchenko_pastur",
    "marchenko_pastur_quantile": "mathematics.marchenko_pastur",
    "effective_dimension": "mathematics.distances",
    "cauchy_distance_share": "mathematics.distance_laws",
    "distance_share": "mathematics.distance_laws",
    "distance_spread": "mathematics.distance_laws",
    "Distances": "mathematics.distances",
    "pairwise_distances": "mathematics.distances",
    "gradient_descent": "mathematics.linear",
    "gradient_flow": "mathematics.linear",
    "interpolators": "mathematics.linear",
    "min_norm": "mathematics.linear",
    "ridge": "mathematics.linear",
    "dichotomies": "mathematics.capacity",
    "separable_share": "mathematics.capacity",
    "separating": "mathematics.capacity",
    # networks
    "concat": "networks.ensemble",
    "curvature": "networks.curvature",
    "dense": "networks.dense_hessian",
    "gauss_newton": "networks.products",
    "hessian": "networks.products",
    "Extremes": "networks.lanczos",
    "Spectrum": "networks.quadrature",
    "lanczos": "networks.lanczos",
    "loss_of": "networks.curvature",
    "matrices": "networks.operators",
    "slq": "networks.quadrature",
    "guess_and_check": "networks.guessing",
    "adagrad": "networks.optimisers",
    "adam": "networks.optimisers",
    "adamw": "networks.optimisers",
    "log_steps": "networks.trace",
    "rmsprop": "networks.optimisers",
    "sgd": "networks.optimisers",
    "sign_sgd": "networks.optimisers",
    "Networks": "networks.ensemble",
    "Trace": "networks.trace",
    "Trained": "networks.training",
    "mlp": "networks.ensemble",
    "cifar10": "networks.cifar",
    "convnet": "networks.convnets",
    "Dataset": "networks.data",
    "digits": "networks.digits",
    "mnist_1d": "networks.mnist1d",
    "mnist_5k": "networks.mnist",
    "mnist_pair": "networks.mnist",
    "noisy_labels": "networks.labels",
    "orthogonal_teacher": "networks.teacher",
    "random_labels": "networks.labels",
    "relu_population_loss": "networks.teacher",
    "shuffled_labels": "networks.labels",
    "teacher_student": "networks.teacher",
    "train": "networks.training",
    "RunDistances": "networks.run_distances",
    "run_distances": "networks.run_distances",
    "Curve": "networks.paths",
    "bent_path": "networks.paths",
    "linear_path": "networks.paths",
    "loss_along": "networks.paths",
    "match_weights": "networks.weight_matching",
    "permute_units": "networks.weight_matching",
    "residual_loss": "networks.zero_loss_set",
    "to_zero_loss": "networks.zero_loss_set",
    "zero_loss_dimension": "networks.zero_loss_set",
    "zero_loss_walk": "networks.zero_loss_walk",
    "output_jacobian": "networks.output_jacobian",
    "agreement": "networks.similarity",
    "cka": "networks.similarity",
    "cka_matrix": "networks.similarity",
    "gap_closed": "networks.similarity",
    "svcca": "networks.similarity",
    "iterative_pruning": "networks.pruning",
    "magnitude_masks": "networks.pruning",
    "mask_density": "networks.pruning",
    "masked": "networks.pruning",
    "random_masks": "networks.pruning",
    "Distillation": "networks.distillation",
    "lesson": "networks.distillation",
    "circuit_size": "networks.circuits",
    "jostled": "networks.circuits",
    "rounded": "networks.circuits",
    "sorted_share": "networks.circuits",
    "batcher": "networks.comparators",
    "comparator_network": "networks.comparators",
    "sorts_everything": "networks.comparators",
    "nearest_atom": "networks.detectors",
    "participation": "networks.detectors",
    "counting_network": "networks.sorting",
    "counting_size": "networks.sorting",
    "rank_network": "networks.sorting",
    "sorting_network": "networks.sorting",
    "sorting_size": "networks.sorting",
    "memorise": "networks.memorisation",
    "fgsm": "networks.attacks",
    "input_gradients": "networks.attacks",
    "pgd": "networks.attacks",
    "random_shift": "networks.attacks",
    "flip_distance": "networks.flip_distance",
    "linear_flip_distance": "networks.flip_distance",
    "margin": "networks.margin",
    # records
    "SweepError": "records.sweep",
    "sweep": "records.sweep",
}

__version__ = version("hdintuition")
__all__ = sorted(WHERE)


def __getattr__(name: str) -> Any:
    if name not in WHERE:
        raise AttributeError(f"module 'hdintuition' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"hdintuition.{WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *WHERE])
