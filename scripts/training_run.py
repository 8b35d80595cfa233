"""What every training here needs: checkpoints that a run goes on from, averaged weights, a log as CSV and PNG."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

CHECKPOINT_S = 180.0


@dataclass(frozen=True, slots=True)
class Team:
    """Processes that take every step together, each with its share of the batch.

    Parameters
    ----------
    size : how many there are
    rank : which of them this one is; 0 writes and validates
    """

    size: int
    rank: int

    @classmethod
    def gather(cls, size: int, meeting: Path) -> Team:
        """Return the team of this process and the others that it forks off; `meeting` is a file to meet at."""
        import os

        os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
        meeting.unlink(missing_ok=True)
        rank = next((i for i in range(1, size) if os.fork() == 0), 0)
        torch.distributed.init_process_group("gloo", f"file://{meeting.resolve()}", rank=rank, world_size=size)
        return cls(size, rank)

    def share(self, network: nn.Module) -> None:
        """Give all the mean of their gradients."""
        grads = [p.grad for p in network.parameters() if p.grad is not None]
        flat = torch.cat([grad.reshape(-1) for grad in grads])
        torch.distributed.all_reduce(flat)
        for grad, mean in zip(grads, (flat / self.size).split([grad.numel() for grad in grads]), strict=True):
            grad.copy_(mean.reshape(grad.shape))

    def agree(self, said: bool) -> bool:
        """Return what the first of them says."""
        word = torch.tensor([float(said)])
        torch.distributed.broadcast(word, 0)
        return bool(word.item())


@dataclass(slots=True)
class Run:
    """A training in its folder.

    Parameters
    ----------
    folder : of `NAME.pt`, `NAME.csv` and `NAME.png`
    name : of the stage
    network, optimizer, average : trained; `average` is the share of the old in the averaged weights at each step
    minutes, steps : this run ends after either
    anneal : whether the rate falls to nothing over this run
    team : the processes that share the steps of this run, if there are several
    """

    folder: Path
    name: str
    network: nn.Module
    optimizer: torch.optim.Optimizer
    average: float
    minutes: float
    steps: int
    rate: float
    anneal: bool = False
    team: Team | None = None
    step: int = 0
    averaged: dict[str, Tensor] = field(default_factory=dict)
    rows: list[dict[str, float]] = field(default_factory=list)

    @property
    def checkpoint(self) -> Path:
        return self.folder / f"{self.name}.pt"

    def resume(self) -> None:
        """Go on from the checkpoint; raise FileNotFoundError where there is none."""
        state = torch.load(self.checkpoint, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.averaged, self.step, self.rows = state["averaged"], state["step"], state["rows"]

    def save(self) -> None:
        """Write the checkpoint and the log."""
        self.folder.mkdir(parents=True, exist_ok=True)
        state = {
            "network": self.network.state_dict(), "optimizer": self.optimizer.state_dict(),
            "averaged": self.averaged, "step": self.step, "rows": self.rows,
        }  # fmt: skip
        temporary = self.checkpoint.with_suffix(".part")
        torch.save(state, temporary)
        temporary.replace(self.checkpoint)
        if self.rows:
            with (self.folder / f"{self.name}.csv").open("w", newline="") as file:
                writer = csv.DictWriter(file, sorted({key for row in self.rows for key in row}))
                writer.writeheader()
                writer.writerows(self.rows)

    def train(self, loss_of: Callable[[int], Tensor], validate: Callable[[], dict[str, Any]], every: int) -> None:
        """Take steps until the time or the steps are up; `loss_of` gives the loss of a step's batch."""
        began = saved = time.monotonic()
        until = self.step + self.steps
        shown, total = 0, 0.0
        while self.step < until and self._goes_on(time.monotonic() - began < 60.0 * self.minutes):
            spent = max((time.monotonic() - began) / (60.0 * self.minutes), 1 - (until - self.step) / self.steps)
            rate = self.rate * min(1.0, (self.step + 1) / 100) * (1.0 - spent if self.anneal else 1.0)
            for group in self.optimizer.param_groups:
                group["lr"] = rate
            loss = loss_of(self.step)
            self.optimizer.zero_grad()
            loss.backward()
            if self.team is not None:
                self.team.share(self.network)
            nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
            self.optimizer.step()
            self.step += 1
            self._average()
            shown, total = shown + 1, total + float(loss.detach())
            if self.team is not None and self.team.rank:
                continue
            if self.step % every == 0:
                with self.swapped():
                    row = {"step": self.step, "loss": total / shown, **validate()}
                self.rows.append(row)
                text = " ".join(f"{key} {value:.4f}" for key, value in row.items())
                print(f"{text} ({time.monotonic() - began:.0f} s)", flush=True)
                shown, total = 0, 0.0
            if time.monotonic() - saved > CHECKPOINT_S:
                self.save()
                saved = time.monotonic()
        if self.team is None or not self.team.rank:
            self.save()

    def _goes_on(self, has_time: bool) -> bool:
        return has_time if self.team is None else self.team.agree(has_time)

    def _average(self) -> None:
        share = min(self.average, (self.step + 1) / (self.step + 10))
        for name, value in self.network.state_dict().items():
            if name not in self.averaged:
                self.averaged[name] = value.detach().clone()
            elif value.is_floating_point():
                self.averaged[name].lerp_(value.detach(), 1.0 - share)

    def swapped(self) -> Any:
        """Return a context in which the network has its averaged weights."""
        from contextlib import contextmanager

        @contextmanager
        def inside() -> Iterator[None]:
            own = {name: value.clone() for name, value in self.network.state_dict().items()}
            self.network.load_state_dict(self.averaged)
            self.network.train(False)
            try:
                yield
            finally:
                self.network.load_state_dict(own)
                self.network.train(True)

        return inside()


def draw_log(rows: list[dict[str, float]], path: Path, title: str) -> None:
    """Draw the curves of a log."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    if not rows:
        return
    keys = [key for key in rows[-1] if key != "step"]
    figure, axes = plt.subplots(1, len(keys), figsize=(3.2 * len(keys), 2.8))
    for axis, key in zip([axes] if len(keys) == 1 else axes, keys, strict=True):
        axis.plot([row["step"] for row in rows if key in row], [row[key] for row in rows if key in row])
        axis.set_title(f"{title}: {key}", fontsize=9)
        axis.tick_params(labelsize=7)
        axis.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
