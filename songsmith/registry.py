"""Backends by name: the built-in ones and those that other packages offer through entry points.

A backend is named `module:Class` and imported on request only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from songsmith.errors import InputError, MissingPart


@dataclass(frozen=True, slots=True)
class Registry:
    """The backends of one role.

    Parameters
    ----------
    role : what the user calls one of them ("singer")
    group : entry point group through which others join
    built_in : name to `module:Class`
    """

    role: str
    group: str
    built_in: Mapping[str, str]

    def names(self) -> tuple[str, ...]:
        """Return the names of all backends, sorted."""
        return tuple(sorted({*self.built_in, *(point.name for point in entry_points(group=self.group))}))

    def make(self, name: str, *options: object) -> Any:
        """Return a new backend of a name, made with the options of its role.

        Raises InputError with the names there are for any other, MissingPart where it cannot be imported.
        """
        try:
            return self._point(name).load()(*options)
        except ImportError as err:
            raise MissingPart(f"{self.role} {name!r} cannot be loaded ({err}): install what it needs") from err

    def version(self, name: str) -> str:
        """Return the version of the package that a backend comes with."""
        from songsmith import __version__

        point = self._point(name)
        return __version__ if point.dist is None else point.dist.version

    def _point(self, name: str) -> EntryPoint:
        if name in self.built_in:
            return EntryPoint(name, self.built_in[name], self.group)
        for point in entry_points(group=self.group):
            if point.name == name:
                return point
        raise InputError(f"{self.role} {name!r} is not known: use one of {', '.join(self.names())}")
