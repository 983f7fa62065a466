"""The diagnosis as workbooks: the matrix, what was found row by row, the totals; and the institution by year."""

import tempfile
from collections.abc import Iterable, Sequence
from typing import IO, Any

from django.utils import timezone
from openpyxl import Workbook
from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter

from demandas.institucional import anios_de, partes
from demandas.models import DatoInstitucional, EstadoDemanda, Grupo, TipoDeHallazgo
from demandas.querysets.diagnostico import TIPOS
from mapas.diagnostico.matriz import PLURALES, Celda, Comunidad, Totales, comunidades_de, matriz, totales
from mapas.diagnostico.pedido import Pedido
from mapas.libro import NEGRITA, _celda
from territorio.models import UnidadTerritorial

ENVUELTO = Alignment(wrap_text=True, vertical="top")
TITULOS = ("Problemas", "Potencialidades", "Limitaciones", "Aspiraciones")
GRUPOS = {valor: str(nombre) for valor, nombre in Grupo.choices}


def libro_del_diagnostico(pedido: Pedido) -> IO[bytes]:
    """Sheets «Matriz», «Hallazgos», «Totales» and «Fuente», in a file open at its beginning."""
    comunidades = matriz(pedido, comunidades_de(pedido))
    suman = totales(pedido)
    libro = Workbook(write_only=True)
    _hoja(
        libro,
        "Matriz",
        [
            ("Distrito", 18),
            ("Comunidad", 26),
            ("Código", 10),
            ("Sector", 22),
            *((t, 38) for t in TITULOS),
            ("Demandas", 48),
        ],
        _filas_de_la_matriz(comunidades),
        envueltas=True,
    )
    largas = [("Distrito", 18), ("Comunidad", 26), ("Código", 10), ("Nivel", 12), ("Cód. sector", 10), ("Sector", 22)]
    largas += [("Qué es", 16), ("Quién lo dice", 18), ("Puesto", 8), ("Hallazgo", 70), ("Demandas", 24)]
    _hoja(libro, "Hallazgos", largas, _filas_largas(pedido, comunidades))
    _totales(libro, pedido, suman)
    _hoja(libro, "Fuente", [("Qué", 26), ("Dato", 90)], fuentes(pedido, suman))
    return _guardado(libro)


def fuentes(pedido: Pedido, suman: Totales) -> list[tuple[str, Any]]:
    """What it is, of whom, of which day, under which filters; and the conservation line."""
    linea = suman.conservacion
    nivel = pedido.nivel_que_reune.nombre
    return [
        ("Documento", "Diagnóstico municipal consolidado"),
        ("Municipio", f"{pedido.municipio.nombre} ({pedido.municipio.codigo})"),
        ("Respuesta", suman.frase),
        ("Fecha", f"{timezone.localdate():%d/%m/%Y}"),
        ("Filtros", pedido.query()),
        ("Fuente", f"Autodiagnósticos de las comunidades de {pedido.municipio.nombre}"),
        (
            "Conservación",
            f"{linea.ubicadas:g} hallazgos ubicados por {nivel} + {linea.fuera:g} fuera + {linea.sin_ubicar:g} sin ubicar"
            f" = {linea.total:g}",
        ),
        (
            "Licencia",
            "Los datos son del municipio: cite la fuente y la fecha. Minka es software libre (AGPL-3.0-or-later).",
        ),
    ]


def _filas_de_la_matriz(comunidades: Sequence[Comunidad]) -> Iterable[list[Any]]:
    for comunidad in comunidades:
        for celda in comunidad.celdas:
            sector = celda.sector.nombre if celda.sector else "sin sector"
            yield [
                comunidad.distrito, comunidad.unidad.nombre, comunidad.unidad.codigo, sector,
                *(en_lineas(celda, tipo) for tipo in TIPOS), demandas_en_lineas(celda),
            ]  # fmt: skip


def en_lineas(celda: Celda, tipo: str) -> str:
    """Findings of a kind, one to a line, each with its rank and who says it."""
    return "\n".join(f"{f'{d.puesto}.º ' if d.puesto else ''}{d.texto} ({GRUPOS[d.grupo]})" for d in celda.dichos[tipo])


def demandas_en_lineas(celda: Celda) -> str:
    return "\n".join(f"{d.codigo} {d.titulo} ({EstadoDemanda(d.estado).label})" for d in celda.demandas)


def _filas_largas(pedido: Pedido, comunidades: Sequence[Comunidad]) -> Iterable[list[Any]]:
    demandas: dict[int, list[str]] = {}
    enlaces = pedido.demandas.order_by("codigo").filter(hallazgos__isnull=False).values_list("hallazgos", "codigo")
    for hallazgo, codigo in enlaces:
        demandas.setdefault(hallazgo, []).append(codigo)
    for comunidad in comunidades:
        unidad = comunidad.unidad
        for celda in comunidad.celdas:
            for tipo in TIPOS:
                for d in celda.dichos[tipo]:
                    yield [
                        comunidad.distrito, unidad.nombre, unidad.codigo, unidad.nivel.nombre,
                        celda.sector.codigo if celda.sector else "", celda.sector.nombre if celda.sector else "",
                        str(TipoDeHallazgo(tipo).label), GRUPOS[d.grupo], d.puesto, d.texto,
                        "; ".join(demandas.get(d.pk, [])),
                    ]  # fmt: skip


def _totales(libro: Workbook, pedido: Pedido, suman: Totales) -> None:
    claves = ("comunidades", "sin", *PLURALES, "hallazgos", "demandas")
    filas: list[list[Any]] = [
        [d["unidad"].codigo, d["unidad"].nombre, *(round(d[c], 6) for c in claves)] for d in suman.por_distrito
    ]
    filas.append(["", "(total)", *(round(sum(d[c] for d in suman.por_distrito), 6) for c in claves)])
    linea, n = suman.conservacion, len(claves) - 3
    for nombre, valor in (
        ("(hallazgos ubicados)", linea.ubicadas),
        ("(hallazgos fuera de los límites)", linea.fuera),
        ("(hallazgos sin ubicar)", linea.sin_ubicar),
        ("(hallazgos en total)", linea.total),
    ):
        filas.append(["", nombre, *[""] * (n + 1), round(valor, 6), ""])
    titulos = ["Comunidades", "Sin autodiagnóstico", *TITULOS, "Hallazgos", "Demandas"]
    nivel = pedido.nivel_que_reune.nombre.capitalize()
    _hoja(libro, "Totales", [("Código", 10), (nivel, 34), *((t, 18) for t in titulos)], filas)
    por_sector = [[f["sector"], *(f[c] for c in PLURALES), f["hallazgos"], f["demandas"]] for f in suman.por_sector]
    _hoja(libro, "Por sector", [("Sector", 34), *((t, 18) for t in (*TITULOS, "Hallazgos", "Demandas"))], por_sector)


def libro_institucional(municipio: UnidadTerritorial, datos: list[DatoInstitucional]) -> IO[bytes]:
    """Sheets «Institucional» (a concept a row, a year a column, with totals), «Datos» (row by row) and «Fuente»."""
    anios = anios_de(datos)
    libro = Workbook(write_only=True)
    columnas = [("Apartado", 16), ("Concepto", 44), ("Medida", 14)]
    columnas += [(f"{que} {anio}", 18) for anio in anios for que in ("Cantidad", "Monto (Bs)")]
    filas: list[list[Any]] = []
    for parte in partes(datos):
        apartado = str(parte.apartado.label)
        for renglon in parte.renglones:
            medida = next((d.medida for d in renglon.por_anio if d and d.medida), "")
            cifras = [v for d in renglon.por_anio for v in ((d.cantidad, d.monto) if d else (None, None))]
            filas.append([apartado, renglon.concepto, medida, *cifras])
        if parte.renglones:
            cantidades = parte.cantidades or [None] * len(anios)
            suman = [v for par in zip(cantidades, parte.montos, strict=True) for v in par]
            filas.append([apartado, "(total)", parte.medida, *suman])
    _hoja(libro, "Institucional", columnas, filas)
    largas = [
        [str(d.get_apartado_display()), d.concepto, d.anio, d.cantidad, d.medida, d.monto, d.nota, d.fuente]
        for d in datos
    ]
    titulos = [("Apartado", 16), ("Concepto", 44), ("Año", 8), ("Cantidad", 14), ("Medida", 14), ("Monto (Bs)", 18)]
    _hoja(libro, "Datos", [*titulos, ("Nota", 40), ("Fuente", 40)], largas)
    fuente = [
        ("Documento", "Diagnóstico institucional"),
        ("Municipio", f"{municipio.nombre} ({municipio.codigo})"),
        ("Fecha", f"{timezone.localdate():%d/%m/%Y}"),
    ]
    _hoja(libro, "Fuente", [("Qué", 26), ("Dato", 90)], fuente)
    return _guardado(libro)


def _hoja(
    libro: Workbook,
    titulo: str,
    columnas: list[tuple[str, int]],
    filas: Iterable[Sequence[Any]],
    envueltas: bool = False,
) -> None:
    hoja = libro.create_sheet(titulo)
    hoja.freeze_panes = "A2"
    for i, (_nombre, ancho) in enumerate(columnas, 1):
        hoja.column_dimensions[get_column_letter(i)].width = ancho
    hoja.append([_celda(hoja, nombre, NEGRITA) for nombre, _ancho in columnas])
    for fila in filas:
        celdas = [_celda(hoja, valor, NEGRITA if str(fila[1]).startswith("(") else None) for valor in fila]
        if envueltas:
            for celda in celdas:
                celda.alignment = ENVUELTO
        hoja.append(celdas)


def _guardado(libro: Workbook) -> IO[bytes]:
    salida = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the answer)
    libro.save(salida)
    salida.seek(0)
    return salida
