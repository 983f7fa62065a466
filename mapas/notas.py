"""What goes with the rows of a download: its conservation rows, and where, when and how it was made."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.utils import timezone

from mapas.capas import Capa, Contenido
from mapas.filtros import Vista


def filas_de_conservacion(contenido: Contenido) -> Iterator[list[Any]]:
    """Rows that close a count by territory; empty for a list of features, where each row is one of them."""
    linea = contenido.conservacion
    if linea is None or contenido.figuras is None:
        return
    relleno = [""] * (len(contenido.campos) - 3)
    objeto = contenido.figuras.objeto
    for nombre, valor in (
        (f"({objeto} ubicadas)", linea.ubicadas),
        (f"({objeto} fuera de los límites)", linea.fuera),
        (f"({objeto} sin ubicar)", linea.sin_ubicar),
        (f"({objeto} en total)", linea.total),
    ):
        yield ["", "", nombre, round(valor, 6), *relleno]


def notas(capa: Capa, vista: Vista, contenido: Contenido) -> list[tuple[str, str]]:
    """What it is, of whom, of which day, under which filters, and what was kept or left out."""
    municipio = vista.municipio
    dichas = [
        ("Capa", str(capa.titulo)),
        ("Municipio", f"{municipio.nombre} ({municipio.codigo})"),
        ("Fecha de la descarga", f"{timezone.localdate():%d/%m/%Y}"),
        ("Límites, nombres y unidades", f"los del {vista.fecha or timezone.localdate():%d/%m/%Y}"),
        ("Filtros", vista.query()),
        ("Fuente", contenido.figuras.fuente if contenido.figuras else f"Datos de {municipio.nombre}"),
        (
            "Licencia",
            "Los datos son del municipio: cite la fuente y la fecha. Minka es software libre (AGPL-3.0-or-later).",
        ),
    ]
    if settings.MINKA_UMBRAL_PERSONAS and "reservado" in {campo.nombre for campo in contenido.campos}:
        dichas.append(("Reservado", nota_de_reserva()))
    if linea := contenido.conservacion:
        dichas.append(
            (
                "Conservación",
                f"{linea.ubicadas:g} ubicadas + {linea.fuera:g} fuera + {linea.sin_ubicar} sin ubicar = {linea.total}",
            )
        )
    return dichas


def nota_de_reserva() -> str:
    return (
        f"Donde «reservado» dice sí hay un grupo de menos de {settings.MINKA_UMBRAL_PERSONAS} personas: sus cifras por"
        " sexo van vacías, y el total también si es menor. Las ven quienes trabajan en el municipio."
    )
