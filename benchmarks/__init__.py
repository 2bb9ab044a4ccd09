"""Figures of speed and memory: ``python -m benchmarks NAME [--schemas N] [--json]``.

Each measures the console and what it is compared with in the same run, on the same server, in
turns, and reports medians. They are no tests: whatever they measure, they end with status 0.
"""
