"""Stands in for the libraries that Rasa imports at the top of its modules and Faro never runs.

Import it before ``rasa``. dask alone is not stood in for but replaced (``graph``). Where a library is installed (``full/``), all of it is the real one. A stand-in can be
imported, subclassed, named in an annotation or an ``except`` clause, and nothing else: whoever calls one gets
``AbsentLibraryError`` with the name that was called.
"""

# ruff: noqa: ARG002  # the signatures are the language's
from __future__ import annotations

import importlib.machinery
import sys
import types
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from typing import Any, ClassVar

from slim import graph

# tensorflow, keras: DIET, TED. The rest: other channels, stores, brokers, plots.
ABSENT = frozenset(
    [
        "aio_pika",
        "aiogram",
        "aiormq",
        "boto3",
        "botocore",
        "cachecontrol",
        "fbmessenger",
        "google",
        "keras",
        "matplotlib",
        "pymongo",
        "slack_sdk",
        "socketio",
        "tensorflow",
        "twilio",
        "webexteamssdk",
    ]
)
MISSING = frozenset(name for name in ABSENT if importlib.machinery.PathFinder.find_spec(name) is None)
RAISED = ("Error", "Exception", "Failure")  # such names stand in ``except`` clauses


class AbsentLibraryError(ImportError):
    """Something that this environment leaves out was used; ``rasa_project/README.md`` says what needs it."""


class _Inert(type):
    """The class of every stand-in name."""

    def __getattr__(cls, name: str) -> Any:
        return _named(name, f"{cls.__module__}.{cls.__qualname__}")

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        raise AbsentLibraryError(
            f"{cls.__module__}.{cls.__qualname__} is not installed in Rasa's slim environment"
        )


def _named(name: str, inside: str) -> Any:
    if name.startswith("__") and name.endswith("__"):
        raise AttributeError(name)
    if name.endswith(RAISED):
        return type(name, (Exception,), {"__module__": inside})
    return _Inert(name, (), {"__module__": inside})


class _Module(types.ModuleType):
    __path__: ClassVar[list[str]] = []

    def __getattr__(self, name: str) -> Any:
        found = _named(name, self.__name__)
        setattr(self, name, found)
        return found


class _Finder(MetaPathFinder, Loader):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] not in MISSING:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _Module(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        pass


sys.meta_path.append(_Finder())
if importlib.machinery.PathFinder.find_spec("dask") is None:
    sys.modules["dask"] = graph
