"""Solved games: known counts and values, the same game by plain recursion, and what play makes of it."""

from functools import cache

import pytest
import torch

from hdintuition.mathematics.games import line_game, wins_from

NOUGHTS = line_game(3, 3, 3, drop=False)
THREE = line_game(4, 3, 3)


def games_of(game):
    """How many ways there are to play from each position to the end."""
    counts = [0] * len(game)
    for position in range(len(game) - 1, -1, -1):
        next_ones = game.after[position][game.after[position] >= 0].tolist()
        counts[position] = sum(counts[n] for n in next_ones) or 1
    return counts


def by_recursion(columns, rows, in_a_row, drop):
    """Score of every reachable position by plain negamax, keyed by (mine, theirs)."""
    cells = [(c, r) for c in range(columns) for r in range(rows)]
    steps = ((1, 0), (0, 1), (1, 1), (1, -1))
    lines = [
        line
        for c, r in cells
        for dc, dr in steps
        if set(line := [(c + i * dc, r + i * dr) for i in range(in_a_row)]) <= set(cells)
    ]

    @cache
    def score(mine, theirs):
        if any(set(line) <= theirs for line in lines):
            return -(len(cells) + 1)
        free = [cell for cell in cells if cell not in mine | theirs]
        if drop:
            free = [(c, r) for c, r in free if r == 0 or (c, r - 1) in mine | theirs]
        worth = [-score(theirs, mine | {cell}) for cell in free]
        return max((w - (w > 0) + (w < 0) for w in worth), default=0)

    score(frozenset(), frozenset())
    return score


# ------------------------------------------------------------------------------------------ known answers


def test_noughts_and_crosses_is_a_draw_with_5478_positions_and_255168_games():
    assert len(NOUGHTS) == 5478
    assert NOUGHTS.score[0] == 0
    assert games_of(NOUGHTS)[0] == 255_168


def test_the_games_of_connect_four_on_four_by_three_are_as_many_as_the_encyclopedia_says():
    # OEIS A342329, boards of n + 1 columns and n rows: 2, 90, 356232.
    for rows, count in ((1, 2), (2, 90), (3, 356_232)):
        assert games_of(line_game(rows + 1, rows, 4))[0] == count


@pytest.mark.parametrize(("columns", "rows"), [(4, 4), (4, 5)])
def test_connect_four_on_small_boards_is_the_draw_that_others_found(columns, rows):
    # The table of the solver github.com/ChristopheSteininger/c4, which extends that of J. Tromp.
    assert line_game(columns, rows, 4).score[0] == 0


@pytest.mark.parametrize("board", [(3, 3, 3, False), (3, 3, 3, True), (4, 3, 3, True), (3, 2, 2, False)])
def test_every_score_is_that_of_plain_recursion(board):
    columns, rows, in_a_row, drop = board
    game, score = line_game(columns, rows, in_a_row, drop=drop), by_recursion(*board)
    for position in range(len(game)):
        mine, theirs = (
            frozenset(
                (c, r) for c in range(columns) for r in range(rows) if int(stones) >> (c * rows + r) & 1
            )
            for stones in (game.mine[position], game.theirs[position])
        )
        assert game.score[position] == score(mine, theirs)


# --------------------------------------------------------------------------------------------- invariants


@pytest.mark.parametrize("game", [NOUGHTS, THREE], ids=["noughts", "three"])
def test_positions_are_distinct_and_moves_add_one_stone_and_change_the_players(game):
    assert len({*zip(game.mine.tolist(), game.theirs.tolist(), strict=True)}) == len(game)
    assert not (game.mine & game.theirs).any()
    before, move = game.legal.nonzero().T
    after = game.after[before, move]
    assert torch.equal(game.mine[after], game.theirs[before])
    added = game.theirs[after] ^ game.mine[before]
    assert ((added & (added - 1)) == 0).all()
    assert (added > 0).all()
    assert (torch.bincount(after, minlength=len(game))[1:] > 0).all()


@pytest.mark.parametrize("game", [NOUGHTS, THREE], ids=["noughts", "three"])
def test_a_position_is_worth_its_best_move_and_mirrors_are_worth_the_same(game):
    going = game.legal.any(1)
    assert torch.equal(game.move_score.amax(1)[going], game.score[going])
    assert ((game.plies % 2 == 1) == (game.score > 0)).all()  # the winner makes the last move
    boards = game.planes(torch.arange(len(game))).unflatten(1, (2, game.columns, game.rows))
    index = {board: i for i, board in enumerate(map(tuple, boards.flatten(1).tolist()))}
    mirrored = [index[tuple(board)] for board in boards.flip(2).flatten(1).tolist()]
    assert torch.equal(game.score[mirrored], game.score)
    assert game.mirror.tolist() == mirrored


def test_fastest_moves_win_and_shorten_the_game_by_one_ply():
    before, move = THREE.fastest.nonzero().T
    assert THREE.winning[before, move].all()
    assert torch.equal(THREE.plies[THREE.after[before, move]], THREE.plies[before] - 1)
    assert torch.equal(THREE.fastest.any(1), (THREE.score > 0) & THREE.legal.any(1))


def test_planes_hold_the_stones_of_both():
    at = int(THREE.after[int(THREE.after[0, 1]), 1])  # both in the second column
    planes = THREE.planes(torch.tensor(at)).reshape(2, 4, 3)
    assert planes.nonzero().tolist() == [[0, 1, 0], [1, 1, 1]]
    assert THREE.planes(torch.zeros(2, 5, dtype=torch.int64)).shape == (2, 5, 24)
    assert len(THREE.to("cpu")) == len(THREE)


# --------------------------------------------------------------------------------------------------- play


def slowest(game):
    worth = torch.where(game.winning, game.move_score, torch.iinfo(torch.int64).max)
    return lambda at: worth[at].argmin(-1)


def test_whoever_always_picks_a_winning_move_wins_however_slow():
    won = (THREE.score > 0).nonzero()[:, 0]
    assert wins_from(THREE, won, slowest(THREE)).all()
    assert wins_from(THREE, won.expand(3, -1), lambda at: THREE.move_score[at].argmax(-1)).all()


def test_one_slip_is_enough_to_lose_a_won_game():
    won = ((THREE.score > 0) & (THREE.winning.sum(1) < THREE.legal.sum(1)) & (THREE.plies >= 5)).nonzero()[
        :, 0
    ]
    at_first = set(won.tolist())

    def slips_once(at):
        worst = torch.where(THREE.legal[at], THREE.move_score[at], torch.iinfo(torch.int64).max).argmin(-1)
        first = torch.tensor([position in at_first for position in at.tolist()])
        return torch.where(first, worst, slowest(THREE)(at))

    assert not wins_from(THREE, won, slips_once).any()


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="at most 31 cells, got 6 x 6 and 4"):
        line_game(6, 6, 4)
    with pytest.raises(ValueError, match="must be >= 1"):
        line_game(3, 3, 0)
    drawn = NOUGHTS.score == 0
    with pytest.raises(ValueError, match="positions that the player to move wins"):
        wins_from(NOUGHTS, drawn.nonzero()[:3, 0], lambda at: at)
    filled = ((NOUGHTS.score > 0) & (NOUGHTS.mine & 1 == 1)).nonzero()[:2, 0]
    with pytest.raises(ValueError, match="not legal"):
        wins_from(NOUGHTS, filled, torch.zeros_like)
