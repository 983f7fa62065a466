"""The chain of the record within a test, whose transaction never commits by itself."""

from django.db import connection

from cuentas import cadena


def sellar() -> cadena.Sello:
    """Do now what a commit does: tie what was written to the chain."""
    correr("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
    return cadena.cabeza()


def correr(sql: str, *parametros) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parametros or None)
        return cursor.fetchall() if cursor.description else []


def contextos(modelo, **filtros) -> list[dict]:
    """The contexts of a model's events, oldest first."""
    return list(modelo.pgh_event_model.objects.filter(**filtros).order_by("pk").values_list("pgh_context", flat=True))
