"""The record as a CSV: a row per field that changed, one for what came or went whole, and the seal that proves it."""

import csv
import io
from collections.abc import Iterator, Sequence

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cuentas.cadena import Sello
from mapas.registro.autores import Autor, autores
from mapas.registro.cambios import Cambio, Linea, contar
from mapas.registro.consulta import Suceso
from territorio.celdas import celda

DE_UNA_VEZ = 1000


def planilla(sucesos: Sequence[Suceso], *, sello: Sello, con_direcciones: bool) -> Iterator[str]:
    """UTF-8 with mark, in pieces; `con_direcciones` adds from where each change was made."""
    bufer = io.StringIO()
    escritor = csv.writer(bufer)
    encabezados = [_("fecha"), _("hora"), _("quién"), *([_("desde")] if con_direcciones else [])]
    escritor.writerow([*encabezados, _("cambio"), _("qué"), _("cuál"), _("campo"), _("antes"), _("después")])
    yield "\ufeff"
    for inicio in range(0, len(sucesos), DE_UNA_VEZ):
        estos = sucesos[inicio : inicio + DE_UNA_VEZ]
        contados = contar([(s.tabla, s.pgh_id) for s in estos])
        quienes = autores([s.contexto for s in estos], con_direcciones=con_direcciones)
        for suceso, autor in zip(estos, quienes, strict=True):
            cambio = contados.get((suceso.tabla, suceso.pgh_id))
            if cambio is not None:
                escritor.writerows(_filas(suceso, autor, cambio, con_direcciones))
        yield _vaciado(bufer)
    escritor.writerow([_("sello del registro"), str(sello)])
    yield _vaciado(bufer)


def _filas(suceso: Suceso, autor: Autor, cambio: Cambio, con_direcciones: bool) -> Iterator[list[str]]:
    cuando = timezone.localtime(suceso.cuando)
    comun = [date_format(cuando, "SHORT_DATE_FORMAT"), f"{cuando:%H:%M:%S}", autor.nombre]
    comun += [autor.desde] if con_direcciones else []
    comun += [cambio.verbo, cambio.tipo, cambio.titulo]
    lineas = cambio.lineas or [Linea("")]
    if cambio.que != "update":
        todo = "; ".join(f"{linea.campo}: {linea.antes or linea.despues}" for linea in cambio.lineas)
        lineas = [Linea("", antes=todo) if cambio.que == "delete" else Linea("", despues=todo)]
    for linea in lineas:
        yield [celda(texto) for texto in (*comun, linea.campo, linea.antes, linea.dicho or linea.despues)]


def _vaciado(bufer: io.StringIO) -> str:
    texto = bufer.getvalue()
    bufer.seek(0)
    bufer.truncate()
    return texto
