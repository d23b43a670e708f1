"""Backprop that was written by hand, held against autograd."""

from tinygrad_fs.compare.audit import assert_backward_matches, audit
from tinygrad_fs.compare.errors import AuditError
from tinygrad_fs.compare.network_audit import audit_network
from tinygrad_fs.compare.report import Finding, Report
from tinygrad_fs.compare.two_ways import Comparison, side_by_side

__all__ = [
    "AuditError",
    "Comparison",
    "Finding",
    "Report",
    "assert_backward_matches",
    "audit",
    "audit_network",
    "side_by_side",
]
