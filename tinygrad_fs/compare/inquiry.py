"""An inquiry: one subject, gone through in all its modes and configurations."""

from __future__ import annotations

from collections.abc import Sequence

from tinygrad_fs.compare.draws import Draw
from tinygrad_fs.compare.errors import AuditError, RunError
from tinygrad_fs.compare.examine import Outcome, examine
from tinygrad_fs.compare.report import Finding
from tinygrad_fs.compare.reproducers.evidence import Evidence
from tinygrad_fs.compare.subjects.case import Subject

__all__ = ["Inquiry"]


class Inquiry:
    """Goes through one subject.

    Parameters
    ----------
    subject : Subject
    modes : sequence of str or None
        All that it has, if None.
    draws : int
        How many random draws.
    given : bool
        Whether the first of them is what the caller gave.
    seed : int
    variations : bool
        Go through other configurations, too.

    Attributes
    ----------
    findings : list of Finding
    remarks : list of str

    Raises
    ------
    AuditError
        If the subject does not have one of the modes.
    """

    def __init__(
        self,
        subject: Subject,
        modes: Sequence[str] | None = None,
        *,
        draws: int,
        given: bool,
        seed: int,
        variations: bool,
    ) -> None:
        unknown = [mode for mode in modes or () if mode not in subject.modes]
        if unknown:
            raise AuditError(f"audit: {subject.title} has no mode {unknown[0]!r}; it has {', '.join(subject.modes)}")
        self._modes = tuple(modes or subject.modes)
        self._draws, self._given, self._seed = draws, given, seed
        self._evidence = Evidence(seed)
        self._remarks: dict[str, None] = {}
        self.findings = [finding for mode in self._modes for finding in self._in_mode(subject, mode)]
        if variations and all(finding.verdict != "error" for finding in self.findings):
            for variation in subject.variations():
                self.findings += self._of_variation(variation)
        self._remarks |= dict.fromkeys(subject.remarks)

    @property
    def remarks(self) -> list[str]:
        """What else was seen, each once."""
        return list(self._remarks)

    def _of_variation(self, subject: Subject) -> list[Finding]:
        """Findings in a configuration that the caller did not ask for; what it does not take is only remarked."""
        is_batch = subject.label.startswith("batch")
        try:
            return [finding for mode in self._modes for finding in self._in_mode(subject, mode, required=False)]
        except RunError as error:
            if is_batch and not error.is_refusal:
                return [self._failed(subject, self._modes[0], error)]
            self._remarks[f"not audited with {subject.label}: {error}"] = None
            return []

    def _in_mode(self, subject: Subject, mode: str, *, required: bool = True) -> list[Finding]:
        try:
            draws = Draw.series(self._draws if required else min(self._draws, 2), self._given, self._seed)
            outcomes = examine(subject, mode, draws)
        except RunError as error:
            if not required:
                raise
            return [self._failed(subject, mode, error)]
        for outcome in outcomes:
            for trial in outcome.trials:
                self._remarks |= dict.fromkeys([*trial.hand.remarks, *trial.truth.remarks])
        return [self._finding(subject, mode, outcome) for outcome in outcomes]

    def _finding(self, subject: Subject, mode: str, outcome: Outcome) -> Finding:
        judgement = outcome.judgement
        return Finding(
            name=outcome.name,
            mode=mode,
            configuration=subject.label,
            verdict=judgement.verdict,
            detail=judgement.detail,
            scale=judgement.scale,
            max_rel_error=judgement.error,
            truth=outcome.trials[0].truth.method,
            reproducer=None if judgement.verdict == "right" else self._evidence.of(subject, mode, outcome),
        )

    def _failed(self, subject: Subject, mode: str, error: RunError) -> Finding:
        source = self._evidence.of_error(subject, mode, error)
        return Finding("input", mode, subject.label, "error", str(error), reproducer=source)
