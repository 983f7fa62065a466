"""Catalogues of `fixtures/catalogos`, added where missing after every `migrate`; what a user changed is left alone."""

import csv
from datetime import date
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateRange

CARPETA = Path(settings.BASE_DIR) / "fixtures" / "catalogos"

CENSOS = {2001: "Censo 2001", 2012: "Censo 2012", 2024: "Censo 2024"}


@transaction.atomic
def cargar_catalogos(**_kwargs) -> None:
    """Add the levels, sectors and censuses that are not there yet."""
    from territorio.models import Censo, Nivel, Sector

    for anio, nombre in CENSOS.items():
        Censo.objects.get_or_create(anio=anio, defaults={"nombre": nombre})
    nuevos = []
    for fila in filas_de_catalogo("niveles.csv"):
        nivel, creado = Nivel.objects.get_or_create(
            codigo=fila["codigo"],
            defaults={
                "nombre": fila["nombre"],
                "nombre_plural": fila["nombre_plural"],
                "orden": int(fila["orden"]),
                "es_base": fila["es_base"] == "1",
            },
        )
        if creado:
            nuevos.append((nivel, [codigo for codigo in fila["superiores"].split(";") if codigo]))
    for nivel, superiores in nuevos:
        nivel.superiores.set(Nivel.objects.filter(codigo__in=superiores))
    for fila in filas_de_catalogo("sectores.csv"):
        vigencia = DateRange(_fecha(fila["vigente_desde"]), _fecha(fila["vigente_hasta"], inclusive=True))
        if not Sector.objects.filter(codigo=fila["codigo"], vigencia__overlap=vigencia).exists():
            Sector.objects.create(
                codigo=fila["codigo"], nombre=fila["nombre"], vigencia=vigencia, fuente=fila["fuente"]
            )


def filas_de_catalogo(archivo: str) -> list[dict[str, str]]:
    """The rows of a file of `fixtures/catalogos`, by column."""
    with (CARPETA / archivo).open(encoding="utf-8", newline="") as texto:
        return list(csv.DictReader(texto))


def _fecha(texto: str, *, inclusive: bool = False) -> date | None:
    """An ISO date, None where empty; `inclusive` turns a last day into the open end that a range needs."""
    if not texto:
        return None
    dia = date.fromisoformat(texto)
    return date.fromordinal(dia.toordinal() + 1) if inclusive else dia
