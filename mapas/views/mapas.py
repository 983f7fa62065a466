"""The four map pages and the outlines that they draw."""

from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import date
from functools import lru_cache
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, get_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cuentas.guardia.parametros import parametros
from mapas import geometrias
from mapas.figuras import APROXIMADO, SIN_TOTAL, Columna, Figuras, es_estimada
from mapas.filtros import PARAMETROS, SinMunicipio, Vista, fecha_de, vista_de
from mapas.folium_mapa import piezas
from mapas.nombres import en_su_idioma
from mapas.preguntas import PREGUNTAS
from mapas.servicios import SIN_LUGAR
from mapas.signos import signos_de
from mapas.views import influencia
from territorio.conservacion import Conservacion
from territorio.fechas import PRIMER_DIA, al
from territorio.models import Limite, Metodo, Municipio, Nivel

DATOS_ID = "datos-mapa"
UN_ANIO = 365 * 24 * 3600


@require_safe
@parametros(*PARAMETROS, "influencia")
def pagina(request: HttpRequest, pregunta: str) -> HttpResponse:
    """One of the four questions on a map, with its table; 400 with in words where a filter cannot be."""
    try:
        vista = vista_de(request.GET, request.user, pregunta=pregunta)
    except SinMunicipio:
        return render(request, "mapas/mapa_vacio.html")
    request.municipio = vista.municipio  # type: ignore[attr-defined]  # read by mapas.contexto
    with al(vista.fecha):
        # Before the tables of another day stand before the stored ones: a version is made of the stored rows.
        resumen = geometrias.resumen(municipio_id=vista.municipio.pk, nivel_id=vista.nivel.pk)
    with vista.en_su_dia():
        contexto = _contexto(vista, PREGUNTAS[pregunta](vista), resumen)
        contexto["influencia"] = influencia.pedida(vista, request.GET)
        if contexto["influencia"] and contexto["influencia"]["dibujada"]:
            contexto["datos"]["influencia"] = contexto["influencia"]["geometria"]
        return render(request, "mapas/mapa.html", contexto)


@require_safe
@parametros("v", "fecha")
def geometria(request: HttpRequest, municipio: str, nivel: str) -> HttpResponse:
    """Outlines of a level's units as GeoJSON. An address with the present version may be kept for good."""
    uno = get_object_or_404(Municipio, codigo=municipio)
    del_nivel = get_object_or_404(Nivel, codigo=nivel)
    with al(fecha_de(request.GET)):
        return _dibujo(request, uno, del_nivel)


def _dibujo(request: HttpRequest, uno: Municipio, del_nivel: Nivel) -> HttpResponse:
    version = geometrias.resumen(municipio_id=uno.pk, nivel_id=del_nivel.pk).version
    etiqueta = f'"{version}"'
    if etiqueta in request.headers.get("If-None-Match", ""):
        respuesta = HttpResponse(status=304)
    else:
        comprimido = geometrias.dibujo(municipio_id=uno.pk, nivel_id=del_nivel.pk, version=version)
        respuesta = _comprimida(request, comprimido)
    respuesta["ETag"] = etiqueta
    es_la_de_hoy = request.GET.get("v") == version
    respuesta["Cache-Control"] = f"private, max-age={UN_ANIO}, immutable" if es_la_de_hoy else "private, no-cache"
    return respuesta


def _comprimida(request: HttpRequest, comprimido: bytes) -> HttpResponse:
    """Send what is stored as it is; unpack it only for a client that cannot."""
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        respuesta = HttpResponse(comprimido, content_type="application/geo+json")
        respuesta["Content-Encoding"] = "gzip"
    else:
        respuesta = HttpResponse(geometrias.descomprimir(comprimido), content_type="application/geo+json")
    respuesta["Vary"] = "Accept-Encoding"
    return respuesta


# --- what the template is told ----------------------------------------------------------------------------------------


def _contexto(vista: Vista, figuras: Figuras, resumen: geometrias.Resumen) -> dict[str, Any]:
    sin_lugar = sum(1 for fila in figuras.filas if fila["id"] in resumen.sin_lugar)
    etiquetas = {clase.clave: clase.etiqueta for clase in figuras.clases}
    mayor = max((clase.cuantas for clase in figuras.clases), default=0) or 1
    signos = signos_de(figuras.rasgos)
    opciones = vista.opciones
    filtros = _filtros(opciones)
    return {
        "vista": vista,
        "figuras": figuras,
        "preguntas": _preguntas(vista),
        "otra_fecha": _otra_fecha(vista),
        "municipios": opciones["municipio"],
        "filtros": filtros,
        "resumen_filtros": " · ".join(
            etiqueta for filtro in filtros for _valor, etiqueta, elegido in filtro["opciones"] if elegido
        ),
        "leyenda": [{"clase": clase, "ancho": round(100 * clase.cuantas / mayor, 1)} for clase in figuras.clases],
        "tramas": [clase for clase in figuras.clases if clase.trama],
        # A question that has a class for them says it there.
        "sin_lugar": 0 if any(clase.clave == SIN_LUGAR for clase in figuras.clases) else sin_lugar,
        "signos": signos,
        "conservacion": conservacion_en_palabras(figuras.conservacion, figuras.objeto),
        "conservacion_bs": conservacion_en_bs(figuras.conservacion_bs),
        "descargas": _descargas(vista.pregunta, vista.query()),
        "vacio": _vacio(vista, figuras),
        "mapa": piezas(caja=resumen.caja, datos_id=DATOS_ID),
        "datos_id": DATOS_ID,
        "datos": _datos(vista, figuras, resumen, signos),
        "columnas": figuras.columnas,
        "sin_total": SIN_TOTAL,
        "con_clase": _con_clase(figuras.columnas),
        "filas_html": _filas_html(figuras, etiquetas),
        "totales_html": _totales_html(figuras),
    }


def _preguntas(vista: Vista) -> list[dict[str, Any]]:
    """The other questions, about the same place: filters that another question does not take are left behind."""
    cortos = {
        "demanda": _("Demanda"),
        "desatendidas": _("Desatendidas"),
        "cobertura-pdm": pgettext("mapa", "PDM"),
        "ejecucion-poa": pgettext("mapa", "POA"),
        "servicios": _("Servicios"),
        "diagnostico": _("Diagnóstico"),
        "brechas": _("Brechas"),
    }
    consulta = vista.query(tipo=None, grupo=None, otro=None, pdm=None, gestion=None, metros=None, medida=None)
    return [
        {"nombre": corto, "url": f"{reverse('mapas:' + clave)}?{consulta}", "actual": clave == vista.pregunta}
        for clave, corto in cortos.items()
    ]


def _otra_fecha(vista: Vista) -> dict[str, str]:
    """What the field of the day needs, and the way back to today."""
    return {
        "valor": vista.fecha.isoformat() if vista.fecha else "",
        "primero": PRIMER_DIA.isoformat(),
        "ultimo": timezone.localdate().isoformat(),
        "hoy": f"?{vista.query(fecha=None)}",
    }


def _filtros(opciones: dict[str, list[tuple[str, str, bool]]]) -> list[dict[str, Any]]:
    etiquetas = {
        "sector": _("Sector"),
        "tipo": _("Tipo"),
        "grupo": _("Grupo") if "otro" in opciones else _("Quién pide"),
        "otro": _("Comparado con"),
        "nivel": _("Nivel"),
        "gestion": _("Gestión"),
        "pdm": _("Plan"),
        "metros": _("Distancia"),
        "medida": _("Medida"),
    }
    return [
        {"clave": clave, "etiqueta": etiqueta, "opciones": opciones[clave]}
        for clave, etiqueta in etiquetas.items()
        if opciones.get(clave)
    ]


def _descargas(pregunta: str, consulta: str) -> list[dict[str, str]]:
    formatos = {
        "geojson": (_("GeoJSON"), _("para QGIS y la web, con los límites")),
        "zip": (_("Shapefile (.zip)"), _("para QGIS y ArcGIS, con diccionario de campos")),
        "xlsx": (_("Excel (.xlsx)"), _("la tabla, para una hoja de cálculo")),
        "csv": (_("CSV"), _("la tabla, como texto")),
    }
    return [
        {"url": f"/exportar/{pregunta}.{formato}?{consulta}", "nombre": nombre, "para": para}
        for formato, (nombre, para) in formatos.items()
    ] + [{"url": f"/api/v1/{pregunta}/?{consulta}", "nombre": "API (JSON)", "para": _("para otros programas")}]


def _vacio(vista: Vista, figuras: Figuras) -> dict[str, str] | None:
    """What to say, and what to do next, where there is nothing to answer with."""
    codigo = vista.municipio.codigo
    if vista.fecha and (primero := _primer_dia(vista)) is not None and vista.fecha < primero:
        return {
            "que": _("Ningún límite de este nivel regía ese día: el más antiguo es del %(dia)s.")
            % {"dia": date_format(primero, "SHORT_DATE_FORMAT")},
            "hacer": _("Elija una fecha posterior, o cargue los límites de entonces:"),
            "orden": f"manage.py importar_limites ARCHIVO --nivel {vista.nivel.codigo} --municipio {codigo}"
            f" --vigente-desde {vista.fecha.isoformat()}",
        }
    if not figuras.filas:
        return {
            "que": _("%(municipio)s todavía no tiene unidades del nivel %(nivel)s.")
            % {"municipio": vista.municipio.nombre, "nivel": en_su_idioma(vista.nivel.nombre)},
            "hacer": _("Elija otro nivel, o cargue sus límites:"),
            "orden": f"manage.py importar_limites ARCHIVO --nivel {vista.nivel.codigo} --municipio {codigo}",
        }
    if vista.pregunta == "cobertura-pdm" and vista.pdm is None:
        return {
            "que": _("No hay un PDM publicado de %(municipio)s.") % {"municipio": vista.municipio.nombre},
            "hacer": _("Registre el plan y publíquelo, y cargue sus proyectos:"),
            "orden": f"manage.py importar_proyectos ARCHIVO --municipio {codigo}",
        }
    if vista.pregunta == "ejecucion-poa" and vista.gestion is None:
        return {
            "que": _("No hay un POA publicado de %(municipio)s.") % {"municipio": vista.municipio.nombre},
            "hacer": _("Cargue los proyectos con su gestión, presupuesto y avance:"),
            "orden": f"manage.py importar_proyectos ARCHIVO --municipio {codigo}",
        }
    if vista.pregunta == "demanda" and not figuras.conservacion.total and not (vista.sector or vista.grupo):
        return {
            "que": _("%(municipio)s todavía no tiene demandas publicadas.") % {"municipio": vista.municipio.nombre},
            "hacer": _("Cárguelas de una planilla:"),
            "orden": f"manage.py importar_demandas ARCHIVO --municipio {codigo}",
        }
    return None


def _primer_dia(vista: Vista) -> date | None:
    """The first day of the oldest limit at the view's level; None where there is none or it has no beginning."""
    propios = Limite.objects.filter(sustituido=None, unidad__nivel=vista.nivel)
    propios = propios.filter(Q(unidad__municipio=vista.municipio) | Q(unidad=vista.municipio))
    return propios.order_by("vigencia").values_list("vigencia__startswith", flat=True).first()


def _datos(vista: Vista, figuras: Figuras, resumen: geometrias.Resumen, signos: list) -> dict[str, Any]:
    """What mapa.js draws with. Figures are the very ones of the table; their text it takes from the table's cells."""
    claves = [columna.clave for columna in figuras.columnas]
    return {
        "geometria": direccion_de_contornos(vista, resumen.version),
        "caja": resumen.caja,
        "columnas": [asdict(columna) for columna in figuras.columnas],
        "valor": figuras.valor,
        "clases": [asdict(clase) for clase in figuras.clases],
        "claves": ["id", "clase", *claves],
        "filas": [[fila["id"], fila["clase"], *(_plano(fila[clave]) for clave in claves)] for fila in figuras.filas],
        "rasgos": figuras.rasgos,
        "signos": {f"{signo.tipo}.{signo.estado}": asdict(signo) for signo in signos},
        "numeros": {"decimal": get_format("DECIMAL_SEPARATOR"), "miles": get_format("THOUSAND_SEPARATOR")},
        "textos": _textos(vista),
    }


def direccion_de_contornos(vista: Vista, version: str) -> str:
    """Where the outlines of the view's units are, as of its day."""
    direccion = reverse("mapas:geometria", args=[vista.municipio.codigo, vista.nivel.codigo])
    return f"{direccion}?v={version}" + (f"&fecha={vista.fecha.isoformat()}" if vista.fecha else "")


def _textos(vista: Vista) -> dict[str, str]:
    return {
        "codigo": _("Código"),
        "cargando": _("Cargando los límites…"),
        "fallo": _("No se pudieron cargar los límites. Las cifras están en la tabla."),
        "reintentar": _("Reintentar"),
        "acercar": _("Acercar"),
        "alejar": _("Alejar"),
        "todo": _("Ver todo el territorio"),
        "pantalla": _("Pantalla completa"),
        "posicion": _("Mi posición"),
        "sin_posicion": _("No se pudo saber su posición."),
        "aqui": _("Usted está aquí"),
        "pagina": _("Ver su página"),
        "ficha": _("Ver su ficha"),
        "sin_lugar": _("No tiene límite ni punto: solo está en la tabla."),
        "en_disputa": _("límite en conflicto"),
        "de": _("%(n)s de %(todas)s"),
        "juntos": _("%(n)s en este lugar"),
        "de_la_unidad": _("Sin lugar propio: dibujado en su unidad."),
        "programado": _("Físico programado"),
        "alcanzado": _("Físico alcanzado"),
        "financiero": _("Financiero"),
        "vigente": _("Presupuesto vigente (Bs)"),
        "unidades": _("Unidades del nivel %(nivel)s") % {"nivel": en_su_idioma(vista.nivel.nombre)},
        "alto": _("Altura del panel: %(altura)s"),
        "baja": _("baja"),
        "media": _("media"),
        "alta": _("alta"),
        "cerrar": _("Cerrar"),
        "estimada": _("Área estimada, no es un límite: lo más cercano a %(unidad)s."),
        "acerquese": _("Acérquese para verlos: aquí no caben todos."),
        "escala": _("Escala 1:%(n)s"),
    }


def _plano(valor: Any) -> Any:
    """A figure as JSON has it: numbers with no more digits than anyone reads."""
    if valor is None or isinstance(valor, str | int):
        return valor
    return round(float(valor), 4)


# --- figures in words -------------------------------------------------------------------------------------------------


def _cifra(valor: Any, decimales: int = 0) -> str:
    """As number_format with grouping, which took half of the page's time on 4,500 cells."""
    return f"{valor:,.{decimales}f}".translate(_separadores(get_language()))


@lru_cache
def _separadores(idioma: str | None) -> dict[int, str]:
    """From Python's separators to those of a language."""
    miles, decimal = (str(get_format(cual, idioma)) for cual in ("THOUSAND_SEPARATOR", "DECIMAL_SEPARATOR"))
    return str.maketrans({",": miles, ".": decimal})


def _numero(valor: Any) -> str:
    """`12.400`; a sum of fractions shows one decimal, unless it is whole."""
    valor = round(float(valor), 1)
    return _cifra(valor, 0 if valor.is_integer() else 1)


ESCRITURA: dict[str, Callable[[Any], str]] = {
    "texto": str,
    "metodo": lambda valor: str(Metodo(valor).label),
    "km": lambda valor: f"{_cifra(valor, 1)}\u00a0km",
    "paso": str,
    "entero": _cifra,
    "decimal": _numero,
    "bs": lambda valor: _cifra(valor, 2),
    "porcentaje": lambda valor: f"{_numero(valor)}\u00a0%",
}


def _con_clase(columnas: Iterable[Columna]) -> bool:
    """Whether the table needs a column for the class: a step of the funnel is its own."""
    return all(columna.tipo != "paso" for columna in columnas)


def _filas_html(figuras: Figuras, etiquetas: dict[str, str]) -> SafeString:
    """The table's rows. Written here because 643 rows by template tags took half of the page's time."""
    con_clase = _con_clase(figuras.columnas)
    filas = (_fila_html(fila, figuras.columnas, etiquetas, con_clase) for fila in figuras.filas)
    return mark_safe("".join(filas))  # noqa: S308  (every value is escaped)


def _fila_html(fila: dict[str, Any], columnas: Iterable[Columna], etiquetas: dict[str, str], con_clase: bool) -> str:
    nombre = (
        f'<th scope="row"><a href="{escape(fila["url"])}">{escape(fila["nombre"])}</a>'
        f' <span class="codigo">{escape(fila["codigo"])}</span></th>'
    )
    celdas = "".join(
        _celda(fila[columna.clave], columna, etiquetas, es_estimada(fila, columna)) for columna in columnas
    )
    clase = f"<td>{escape(etiquetas.get(fila['clase'], ''))}</td>" if con_clase else ""
    return f'<tr data-id="{fila["id"]}">{nombre}{celdas}{clase}</tr>\n'


def _celda(valor: Any, columna: Columna, etiquetas: dict[str, str], estimada: bool = False) -> str:
    if valor is None and columna.tipo in SIN_TOTAL:
        return "<td></td>"
    if valor is None:
        return f'<td class="nada">{escape(_("sin datos"))}</td>'
    if columna.tipo == "paso":
        return f"<td>{escape(etiquetas.get(valor, valor))}</td>"
    clase = "" if columna.tipo in SIN_TOTAL else ' class="numero"'
    return f"<td{clase}>{APROXIMADO if estimada else ''}{escape(ESCRITURA[columna.tipo](valor))}</td>"


def _totales_html(figuras: Figuras) -> SafeString:
    celdas = []
    for columna in figuras.columnas:
        valor = figuras.totales.get(columna.clave)
        sin_total = "" if columna.tipo in SIN_TOTAL else "–"
        texto = sin_total if valor is None else ESCRITURA[columna.tipo](valor)
        if valor is not None and any(es_estimada(fila, columna) for fila in figuras.filas):
            texto = APROXIMADO + texto
        celdas.append(format_html('<td class="numero">{}</td>', texto))
    return mark_safe("".join(celdas))  # noqa: S308


def conservacion_en_palabras(linea: Conservacion, objeto: str) -> dict[str, str]:
    """Parts as they are read, that still add up as written: what lies outside takes what rounding leaves."""
    ubicadas = round(linea.ubicadas, 1)
    fuera = round(linea.total - linea.sin_ubicar - ubicadas, 1)
    return {
        "objeto": objeto,
        "ubicadas": _numero(ubicadas),
        "fuera": _numero(max(0.0, fuera)),
        "sin_ubicar": _numero(linea.sin_ubicar),
        "total": _numero(linea.total),
        "en_disputa": _numero(linea.en_disputa) if linea.en_disputa else "",
    }


def conservacion_en_bs(linea: Conservacion | None) -> dict[str, str] | None:
    if linea is None or not linea.total:
        return None
    ubicadas, sin_ubicar = round(linea.ubicadas, 2), round(linea.sin_ubicar, 2)
    partes = {
        "ubicadas": ubicadas,
        "fuera": max(0.0, round(linea.total - ubicadas - sin_ubicar, 2)),
        "sin_ubicar": sin_ubicar,
        "total": linea.total,
    }
    return {clave: _cifra(valor, 2) for clave, valor in partes.items()}
