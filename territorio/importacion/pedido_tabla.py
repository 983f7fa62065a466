"""What a person asks of a tabular import, and what every such import settles first."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Self

import shapely
from django.conf import settings
from django.contrib.gis.geos import GEOSGeometry
from django.core.management.base import BaseCommand, CommandParser

from territorio import cifras
from territorio.importacion import valores
from territorio.importacion.informe import Informe
from territorio.importacion.lector import Opciones
from territorio.importacion.puerta import agregar_comunes, entregar, pares
from territorio.importacion.tabla import FILAS_MAXIMAS, Celdas, Tabla, asignar_columnas, leer_tabla
from territorio.importacion.texto import a_codigo, normalizar
from territorio.models import Municipio, Nivel, Sector, UnidadTerritorial
from territorio.models.localizacion import GEOMETRIAS

# A figure without its unit is of nobody: its row is left out, and the report says so.
NO_SE_CARGA = "la fila no se carga"
_COLUMNA = {"Point": "punto", "MultiLineString": "linea", "MultiPolygon": "poligono"}


@dataclass(frozen=True)
class PedidoTabla:
    """`columnas` maps headers of the file to fields; `valores` maps «campo:texto» to a known value."""

    archivo: Path
    municipio: str
    nivel: str | None = None
    columnas: dict[str, str] = field(default_factory=dict)
    valores: dict[str, str] = field(default_factory=dict)
    lectura: Opciones = field(default_factory=lambda: Opciones(caja=settings.MINKA_CAJA))
    publicar: bool = True
    fuente: str = ""
    archivo_nombre: str = ""  # as whoever brought it called it; that on disk otherwise
    maximo: int = FILAS_MAXIMAS

    @property
    def nombre(self) -> str:
        return self.archivo_nombre or self.archivo.name

    def como_dict(self) -> dict[str, Any]:
        """All but the file, as JSON holds it."""
        return {
            c.name: asdict(self.lectura) if c.name == "lectura" else getattr(self, c.name)
            for c in fields(self)
            if c.name != "archivo"
        }

    @classmethod
    def de_dict(cls, datos: dict[str, Any], archivo: Path) -> Self:
        lectura = datos["lectura"] | {"caja": tuple(datos["lectura"]["caja"])}
        return cls(archivo=archivo, **(datos | {"lectura": Opciones(**lectura)}))

    def equivalencias(self, campo: str) -> dict[str, str]:
        """The person's own words for values of one field."""
        propias = {}
        for clave, valor in self.valores.items():
            nombre, _dos, texto = clave.partition(":")
            if nombre == campo and texto:
                propias[texto] = valor
        return propias


def agregar_opciones(parser: CommandParser, *, sin_municipio: bool = False) -> None:
    """`sin_municipio`: the file may also be of municipalities themselves, or of what holds them."""
    agregar_comunes(parser)
    parser.add_argument(
        "--municipio",
        required=not sin_municipio,
        default="",
        help="Código INE del municipio." + (" Sin él, el archivo es de todo el país." if sin_municipio else ""),
    )
    parser.add_argument("--nivel", help="Nivel de la unidad que nombra el archivo (comunidad, otb, distrito…).")
    parser.add_argument(
        "--columnas",
        nargs="+",
        metavar="FUENTE=DESTINO",
        help="Qué columna del archivo es qué campo; el resto, por nombre.",
    )
    parser.add_argument(
        "--valores",
        nargs="+",
        metavar="CAMPO:TEXTO=VALOR",
        help="Equivalencias, por ejemplo estado:Vigente=en_licitacion.",
    )
    parser.add_argument("--codificacion", help="Codificación del texto, si no es UTF-8.")
    parser.add_argument("--crs", help="Sistema de coordenadas, si el archivo geográfico no lo dice.")
    parser.add_argument("--capa", help="Hoja o capa, si hay varias.")
    parser.add_argument("--fuente", default="", help="De dónde vienen los datos (por defecto, el nombre del archivo).")
    parser.add_argument("--borrador", action="store_true", help="Carga sin publicar: solo lo ven los miembros.")


def pedido_de(opciones: dict) -> PedidoTabla:
    """Build the request from a command's parsed options."""
    return PedidoTabla(
        archivo=opciones["archivo"],
        municipio=opciones["municipio"],
        nivel=opciones["nivel"],
        columnas=pares(opciones["columnas"]),
        valores=pares(opciones["valores"]),
        lectura=Opciones(opciones["crs"], opciones["codificacion"], opciones["capa"], settings.MINKA_CAJA),
        publicar=not opciones["borrador"],
        fuente=opciones["fuente"],
    )


def resolver_destino(pedido: PedidoTabla, informe: Informe) -> tuple[UnidadTerritorial | None, Nivel | None]:
    """The municipality (None where the request names none) and the level named, or errors that say what there is."""
    municipio = Municipio.objects.filter(codigo=pedido.municipio).first()
    if municipio is None and pedido.municipio:
        informe.error(
            f"no está cargado el municipio «{pedido.municipio}».",
            "Cargue primero su límite: manage.py importar_limites ARCHIVO --nivel municipio",
            codigo="municipio_desconocido",
        )
    nivel = None
    if pedido.nivel:
        nivel = Nivel.objects.filter(codigo=pedido.nivel).first()
        if nivel is None:
            hay = ", ".join(Nivel.objects.values_list("codigo", flat=True))
            informe.error(
                f"no existe el nivel «{pedido.nivel}».", f"Use uno de estos: {hay}.", codigo="nivel_desconocido"
            )
    if not pedido.municipio and not (nivel and nivel.es_municipal_o_superior) and informe.aceptable:
        informe.error(
            "sin --municipio el archivo es de municipios, provincias o departamentos.",
            "Agregue --nivel municipio, o diga de qué municipio son las unidades con --municipio CÓDIGO.",
            codigo="sin_municipio",
        )
    return municipio, nivel


def refrescar_cifras(
    municipio: UnidadTerritorial | None, unidades: Iterable[UnidadTerritorial], informe: Informe
) -> None:
    """Roll the figures of these units up and down, and say where parts have more than the whole."""
    municipios = [municipio.pk] if municipio else [u.pk for u in unidades]
    cifras.recalcular(municipios)
    for exceso in cifras.excesos(municipios):
        informe.aviso(
            f"{exceso}.",
            "Revise cuál de las dos está bien; a las partes sin cifra no les queda nada que repartir.",
            codigo="partes_mayores",
        )


def abrir_tabla(
    pedido: PedidoTabla,
    informe: Informe,
    destinos: dict[str, tuple[str, ...]],
    *,
    obligatorio: str,
    que: str,
    hoja: str = "",
) -> tuple[Tabla, dict[str, str]]:
    """Read the file and settle which column is which field; `obligatorio` must be among them (`que`: what it says).

    `hoja` is the sheet to take of a workbook with several, where it has one called so.
    """
    tabla = leer_tabla(pedido.archivo, pedido.lectura, informe, maximo=pedido.maximo, hoja=hoja)
    if informe.rechazado_entero or not tabla.columnas:
        return tabla, {}
    informe.sugerencias["columnas"] = [c for c in tabla.columnas if c]
    campos = asignar_columnas(tabla, destinos, pedido.columnas, informe)
    if obligatorio not in campos and not informe.rechazado_entero:
        informe.error(
            f"no se sabe qué columna {que}.",
            f"Dígalo con --columnas COLUMNA={obligatorio}; hay: {', '.join(tabla.columnas)}.",
            codigo=f"sin_{obligatorio}",
        )
    return tabla, campos


def exigir_municipio(celdas: Celdas, municipio: UnidadTerritorial) -> None:
    """A row that says another municipality is an error, not a row to skip."""
    dicho = valores.texto(celdas.crudo("municipio"))
    if normalizar(dicho) not in {normalizar(municipio.codigo), normalizar(municipio.nombre)}:
        mensaje = f"la fila es de «{dicho}», no de {municipio.nombre} ({municipio.codigo})."
        celdas.error("municipio", valores.ValorInvalido(mensaje, "Quítela del archivo."))


def sectores_por_nombre() -> dict[str, str]:
    """Names and codes of all sectors → code, for `valores.uno_de`."""
    opciones = {}
    for sector in Sector.objects.order_by("vigencia"):
        opciones[sector.codigo] = opciones[sector.nombre] = opciones[str(sector)] = sector.codigo
    return opciones


def sectores_por_codigo() -> dict[str, Sector]:
    """The newest sector of each code."""
    return {sector.codigo: sector for sector in Sector.objects.order_by("vigencia")}


def opciones_de(eleccion) -> dict[str, str]:
    """Values and labels of a choice → value, for `valores.uno_de`."""
    return {nombre: valor for valor, etiqueta in eleccion.choices for nombre in (valor, str(etiqueta))}


def geometria_en_columnas(geom) -> dict[str, GEOSGeometry | None]:
    """A place as the three typed columns of a located feature, two of them empty."""
    columnas: dict[str, GEOSGeometry | None] = dict.fromkeys(GEOMETRIAS)
    if geom is not None:
        columnas[_COLUMNA[geom.geom_type]] = GEOSGeometry(memoryview(shapely.to_wkb(geom)), srid=4326)
    return columnas


def codigo_de_contenido(prefijo: str, *partes: object) -> str:
    """A code for a row that brings none: the same contents always give the same code."""
    contenido = "\x1f".join(
        normalizar(a_codigo(parte)) if not isinstance(parte, bytes) else parte.hex() for parte in partes
    )
    return f"{prefijo}-{hashlib.sha256(contenido.encode()).hexdigest()[:10]}"


def codigo_unico(codigo: str, usados: set[str]) -> str:
    """`codigo`, or `codigo (2)` … where the file has used it already."""
    candidato, n = codigo, 1
    while candidato in usados:
        n += 1
        candidato = f"{codigo} ({n})"
    usados.add(candidato)
    return candidato


class ComandoTabla(BaseCommand):
    """Base of the commands that import tables; a subclass names its `planear` and `escribir`."""

    planear: Callable
    escribir: Callable

    def add_arguments(self, parser: CommandParser) -> None:
        agregar_opciones(parser)

    def handle(self, *, simular: bool, informe: Path | None, **opciones) -> None:
        pedido = pedido_de(opciones)
        plan = self.planear(pedido, simulado=simular)
        if plan.informe.aceptable and not simular:
            self.escribir(plan, pedido)
        entregar(self, plan.informe, informe)
