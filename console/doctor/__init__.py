"""Whether a running installation keeps its tenants apart, tried on the installation itself.

Two schemas are made as any tenant's are, everything that must be refused is tried between them
with the login that serves pages, and they are removed again. Then the parts that go wrong with
time are looked at: the worker, the queue, the schemas and their rights, the disk, the clock.

A module for each part. Each function that tries something yields what it saw as ``Finding``s;
``examine`` runs them all, and one that breaks does not stop the others.
"""

from console.doctor.examination import examine
from console.doctor.findings import Finding, Verdict

__all__ = ["Finding", "Verdict", "examine"]
