"""The form to collect demands on a phone without network: an XLSForm with the municipality's own units and catalogues."""

import hashlib
import re
from io import BytesIO
from typing import Any

from django.utils import timezone
from openpyxl import Workbook

from demandas.importacion.listas import eventos_de, sectores, unidades_de
from demandas.models import Grupo, GrupoEdad, Madurez, Sexo, TipoDeHallazgo
from territorio.celdas import sin_controles
from territorio.models import UnidadTerritorial

DEMANDA, HALLAZGO = "demanda", "hallazgo"  # the two groups that repeat
ENCUESTA = ("type", "name", "label", "hint", "required", "required_message", "relevant", "appearance", "choice_filter",
            "constraint", "constraint_message", "calculation", "default", "parameters")  # fmt: skip
# What a submission of this form always has: by this a file of another form is known.
PROPIOS = ("minka_municipio", "unidad")
ETIQUETA_DEL_PUESTO = {
    "puesto_acordado": "toda la comunidad",
    "puesto_mujeres": "las mujeres",
    "puesto_hombres": "los hombres",
    "puesto_jovenes": "los jóvenes",
    "puesto_adultos": "los adultos",
    "puesto_adultos_mayores": "los adultos mayores",
}
_ENTERO = {"constraint": ". >= 0 and . <= 50000000", "constraint_message": "Un número de personas, desde 0."}
_DINERO = {"constraint": ". >= 0 and . <= 999999999999", "constraint_message": "Un monto en bolivianos, desde 0."}
_PUESTO = {"constraint": ". >= 1 and . <= 1000", "constraint_message": "1 es lo primero; el mayor es 1000."}


def id_del_formulario(municipio: UnidadTerritorial) -> str:
    return f"minka_demandas_{re.sub(r'[^A-Za-z0-9]', '_', municipio.codigo)}"


def opcion_de_unidad(unidad: UnidadTerritorial) -> str:
    """The unit as a choice is stored: its level and code, or its number where the code has what no choice may have."""
    nombre = f"{unidad.nivel.codigo}.{unidad.codigo}"
    return nombre if re.fullmatch(r"[\w.-]+", nombre, re.ASCII) else f"id.{unidad.pk}"


def formulario(municipio: UnidadTerritorial) -> bytes:
    """The XLSForm, ready to be uploaded to ODK Central or KoboToolbox."""
    unidades = unidades_de(municipio)
    opciones = _opciones(municipio, unidades)
    filas = list(_encuesta(municipio, unidades, {lista for lista, *_resto in opciones}))
    libro = Workbook()
    _hoja(libro.active, "survey", ENCUESTA, [[fila.get(c) for c in ENCUESTA] for fila in filas])
    _hoja(libro.create_sheet(), "choices", ("list_name", "name", "label", "superior"), opciones)
    contenido = hashlib.sha256(repr((filas, opciones)).encode()).hexdigest()
    version = f"{timezone.localdate():%Y%m%d}{int(contenido[:4], 16):05d}"
    ajustes = (f"Demandas de {municipio.nombre}", id_del_formulario(municipio), version, "Español (es)", "pages")
    _hoja(
        libro.create_sheet(), "settings", ("form_title", "form_id", "version", "default_language", "style"),
        [[*ajustes[:3], None, ajustes[4]]],
    )  # fmt: skip
    salida = BytesIO()
    libro.save(salida)
    return salida.getvalue()


def _encuesta(municipio: UnidadTerritorial, unidades: list[UnidadTerritorial], listas: set[str]):
    yield {"type": "start", "name": "inicio"}
    yield {"type": "end", "name": "fin"}
    yield {"type": "calculate", "name": "minka_municipio", "calculation": f"'{municipio.codigo}'"}
    yield {"type": "begin group", "name": "donde", "label": "Dónde y cuándo", "appearance": "field-list"}
    if "superior" in listas:
        yield {"type": "select_one superior", "name": "superior", "label": "Distrito u otra unidad superior",
               "required": "yes", "required_message": "Elija una.", "appearance": "autocomplete"}  # fmt: skip
    yield {
        "type": "select_one unidad", "name": "unidad", "label": "Comunidad que pide", "required": "yes",
        "required_message": "Elija la comunidad.", "appearance": "autocomplete",
        "choice_filter": "superior=${superior}" if "superior" in listas else None,
    }  # fmt: skip
    yield {"type": "date", "name": "fecha", "label": "Fecha", "default": "today()", "required": "yes",
           "constraint": ". <= today()", "constraint_message": "La fecha no puede ser de mañana o después."}  # fmt: skip
    if "evento" in listas:
        yield {"type": "select_one evento", "name": "evento", "label": "Taller o reunión", "appearance": "autocomplete"}
    yield {"type": "end group"}
    yield from _demanda()
    yield from _hallazgo()


def _demanda():
    yield {"type": "begin repeat", "name": DEMANDA, "label": "Demanda"}
    yield {"type": "begin group", "name": "que", "label": "Qué se pide", "appearance": "field-list"}
    yield {"type": "text", "name": "titulo", "label": "¿Qué se pide?", "required": "yes",
           "required_message": "Diga qué se pide.", "constraint": "string-length(.) <= 300",
           "constraint_message": "Hasta 300 letras: el detalle va abajo."}  # fmt: skip
    yield {"type": "text", "name": "descripcion", "label": "Detalle", "appearance": "multiline"}
    yield {"type": "select_one sector", "name": "sector", "label": "Sector", "appearance": "autocomplete"}
    yield {"type": "select_one grupo", "name": "grupo", "label": "¿Quién lo pide?", "required": "yes",
           "default": Grupo.COMUNIDAD.value}  # fmt: skip
    yield {"type": "end group"}
    yield {"type": "begin group", "name": "a_quienes", "label": "A quiénes beneficia", "appearance": "field-list"}
    for sexo in Sexo:
        yield {"type": "integer", "name": sexo.value, "label": f"{sexo.label} en total".capitalize(), **_ENTERO}
    yield {"type": "select_one si_no", "name": "por_edad", "label": "¿Se contó también por edad?"}
    for sexo in Sexo:
        for edad in GrupoEdad:
            yield {
                "type": "integer",
                "name": f"{sexo.value}_{edad.value}",
                "label": f"{sexo.label}: {edad.label}".capitalize(),
                "hint": "Las tres edades suman el total.",
                "relevant": "${por_edad} = 'si'",
                **_ENTERO,
            }
    yield {"type": "end group"}
    yield {
        "type": "begin group",
        "name": "puestos",
        "label": "Qué puesto le dio cada grupo",
        "appearance": "field-list",
    }
    for nombre, quien in ETIQUETA_DEL_PUESTO.items():
        yield {"type": "integer", "name": nombre, "label": f"Puesto que le dio {quien}" if "toda" in quien
               else f"Puesto que le dieron {quien}", "hint": "1 es lo primero.", **_PUESTO}  # fmt: skip
    yield {"type": "end group"}
    yield {"type": "begin group", "name": "cuanto", "label": "Cuánto y desde cuándo", "appearance": "field-list"}
    yield {"type": "decimal", "name": "costo_estimado", "label": "Costo estimado (Bs)", **_DINERO}
    yield {"type": "decimal", "name": "contraparte", "label": "Contraparte de la comunidad (Bs)", **_DINERO}
    yield {"type": "select_one madurez", "name": "madurez", "label": "¿Qué se estudió ya?"}
    yield {"type": "integer", "name": "pedida_desde", "label": "¿Desde qué año se pide?",
           "constraint": ". >= 1950 and . <= int(format-date(today(), '%Y'))",
           "constraint_message": "Un año, de 1950 a hoy."}  # fmt: skip
    yield {"type": "end group"}
    yield {"type": "select_one lugar", "name": "lugar", "label": "¿Cómo marca el lugar?", "required": "yes"}
    for tipo, nombre, eleccion, dice in (
        ("geopoint", "punto", "punto", "El lugar"),
        ("geotrace", "linea", "linea", "El recorrido, de punta a punta"),
        ("geoshape", "poligono", "poligono", "El contorno del terreno"),
    ):
        yield {"type": tipo, "name": nombre, "label": dice, "relevant": f"${{lugar}} = '{eleccion}'", "required": "yes"}
    yield {
        "type": "image",
        "name": "foto",
        "label": "Foto del lugar",
        "hint": "Sin personas que se reconozcan.",
        "parameters": "max-pixels=1600",
    }
    yield {"type": "end repeat"}


def _hallazgo():
    yield {"type": "begin repeat", "name": HALLAZGO, "label": "Problema, potencialidad, limitación o aspiración"}
    yield {"type": "begin group", "name": "hallado", "label": "Lo que halló la comunidad", "appearance": "field-list"}
    yield {"type": "select_one tipo_hallazgo", "name": "tipo", "label": "¿Qué es?", "required": "yes"}
    yield {"type": "text", "name": "texto", "label": "¿Qué halló la comunidad?", "required": "yes",
           "appearance": "multiline", "constraint": "string-length(.) <= 1000",
           "constraint_message": "Hasta 1000 letras."}  # fmt: skip
    yield {"type": "select_one sector", "name": "hallazgo_sector", "label": "Sector", "appearance": "autocomplete"}
    yield {"type": "select_one grupo", "name": "hallazgo_grupo", "label": "¿Quién lo dice?",
           "default": Grupo.COMUNIDAD.value}  # fmt: skip
    yield {
        "type": "integer",
        "name": "hallazgo_puesto",
        "label": "Puesto que le dio",
        "hint": "1 es lo primero.",
        **_PUESTO,
    }
    yield {"type": "end group"}
    yield {"type": "end repeat"}


def _opciones(municipio: UnidadTerritorial, unidades: list[UnidadTerritorial]) -> list[list[Any]]:
    """Rows of the sheet of choices: list, stored name, label, and the choice above it in the cascade."""
    base = [u for u in unidades if u.nivel.es_base] or unidades
    padres = {u.padre_id: u.padre for u in base if u.padre_id and u.padre_id != municipio.pk}
    filas: list[list[Any]] = []
    if padres:
        superiores = [u for u in unidades if u.pk in padres]
        filas += [["superior", opcion_de_unidad(u), _etiqueta(u.nombre), None] for u in superiores]
        if any(u.padre_id not in padres for u in base):
            filas.append(["superior", "ninguna", "Ninguna de estas", None])
    for u in base:
        superior = (opcion_de_unidad(u.padre) if u.padre_id in padres else "ninguna") if padres else None
        filas.append(["unidad", opcion_de_unidad(u), _etiqueta(f"{u.nombre} ({u.codigo})"), superior])
    filas += [["sector", s.codigo, _etiqueta(f"{s.codigo} · {s.nombre}"), None] for s in sectores()]
    for lista, eleccion in (("grupo", Grupo), ("madurez", Madurez), ("tipo_hallazgo", TipoDeHallazgo)):
        filas += [[lista, valor, str(etiqueta).capitalize(), None] for valor, etiqueta in eleccion.choices]
    filas += [["evento", f"ev{evento.pk}", _etiqueta(nombre), None] for evento, nombre in eventos_de(municipio)]
    filas += [["si_no", "si", "Sí", None], ["si_no", "no", "No", None]]
    filas += [
        ["lugar", "punto", "Un punto", None], ["lugar", "linea", "Una línea (camino, canal)", None],
        ["lugar", "poligono", "Un área", None], ["lugar", "ninguno", "No se marca: la comunidad", None],
    ]  # fmt: skip
    return filas


def _etiqueta(texto: str) -> str:
    """A label in which nothing is taken for a reference to another question."""
    return sin_controles(texto).replace("${", "$ {")


def _hoja(hoja, titulo: str, encabezado: tuple[str, ...], filas: list[list[Any]]) -> None:
    hoja.title = titulo
    hoja.append(encabezado)
    for numero, fila in enumerate(filas, start=2):
        for columna, valor in enumerate(fila, start=1):
            if valor is not None:
                celda = hoja.cell(numero, columna, sin_controles(str(valor)))
                celda.data_type = "s"
