"""A point on the map → the department in which it roughly lies. Pure; the point itself goes no further than here.

The department is that of the nearest town of ``places.yml``, near enough to be believed; else nothing.
"""

from __future__ import annotations

import functools
import math
from pathlib import Path

import yaml

OUTSIDE = "outside"
FARTHEST_KM = 200.0  # the forest has few towns
EARTH_KM = 6371.0


@functools.cache
def towns() -> tuple[tuple[float, float, str], ...]:
    """Latitude, longitude and department of every town."""
    read = yaml.safe_load(Path(__file__).with_name("places.yml").read_text(encoding="utf-8"))
    points = ((point.split(), name) for name, written in read.items() for point in written.split(","))
    return tuple((float(lat), float(lon), name) for (lat, lon), name in points)


def department(latitude: float, longitude: float) -> str:
    """The code of the nearest town's department; empty outside Peru, far from any town, or for no place on earth."""
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):  # not a number is neither
        return ""
    far, name = min((_km(latitude, longitude, lat, lon), name) for lat, lon, name in towns())
    return name if far <= FARTHEST_KM and name != OUTSIDE else ""


def _km(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """The way over the ground between two points."""
    a, b = math.radians(lat), math.radians(other_lat)
    half = (
        math.sin((b - a) / 2) ** 2
        + math.cos(a) * math.cos(b) * math.sin(math.radians(other_lon - lon) / 2) ** 2
    )
    return 2 * EARTH_KM * math.asin(math.sqrt(min(1.0, half)))
