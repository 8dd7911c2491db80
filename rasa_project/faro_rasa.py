"""Rasa's command line in Faro's slim environment: ``python faro_rasa.py train|run|shell|data validate|test nlu``.

Promises: telemetry is off, absent libraries have stand-ins, ``bot.screening`` can be imported, paths are taken from
this folder, and a Rasa that serves people logs no word of theirs. Must run before anything of Rasa is imported.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
import warnings
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Rasa's arithmetic is small: more threads only cost memory and take turns from the gateway.
ENVIRONMENT = {
    "RASA_TELEMETRY_ENABLED": "false",
    "OPENBLAS_NUM_THREADS": "1",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
}


def end_with_the_parent() -> None:
    """A gateway that was killed takes its child along: standard input closes when it is gone."""

    def wait() -> None:
        while os.read(0, 1024):  # below Python's buffer: its lock would end a normal exit with a fatal error
            pass
        os._exit(0)

    threading.Thread(target=wait, daemon=True, name="parent").start()


def settle() -> None:
    """The surroundings that Rasa needs; after this it can be imported."""
    os.environ.update(ENVIRONMENT)
    os.chdir(HERE)
    sys.path[:0] = [str(HERE), str(HERE.parent)]
    warnings.simplefilter("ignore")
    warnings.filterwarnings = warnings.simplefilter = lambda *_args, **_kwargs: None  # type: ignore[assignment]  # Rasa turns warnings on again, and they quote what people wrote
    import slim  # noqa: F401, PLC0415  # stands in for absent libraries, before rasa asks for them
    from slim import domain  # noqa: PLC0415  # asks for rasa

    domain.settle()


def main() -> None:
    """Hand over to Rasa."""
    settle()
    if os.environ.pop("FARO_RASA_CHILD", ""):
        end_with_the_parent()
    if sys.argv[1:2] == ["train"]:
        gc.disable()  # a fifth of the time went into looking for garbage among examples that all stay
    from rasa.__main__ import main as rasa  # noqa: PLC0415

    rasa()


if __name__ == "__main__":
    main()
