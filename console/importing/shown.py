"""What the page of an import shows of its check, as the import keeps it: bounded, fit for JSON."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from console.importing.exceptions import ImportingError
from console.importing.preview import sections
from console.importing.reading import Question
from console.importing.results import ImportResult


def shown_result(result: ImportResult, read_as: Iterable[str]) -> dict[str, Any]:
    """A preview: what would come of the rows, the first of each sort, and what is wrong; and what
    tells whether that is still so when it is confirmed."""
    return {
        "digest": result.digest,
        "read_as": [*read_as, *result.ways],
        "warnings": result.warnings,
        "notes": result.notes,
        "sections": [{**each, "rows": _rows(each["rows"])} for each in sections(result)],
        "error_count": result.error_count,
        "errors": [
            {
                "column": errors.column,
                "count": errors.count,
                "more": errors.more,
                "sentences": [
                    {"text": sentence.text, "where": sentence.where}
                    for sentence in errors.sentences.values()
                ],
            }
            for errors in result.errors_by_column()
        ],
    }


def _rows(rows: list[Any]) -> list[dict[str, Any]]:
    return [
        {"line": row.line, "key": row.key, "cells": row.cells, "changes": row.changes}
        for row in rows
    ]


def shown_refusal(refusal: ImportingError, read_as: Iterable[str]) -> dict[str, Any]:
    """Why the file is not checked as it is read; with the questions that a person can answer."""
    questions = getattr(refusal, "questions", [])
    return {"read_as": [*read_as], "questions": [asdict(question) for question in questions]}


def questions_of(preview: dict[str, Any] | None) -> list[Question]:
    """What the preview asks."""
    asked = (preview or {}).get("questions", [])
    return [Question(**{**each, "columns": tuple(each["columns"])}) for each in asked]
