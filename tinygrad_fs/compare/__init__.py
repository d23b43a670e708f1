"""compare: hand-written backprop held against autograd."""

from tinygrad_fs.compare.audit import assert_backward_matches, audit
from tinygrad_fs.compare.report import Finding, Report
from tinygrad_fs.compare.subject import AuditError

__all__ = ["AuditError", "Finding", "Report", "assert_backward_matches", "audit"]
