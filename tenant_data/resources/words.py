"""What files call columns that several kinds of record have, and the words in those columns.

English first, then the languages in which the word can mean nothing else here.
"""

from tenant_data.models import ProjectStatus, TaskPriority, TaskStatus

NAME = ("Bezeichnung", "nom", "navn", "nome")
DESCRIPTION = ("details", "body", "Beschreibung", "beskrivelse", "descrição")
PROJECT = ("Projekt", "Projektname", "projet", "nom du projet", "projektnavn", "projeto")
STATUS = ("Zustand", "statut", "tilstand", "estado")
COLOUR = ("color", "Farbe", "couleur", "farve", "cor")
START = (
    "start",
    "start date",
    "starts",
    "Beginn",
    "Startdatum",
    "début",
    "date de début",
    "startdato",
    "início",
    "data de início",
)
DUE = (
    "due",
    "due date",
    "deadline",
    "Fällig",
    "fällig am",
    "Fälligkeitsdatum",
    "Fälligkeit",
    "échéance",
    "date d'échéance",
    "frist",
    "forfaldsdato",
    "prazo",
    "data de vencimento",
)

#: Other programs' words for how far a task is; the names of lists and columns of boards among them.
TASK_STATUS = {
    **dict.fromkeys(
        (
            "to do", "todo", "to-do", "backlog", "new", "not started", "planned", "ready",
            "reopened", "selected for development", "pending", "inbox", "offen", "neu", "zu tun",
            "geplant", "à faire", "ouvert", "åben", "at gøre", "ny", "a fazer", "aberto",
        ),
        TaskStatus.OPEN,
    ),
    **dict.fromkeys(
        (
            "doing", "started", "in work", "working on it", "in development", "active", "ongoing",
            "wip", "work in progress", "in Arbeit", "in Bearbeitung", "en cours", "i gang",
            "igangværende", "em andamento", "em curso",
        ),
        TaskStatus.IN_PROGRESS,
    ),
    **dict.fromkeys(
        (
            "review", "code review", "reviewing", "testing", "in testing", "qa", "in qa",
            "to verify", "waiting for approval", "in Prüfung", "zu prüfen", "en revue",
            "til gennemsyn", "em revisão",
        ),
        TaskStatus.REVIEW,
    ),
    **dict.fromkeys(
        (
            "complete", "completed", "closed", "resolved", "finished", "fixed", "shipped",
            "erledigt", "fertig", "abgeschlossen", "geschlossen", "terminé", "fait", "færdig",
            "afsluttet", "lukket", "concluído", "feito",
        ),
        TaskStatus.DONE,
    ),
}  # fmt: skip
TASK_PRIORITY = {
    **dict.fromkeys(
        ("lowest", "minor", "trivial", "niedrig", "gering", "basse", "lav", "baixa"),
        TaskPriority.LOW,
    ),
    **dict.fromkeys(
        ("medium", "moderate", "default", "mittel", "moyenne", "normale", "mellem", "média"),
        TaskPriority.NORMAL,
    ),
    **dict.fromkeys(("major", "important", "hoch", "haute", "høj", "alta"), TaskPriority.HIGH),
    **dict.fromkeys(
        ("highest", "critical", "blocker", "asap", "dringend", "kritisch", "urgente", "haster"),
        TaskPriority.URGENT,
    ),
}
PROJECT_STATUS = {
    **dict.fromkeys(("not started", "new", "geplant", "planifié"), ProjectStatus.PLANNED),
    **dict.fromkeys(
        ("in progress", "ongoing", "open", "aktiv", "laufend", "en cours"), ProjectStatus.ACTIVE
    ),
    **dict.fromkeys(("on hold", "on-hold", "pausiert", "en pause"), ProjectStatus.PAUSED),
    **dict.fromkeys(
        ("complete", "completed", "closed", "finished", "abgeschlossen", "terminé"),
        ProjectStatus.DONE,
    ),
}
