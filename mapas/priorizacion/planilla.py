"""A ranked list as a workbook: the list, the districts, how it was calculated."""

import tempfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from mapas.libro import NEGRITA, _celda
from mapas.priorizacion.hojas import Hoja

ANCHOS = (8, 14, 60, 30, 24, 18, 10, 16, 16, 10, 50, 50)


def planilla(hoja: Hoja, notas: list[tuple[str, Any]]) -> Iterator[bytes]:
    """The workbook in blocks; text stays text, whatever it begins with."""
    libro = Workbook(write_only=True)
    _lista(libro, hoja)
    _distritos(libro, hoja)
    _notas(libro, [*notas, *((_("Cómo se calculó"), linea) for linea in hoja.como)])
    with tempfile.TemporaryFile() as salida:
        libro.save(salida)
        salida.seek(0)
        while bloque := salida.read(1 << 16):
            yield bloque


def _bs(centimos: int | None) -> Decimal | None:
    return Decimal(centimos) / 100 if centimos is not None else None


def _lista(libro: Workbook, hoja: Hoja) -> None:
    pagina = libro.create_sheet(_("Lista"))
    pagina.freeze_panes = "A2"
    for i, ancho in enumerate(ANCHOS, 1):
        pagina.column_dimensions[get_column_letter(i)].width = ancho
    titulos = [
        _("Puesto"), _("Código"), _("Demanda"), _("Quién propone"), _("Distrito"), _("Grupo"), _("Puntaje"), _("Costo (Bs)"),
        _("Acumulado (Bs)"), _("Entra"), _("Por qué"), _("Qué haría falta"),
    ]  # fmt: skip
    pagina.append([_celda(pagina, titulo, NEGRITA) for titulo in titulos])
    acumulado = 0
    for r in hoja.renglones:
        acumulado += (r.costo or 0) if r.entra else 0
        valores = [
            r.puesto, r.codigo, r.titulo, r.proponente, r.distrito, r.grupo, round(r.puntaje, 2), _bs(r.costo),
            _bs(acumulado) if r.entra else None, r.entra, r.por_que, r.haria_falta,
        ]  # fmt: skip
        pagina.append([_celda(pagina, valor) for valor in valores])
    for nombre, monto in (
        (_("Techo"), hoja.techo),
        (_("Suma de lo que entra"), hoja.resumen["gastado"]),
        (_("Queda"), hoja.resumen["queda"]),
    ):
        pagina.append([_celda(pagina, v, NEGRITA) for v in ("", "", nombre, "", "", "", "", _bs(monto))])


def _distritos(libro: Workbook, hoja: Hoja) -> None:
    pagina = libro.create_sheet(_("Distritos"))
    pagina.freeze_panes = "A2"
    pagina.column_dimensions["B"].width = 40
    titulos = [_("Código"), _("Distrito"), _("Entran"), _("Monto (Bs)"), _("Habitantes"), _("Bs por habitante")]
    pagina.append([_celda(pagina, titulo, NEGRITA) for titulo in titulos])
    for d in hoja.resumen["distritos"]:
        fila = (d["codigo"], d["nombre"], d["entran"], _bs(d["bs"]), d["habitantes"], d["por_habitante"])
        pagina.append([_celda(pagina, valor) for valor in fila])
    fuera = hoja.resumen["sin_distrito"]
    pagina.append([_celda(pagina, v) for v in ("", _("(fuera de los distritos)"), fuera["entran"], _bs(fuera["bs"]))])
    pagina.append([])
    tercio = hoja.resumen["tercio_pobre"]
    for nombre, valor in (
        (_("Gini de Bs por habitante"), hoja.resumen["gini"]),
        (_("% que va al tercio más pobre"), None if tercio is None else 100 * tercio),
    ):
        pagina.append([_celda(pagina, v) for v in ("", nombre, valor)])


def _notas(libro: Workbook, notas: list[tuple[str, Any]]) -> None:
    pagina = libro.create_sheet(_("Fuente"))
    pagina.column_dimensions["A"].width, pagina.column_dimensions["B"].width = 28, 100
    for nombre, valor in notas:
        dicho = valor if isinstance(valor, date) else str(valor)
        pagina.append([_celda(pagina, nombre, NEGRITA), _celda(pagina, dicho)])
