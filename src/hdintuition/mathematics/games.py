"""Small two-player games solved exactly: so many stones in a row, with gravity (connect four) or without (noughts).

All positions that play can reach are listed ply by ply, each once, as two sets of cells: the stones of the player to
move and those of the other. Then backward induction, from the last ply to the first: a position is worth what its
best move is worth, and a move is worth the opposite of the position it leads to. Every ply is one array.

A score is positive where the player to move wins and larger the sooner it can be forced: with c cells a win in n
plies scores c + 1 − n. A loss scores the opposite, so that the best defence is the longest; a draw scores 0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

MOST_CELLS = 31  # both players' stones have to fit into one 64-bit key
NOT_LEGAL = np.int64(-1)


@dataclass(frozen=True)
class SolvedGame:
    """Every reachable position of a game with the worth of every move; position 0 is the empty board.

    Attributes:
        columns: Of the board.
        rows: Of the board.
        mine: Stones of the player to move, (positions,), int64: bit c · rows + r is column c, row r from below.
        theirs: The other player's stones, the same way.
        after: The position that a move leads to, (positions, moves), int64; −1 where the move is not legal. A move is
            a column where stones drop, else a cell.
        score: Of each position for the player to move, (positions,), int64.
    """

    columns: int
    rows: int
    mine: Tensor
    theirs: Tensor
    after: Tensor
    score: Tensor

    def __len__(self) -> int:
        return len(self.score)

    @property
    def legal(self) -> Tensor:
        """Which moves there are, (positions, moves)."""
        return self.after >= 0

    @property
    def move_score(self) -> Tensor:
        """Of every move for the player who makes it, (positions, moves); the least int64 where it is not legal."""
        reached = -self.score[self.after.clamp(min=0)]
        worth = reached - reached.sign()  # a win is one ply farther away than after the move, a loss as well
        return torch.where(self.legal, worth, torch.iinfo(torch.int64).min)

    @property
    def winning(self) -> Tensor:
        """Moves after which the win can still be forced, (positions, moves)."""
        return self.move_score > 0

    @property
    def fastest(self) -> Tensor:
        """Winning moves that win soonest, (positions, moves)."""
        worth = self.move_score
        return (worth > 0) & (worth == worth.amax(1, keepdim=True))

    @property
    def plies(self) -> Tensor:
        """How many plies a decided position lasts if both play their best, (positions,); 0 too for draws."""
        return torch.where(self.score == 0, 0, self.columns * self.rows + 1 - self.score.abs())

    @property
    def mirror(self) -> Tensor:
        """The position with its columns in reverse order, (positions,), int64."""
        cells = self.columns * self.rows
        keys = self.theirs | self.mine << cells
        ordered, index = keys.sort()
        mirrored = self._reversed(self.theirs) | self._reversed(self.mine) << cells
        return index[torch.searchsorted(ordered, mirrored)]

    def _reversed(self, stones: Tensor) -> Tensor:
        column = (1 << self.rows) - 1
        moved = [
            (stones >> c * self.rows & column) << (self.columns - 1 - c) * self.rows
            for c in range(self.columns)
        ]
        return torch.stack(moved).sum(0)

    def planes(self, positions: Tensor) -> Tensor:
        """Boards as a network sees them: 1 where the player to move has a stone, then the same for the other.

        Args:
            positions: Which ones, of any shape, int64.

        Returns:
            The shape of ``positions`` and one more axis of 2 · columns · rows, float32.
        """
        cells = torch.arange(self.columns * self.rows, device=self.mine.device)
        stones = torch.stack([self.mine[positions], self.theirs[positions]], dim=-1)
        return ((stones[..., None] >> cells) & 1).flatten(-2).float()

    def to(self, device: str | torch.device) -> SolvedGame:
        """The same game on a device."""
        tables = (t.to(device) for t in (self.mine, self.theirs, self.after, self.score))
        return SolvedGame(self.columns, self.rows, *tables)


def line_game(columns: int, rows: int, in_a_row: int, *, drop: bool = True) -> SolvedGame:
    """The game of so many stones in a row, along a column, a row or a diagonal, solved for every reachable position.

    Args:
        columns: Of the board.
        rows: Of the board; at most 31 cells in all.
        in_a_row: Stones that win.
        drop: Stones fall to the lowest free cell of a column; else any free cell may be taken.

    Raises:
        ValueError: If the board is empty or too large, or the line is shorter than 1.

    >>> noughts = line_game(3, 3, 3, drop=False)
    >>> len(noughts), int(noughts.score[0])
    (5478, 0)
    """
    if min(columns, rows, in_a_row) < 1 or columns * rows > MOST_CELLS:
        raise ValueError(
            f"columns, rows and in_a_row must be >= 1 and the board have at most {MOST_CELLS} cells, got "
            f"{columns} x {rows} and {in_a_row}"
        )
    lines = _lines(columns, rows, in_a_row)
    plies = [(np.zeros(1, np.int64), np.zeros(1, np.int64))]
    over, after = [], []
    while len(plies[-1][0]):
        mine, theirs = plies[-1]
        over.append(_holds_a_line(theirs, lines))
        cells = _cells(mine | theirs, columns, rows, drop)
        cells[over[-1]] = 0
        reached, following = _next(mine, theirs, cells, columns * rows)
        after.append(reached)
        plies.append(following)
    return _solved(columns, rows, plies[:-1], over, after)


def wins_from(game: SolvedGame, positions: Tensor, choose: Callable[[Tensor], Tensor]) -> Tensor:
    """Whether a player brings home games that are won, against the defence that holds out longest.

    Args:
        game: Solved.
        positions: Where the games begin, of any shape, the player to move.
        choose: From positions of that shape, int64, to a legal move for each.

    Returns:
        A boolean for each game: True if it was won. One move that is not winning, and a perfect defender does not
        give the win back.

    Raises:
        ValueError: If a position is not won, or a move chosen is not legal.
    """
    if not bool((game.score[positions] > 0).all()):
        raise ValueError("games must begin in positions that the player to move wins")
    worth, legal, at = game.move_score, game.legal, positions
    still = torch.ones_like(at, dtype=torch.bool)
    while True:
        moves = choose(at)
        there = game.after[at, moves]
        if bool((there < 0).any()):
            raise ValueError("choose gave a move that is not legal")
        still = still & (worth[at, moves] > 0)
        going = still & legal[there].any(-1)
        if not bool(going.any()):
            return still
        # Games that are over wait where their last choice was made.
        at = torch.where(going, game.after[there, worth[there].argmax(-1)], at)


def _lines(columns: int, rows: int, in_a_row: int) -> list[int]:
    """Every winning line, as a set of cells."""
    found = set()
    for column in range(columns):
        for row in range(rows):
            for right, up in ((1, 0), (0, 1), (1, 1), (1, -1)):
                line = [(column + i * right, row + i * up) for i in range(in_a_row)]
                if all(0 <= c < columns and 0 <= r < rows for c, r in line):
                    found.add(sum(1 << (c * rows + r) for c, r in line))
    return sorted(found)


def _holds_a_line(stones: np.ndarray, lines: list[int]) -> np.ndarray:
    held = np.zeros(len(stones), bool)
    for line in lines:
        held |= (stones & line) == line
    return held


def _cells(filled: np.ndarray, columns: int, rows: int, drop: bool) -> np.ndarray:
    """The cell that each move fills, as a set of one, (positions, moves); 0 where there is no such move."""
    if not drop:
        every = np.int64(1) << np.arange(columns * rows)
        return np.where(filled[:, None] & every, 0, every)
    lowest = np.int64(1) << (np.arange(columns) * rows)
    column = lowest * ((1 << rows) - 1)
    # Adding 1 at the foot of a column carries through its stones to the first free cell, or out of the column.
    return ((filled[:, None] & column) + lowest) & column


def _next(
    mine: np.ndarray, theirs: np.ndarray, cells: np.ndarray, shift: int
) -> tuple[np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Where each move leads, as an index into the next ply, and that ply; the players change places."""
    keys = np.where(cells, theirs[:, None] | ((mine[:, None] | cells) << shift), NOT_LEGAL)
    known, index = np.unique(keys, return_inverse=True)
    illegal = int(known[0] == NOT_LEGAL)
    known = known[illegal:]
    return index.reshape(keys.shape) - illegal, (known & ((1 << shift) - 1), known >> shift)


def _solved(
    columns: int,
    rows: int,
    plies: list[tuple[np.ndarray, np.ndarray]],
    over: list[np.ndarray],
    after: list[np.ndarray],
) -> SolvedGame:
    """Backward induction, and all plies in one table."""
    lost = -(columns * rows + 1)
    scores: list[np.ndarray] = [np.zeros(0, np.int64)]
    for ended, reached in zip(reversed(over), reversed(after), strict=True):
        scores.append(_scores(ended, reached, scores[-1], lost))
    firsts = np.cumsum([0, *(len(ply[0]) for ply in plies)])
    table = [np.where(a >= 0, a + first, NOT_LEGAL) for a, first in zip(after, firsts[1:], strict=True)]
    parts = [p[0] for p in plies], [p[1] for p in plies], table, scores[:0:-1]
    return SolvedGame(columns, rows, *(torch.from_numpy(np.concatenate(part)) for part in parts))


def _scores(ended: np.ndarray, reached: np.ndarray, following: np.ndarray, lost: int) -> np.ndarray:
    """One ply's scores from those of the next."""
    if not len(following):
        return np.where(ended, lost, 0)
    worth = -following[np.maximum(reached, 0)]
    worth = np.where(reached >= 0, worth - np.sign(worth), np.iinfo(np.int64).min)
    best = worth.max(axis=1)
    return np.where(ended, lost, np.where((reached >= 0).any(axis=1), best, 0))
