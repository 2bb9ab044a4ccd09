"""The settings of a benchmark, with a middleware that ends requests badly where it is asked to."""

from benchmarks.web_settings import *  # noqa: F403
from benchmarks.web_settings import MIDDLEWARE

MIDDLEWARE = [*MIDDLEWARE, "benchmarks.isolation_endings.EndingsMiddleware"]
