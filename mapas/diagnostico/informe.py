"""The consolidated diagnosis as a document (DOCX): what it comes to, the law, a table for each district, the totals."""

import tempfile
from collections.abc import Sequence
from html import escape
from itertools import groupby
from typing import IO, Any

from django.db.models import Q
from django.utils import timezone
from docx import Document
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

from cuentas.permisos import municipios_de
from demandas.institucional import anios_de, partes
from demandas.models import DatoInstitucional, NormaLegal
from demandas.querysets.diagnostico import TIPOS
from mapas.diagnostico.libros import TITULOS, demandas_en_lineas, en_lineas, fuentes
from mapas.diagnostico.matriz import PLURALES, Comunidad, Totales, comunidades_de, matriz, totales
from mapas.diagnostico.pedido import Pedido
from mapas.figuras import bs, decimal
from territorio.celdas import sin_controles

HONDO = RGBColor(0x08, 0x54, 0x59)
ANCHOS = (32, 26, 50, 42, 42, 36, 47)  # mm; an A4 sheet on its side, less its margins


def informe(pedido: Pedido) -> IO[bytes]:
    """The document, in a file open at its beginning."""
    suman = totales(pedido)
    comunidades = matriz(pedido, comunidades_de(pedido))
    documento = _hoja_en_blanco(pedido)
    documento.add_heading(f"Diagnóstico municipal consolidado de {pedido.municipio.nombre}", 0)
    _parrafo(documento, f"{suman.frase}.", negrita=True)
    for que, dato in fuentes(pedido, suman):
        if que in {"Municipio", "Fecha", "Fuente", "Filtros"} and (que != "Filtros" or pedido.hay_filtros):
            _parrafo(documento, f"{que}: {dato}")
    _base_legal(documento, pedido)
    _resumen(documento, pedido, suman)
    documento.add_heading("Matriz de problemas, potencialidades, limitaciones, aspiraciones y demandas", 1)
    for distrito, suyas in groupby(comunidades, key=lambda c: c.distrito):
        documento.add_heading(distrito or "Sin distrito", 2)
        _tabla_de_la_matriz(documento, list(suyas))
    if not comunidades:
        _parrafo(documento, "Todavía no hay hallazgos ni demandas con estos filtros.")
    _callan(documento, suman)
    _institucional(documento, pedido)
    salida = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the answer)
    documento.save(salida)
    salida.seek(0)
    return salida


def _hoja_en_blanco(pedido: Pedido) -> Any:
    documento = Document()
    seccion = documento.sections[0]
    seccion.orientation = WD_ORIENT.LANDSCAPE
    seccion.page_width, seccion.page_height = Mm(297), Mm(210)
    seccion.left_margin = seccion.right_margin = Mm(11)
    seccion.top_margin = seccion.bottom_margin = Mm(14)
    normal = documento.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(9.5)
    normal.paragraph_format.space_after = Pt(4)
    for nombre in ("Title", "Heading 1", "Heading 2"):
        estilo = documento.styles[nombre]
        estilo.font.color.rgb, estilo.font.name = HONDO, "Calibri"
        fuentes_del_tema = estilo.element.rPr.rFonts
        for atributo in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
            fuentes_del_tema.attrib.pop(qn(f"w:{atributo}"), None)
    documento.styles["Title"].font.size = Pt(20)
    documento.core_properties.title = f"Diagnóstico municipal consolidado de {pedido.municipio.nombre}"
    documento.core_properties.author = pedido.municipio.nombre
    documento.core_properties.language = "es-BO"
    pie = seccion.footer.paragraphs[0]
    pie.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    pie.add_run(f"{pedido.municipio.nombre} · {timezone.localdate():%d/%m/%Y} · ").font.size = Pt(8)
    _campo(pie, "PAGE")
    return documento


def _campo(parrafo: Any, instruccion: str) -> None:
    """A field that the reader's program fills in, such as the page number."""
    corrida = parrafo.add_run()
    corrida.font.size = Pt(8)
    for tipo, texto in (("begin", None), (None, instruccion), ("end", None)):
        elemento = OxmlElement("w:fldChar" if tipo else "w:instrText")
        if tipo:
            elemento.set(qn("w:fldCharType"), tipo)
        else:
            elemento.text = texto
        corrida._r.append(elemento)


def _parrafo(documento: Any, texto: str, *, negrita: bool = False) -> None:
    documento.add_paragraph().add_run(sin_controles(texto)).bold = negrita


def _base_legal(documento: Any, pedido: Pedido) -> None:
    normas = NormaLegal.objects.visibles_para(pedido.usuario).filter(
        Q(municipio=None) | Q(municipio=pedido.municipio), vigente=True
    )
    documento.add_heading("Base legal", 1)
    for norma in normas:
        fecha = f", {norma.fecha:%d/%m/%Y}" if norma.fecha else ""
        dispone = f" {norma.dispone}" if norma.dispone else ""
        texto = f"{norma.get_tipo_display().capitalize()} {norma.numero}{fecha}: {norma.titulo}.{dispone}"
        documento.add_paragraph(sin_controles(texto), style="List Bullet")
    if not normas:
        _parrafo(documento, "No hay normas registradas.")


def _resumen(documento: Any, pedido: Pedido, suman: Totales) -> None:
    nivel = pedido.nivel_que_reune.nombre
    documento.add_heading(f"Resumen por {nivel}", 1)
    claves = ("comunidades", "sin", *PLURALES, "hallazgos", "demandas")
    filas = [[d["unidad"].nombre, *(decimal(d[c]) for c in claves)] for d in suman.por_distrito]
    filas.append(["Total", *(decimal(sum(d[c] for d in suman.por_distrito)) for c in claves)])
    titulos = [nivel.capitalize(), "Comunidades", "Sin autodiagnóstico", *TITULOS, "Hallazgos", "Demandas"]
    _tabla(documento, titulos, filas, (60, *([27] * 8)), numeros=True)
    linea = suman.conservacion
    _parrafo(
        documento,
        f"Hallazgos: {decimal(linea.ubicadas)} ubicados + {decimal(linea.fuera)} fuera de los límites + "
        f"{decimal(linea.sin_ubicar)} sin ubicar = {decimal(linea.total)}.",
    )
    documento.add_heading("Resumen por sector", 1)
    filas = [[f["sector"], *(str(f[c]) for c in (*PLURALES, "hallazgos", "demandas"))] for f in suman.por_sector]
    _tabla(documento, ["Sector", *TITULOS, "Hallazgos", "Demandas"], filas, (70, *([30] * 6)), numeros=True)


def _tabla_de_la_matriz(documento: Any, comunidades: Sequence[Comunidad]) -> None:
    filas = []
    for comunidad in comunidades:
        for i, celda in enumerate(comunidad.celdas):
            sector = celda.sector.nombre if celda.sector else "sin sector"
            nombre = comunidad.unidad.nombre if i == 0 else ""
            filas.append([nombre, sector, *(en_lineas(celda, tipo) for tipo in TIPOS), demandas_en_lineas(celda)])
    _tabla(documento, ["Comunidad", "Sector", *TITULOS, "Demandas"], filas, ANCHOS)


def _callan(documento: Any, suman: Totales) -> None:
    if suman.sin_autodiagnostico:
        documento.add_heading("Comunidades sin autodiagnóstico", 1)
        _parrafo(documento, ", ".join(u.nombre for u in suman.sin_autodiagnostico) + ".")


def _institucional(documento: Any, pedido: Pedido) -> None:
    """Only for the members of the municipality, as its page."""
    if not pedido.usuario.is_superuser and pedido.municipio.pk not in municipios_de(pedido.usuario):
        return
    datos = list(DatoInstitucional.objects.visibles_para(pedido.usuario).del_municipio(pedido.municipio))
    if not datos:
        return
    anios = anios_de(datos)
    documento.add_heading("Diagnóstico institucional", 1)
    for parte in partes(datos):
        if not parte.renglones:
            continue
        documento.add_heading(str(parte.apartado.label).capitalize(), 2)
        filas = [[r.concepto, *(_cifra(d) for d in r.por_anio)] for r in parte.renglones]
        if parte.con_montos:
            filas.append(["Total", *("–" if m is None else bs(m) for m in parte.montos)])
        ancho = 180 // max(len(anios), 1)
        _tabla(documento, ["Concepto", *map(str, anios)], filas, (90, *([ancho] * len(anios))), numeros=True)


def _cifra(dato: DatoInstitucional | None) -> str:
    if dato is None:
        return "–"
    dichos = [f"{decimal(float(dato.cantidad))} {dato.medida}"] if dato.cantidad is not None else []
    dichos += [bs(dato.monto)] if dato.monto is not None else []
    return " · ".join(dichos) or dato.nota


def _tabla(
    documento: Any,
    titulos: Sequence[str],
    filas: Sequence[Sequence[str]],
    anchos: Sequence[int],
    *,
    numeros: bool = False,
) -> None:
    """A table whose head comes again on each page and whose rows are not cut; its columns in mm.

    Written as XML: cell by cell the library takes twenty seconds for the matrix of a hundred communities.
    """
    columnas = "".join(f'<w:gridCol w:w="{Mm(ancho).twips}"/>' for ancho in anchos)
    cuerpo = "".join(
        _renglon(textos, anchos, cabeza=i == 0, fuerte=i == 0 or (numeros and textos[0] == "Total"), numeros=numeros)
        for i, textos in enumerate((titulos, *filas))
    )
    tabla = (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:w="0" w:type="auto"/>'
        f'<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>{columnas}</w:tblGrid>{cuerpo}</w:tbl>'
    )
    # The paragraph after it keeps two tables from becoming one.
    documento.add_paragraph()._p.addprevious(parse_xml(tabla))


def _renglon(textos: Sequence[str], anchos: Sequence[int], *, cabeza: bool, fuerte: bool, numeros: bool) -> str:
    celdas = []
    for columna, (texto, ancho) in enumerate(zip(textos, anchos, strict=True)):
        lineas = sin_controles(texto).split("\n")
        corridas = "<w:br/>".join(f'<w:t xml:space="preserve">{escape(linea, quote=False)}</w:t>' for linea in lineas)
        derecha = '<w:jc w:val="right"/>' if numeros and columna else ""
        sombra = '<w:shd w:val="clear" w:color="auto" w:fill="E4F1F1"/>' if cabeza else ""
        celdas.append(
            f'<w:tc><w:tcPr><w:tcW w:w="{Mm(ancho).twips}" w:type="dxa"/>{sombra}</w:tcPr><w:p><w:pPr>'
            f'<w:spacing w:after="0"/>{derecha}</w:pPr><w:r><w:rPr>{"<w:b/>" if fuerte else ""}<w:sz w:val="16"/></w:rPr>'
            f"{corridas}</w:r></w:p></w:tc>"
        )
    encabezado = "<w:tblHeader/>" if cabeza else ""
    return f"<w:tr><w:trPr><w:cantSplit/>{encabezado}</w:trPr>{''.join(celdas)}</w:tr>"
