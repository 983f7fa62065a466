"""Import of units and their limits: compare a file that was read with what is stored, and say what would change."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from shapely.geometry.base import BaseGeometry

from territorio.importacion import emparejar, topologia, valores
from territorio.importacion.informe import Informe
from territorio.importacion.lector import Lectura, Opciones, leer
from territorio.importacion.texto import a_codigo, normalizar
from territorio.models import Censo, EstadoLimite, Municipio, Nivel, UnidadTerritorial


@dataclass(frozen=True)
class Pedido:
    """What the person asked for; field names are those of the file, None where she left it to us."""

    archivo: Path
    nivel: str
    municipio: str | None = None
    campo_codigo: str | None = None
    campo_nombre: str | None = None
    campo_padre: str | None = None
    campo_poblacion: str | None = None
    campo_categoria: str | None = None
    nivel_padre: str | None = None
    lectura: Opciones = field(default_factory=lambda: Opciones(caja=settings.MINKA_CAJA))
    fuente: str = ""
    vigente_desde: date | None = None
    estado: str | None = None
    norma: str = ""
    censo: int | None = None
    sin_geometria: bool = False


@dataclass
class FilaUnidad:
    """A row as a unit: matched to `unidad` where it exists already."""

    numero: int
    codigo: str
    nombre: str
    geom: BaseGeometry | None
    padre_texto: str = ""
    padre: UnidadTerritorial | None = None
    personas: int | None = None
    categoria: str = ""
    unidad: UnidadTerritorial | None = None
    cambios: set[str] = field(default_factory=set)


@dataclass
class Plan:
    """What an import would write. `filas` only holds rows that are new or differ."""

    informe: Informe
    nivel: Nivel | None = None
    municipio: UnidadTerritorial | None = None
    filas: list[FilaUnidad] = field(default_factory=list)
    desde: date = field(default_factory=timezone.localdate)
    censo: int | None = None


def planear(pedido: Pedido, *, simulado: bool = False) -> Plan:
    """Read the file, check every row and compare it with the stored units. Writes nothing, raises nothing for bad input."""
    plan = Plan(Informe("Importación de límites", pedido.archivo.name, simulado=simulado))
    plan.desde = pedido.vigente_desde or timezone.localdate()
    informe = plan.informe
    _resolver_destino(plan, pedido)
    if not informe.aceptable:
        return plan
    lectura = leer(pedido.archivo, pedido.lectura)
    informe.de_lectura(lectura)
    if not lectura.aceptable and not lectura.campos:  # nothing was understood: its fields are not to blame
        return plan
    campos = _resolver_campos(lectura, pedido, informe)
    if not informe.aceptable:
        return plan
    if not lectura.filas:
        informe.error("el archivo no tiene ninguna fila.", "Revise que exportó la capa correcta.", codigo="sin_filas")
        return plan
    filas = [_fila(f, campos, plan.nivel, informe, pedido) for f in lectura.filas]
    _censo(plan, campos, pedido)
    emparejar.revisar_codigos(filas, plan.nivel, informe, con_codigo="codigo" in campos.values())
    emparejar.revisar_municipio(filas, plan.municipio, informe)
    if not informe.aceptable:
        return plan
    existentes = emparejar.existentes(plan.nivel, plan.municipio, plan.desde)
    emparejar.unir(filas, existentes, informe, con_codigo="codigo" in campos.values())
    emparejar.padres(filas, plan, pedido)
    if not informe.aceptable:
        return plan
    topologia.revisar(filas, plan)
    emparejar.comparar(filas, existentes, plan, pedido)
    if plan.desde > timezone.localdate():
        informe.aviso(
            f"los límites rigen desde el {plan.desde:%d/%m/%Y}; hasta ese día lo demás se ubica con los de hoy.",
            "Ese día ejecute manage.py relocalizar (conviene a diario, por la madrugada).",
            codigo="rige_mas_tarde",
        )
    return plan


def _resolver_destino(plan: Plan, pedido: Pedido) -> None:
    """Find the level and the municipality named, or say what there is."""
    informe = plan.informe
    plan.nivel = Nivel.objects.filter(codigo=pedido.nivel).first()
    if plan.nivel is None:
        hay = ", ".join(Nivel.objects.values_list("codigo", flat=True))
        informe.error(
            f"no existe el nivel «{pedido.nivel}».",
            f"Use uno de estos: {hay}; o créelo con: manage.py crear_nivel {pedido.nivel} --sobre municipio",
            codigo="nivel_desconocido",
        )
        return
    if pedido.nivel_padre and not Nivel.objects.filter(codigo=pedido.nivel_padre).exists():
        informe.error(
            f"no existe el nivel «{pedido.nivel_padre}».", "Corrija --nivel-padre.", codigo="nivel_desconocido"
        )
    if pedido.estado is not None and pedido.estado not in EstadoLimite.values:
        informe.error(
            f"no existe el estado «{pedido.estado}».", f"Use: {', '.join(EstadoLimite.values)}.", codigo="estado"
        )
    if plan.nivel.es_municipal_o_superior:
        if pedido.municipio:
            informe.error(
                f"un {plan.nivel.nombre} no pertenece a un municipio.", "Quite --municipio.", codigo="municipio_sobra"
            )
        return
    if not pedido.municipio:
        informe.error(
            "falta decir de qué municipio son las unidades.",
            "Agregue --municipio CÓDIGO (INE).",
            codigo="sin_municipio",
        )
        return
    plan.municipio = Municipio.objects.filter(codigo=pedido.municipio).first()
    if plan.municipio is None:
        informe.error(
            f"no está cargado el municipio «{pedido.municipio}».",
            "Cargue primero su límite: manage.py importar_limites ARCHIVO --nivel municipio, o créelo con: "
            f"manage.py crear_municipio {pedido.municipio} NOMBRE",
            codigo="municipio_desconocido",
        )


def _resolver_campos(lectura: Lectura, pedido: Pedido, informe: Informe) -> dict[str, str]:
    """Which field of the file is what; a field that was named must be there, the others are taken by exact name."""
    pedidos = {
        "codigo": pedido.campo_codigo,
        "nombre": pedido.campo_nombre,
        "padre": pedido.campo_padre,
        "poblacion": pedido.campo_poblacion,
        "categoria": pedido.campo_categoria,
    }
    por_nombre = {normalizar(campo): campo for campo in reversed(lectura.campos)}
    campos: dict[str, str] = {}
    for destino, nombrado in pedidos.items():
        if nombrado is not None:
            hallado = nombrado if nombrado in lectura.campos else por_nombre.get(normalizar(nombrado))
            if hallado is None:
                informe.error(
                    f"el archivo no tiene el campo «{nombrado}».",
                    f"Sus campos son: {', '.join(lectura.campos) or 'ninguno'}. Corrija --{destino}.",
                    campo=nombrado,
                    codigo="campo_desconocido",
                )
            else:
                campos[hallado] = destino
        elif destino != "padre" and destino in por_nombre and por_nombre[destino] not in campos:
            campos[por_nombre[destino]] = destino
    if lectura.aceptable and not {"codigo", "nombre"} & set(campos.values()) and informe.aceptable:
        informe.error(
            "no se sabe qué campo trae el nombre o el código de las unidades.",
            f"Dígalo con --nombre o --codigo; los campos son: {', '.join(lectura.campos) or 'ninguno'}.",
            codigo="sin_campos",
        )
    informe.campos = campos
    return campos


def _fila(fila, campos: dict[str, str], nivel: Nivel, informe: Informe, pedido: Pedido) -> FilaUnidad:
    celdas = {destino: fila.atributos.get(campo) for campo, destino in campos.items()}
    origen = {destino: campo for campo, destino in campos.items()}
    codigo = a_codigo(celdas.get("codigo"))
    nombre = " ".join(a_codigo(celdas.get("nombre")).split())
    nueva = FilaUnidad(
        fila.numero,
        codigo,
        nombre
        or (f"{nivel.nombre[:1].upper()}{nivel.nombre[1:]} {codigo}" if codigo and "nombre" not in origen else ""),
        fila.geometria,
        padre_texto=a_codigo(celdas.get("padre")),
        personas=_personas(celdas.get("poblacion"), fila.numero, origen.get("poblacion"), informe),
        categoria=a_codigo(celdas.get("categoria"))[:80],
    )
    if "codigo" in origen and not codigo:
        informe.error(
            "el código está vacío.",
            "Ponga el código de la unidad.",
            fila=fila.numero,
            campo=origen["codigo"],
            codigo="sin_codigo",
        )
    elif len(codigo) > 80:
        informe.error(
            "el código pasa de 80 caracteres.",
            "Acórtelo.",
            fila=fila.numero,
            campo=origen["codigo"],
            codigo="codigo_largo",
        )
    if "nombre" in origen and not nombre:
        informe.error(
            "el nombre está vacío.",
            "Ponga el nombre de la unidad.",
            fila=fila.numero,
            campo=origen["nombre"],
            codigo="sin_nombre",
        )
    elif len(nombre) > 200:
        informe.error(
            "el nombre pasa de 200 caracteres.",
            "Acórtelo.",
            fila=fila.numero,
            campo=origen["nombre"],
            codigo="nombre_largo",
        )
    if fila.geometria is None:
        decir = informe.aviso if pedido.sin_geometria else informe.error
        decir(
            f"«{nombre or codigo}» no tiene geometría.",
            ""
            if pedido.sin_geometria
            else "Dibuje su límite o su punto; o acepte unidades sin lugar con --sin-geometria.",
            fila=fila.numero,
            campo="geometría",
            codigo="sin_geometria",
        )
    elif fila.geometria.geom_type not in {"Point", "MultiPolygon"}:
        informe.error(
            f"«{nombre or codigo}» es una línea; una unidad necesita polígono o punto.",
            "Convierta la capa a polígonos.",
            fila=fila.numero,
            campo="geometría",
            codigo="geometria_de_otro_tipo",
        )
    return nueva


def _personas(valor: object, fila: int, campo: str | None, informe: Informe) -> int | None:
    try:
        return valores.entero(valor)
    except valores.ValorInvalido:
        informe.error(
            f"«{valor}» no es un número de habitantes.",
            "Ponga un número entero sin puntos ni comas, o deje la celda vacía.",
            fila=fila,
            campo=campo,
            codigo="poblacion_imposible",
        )
        return None


def _censo(plan: Plan, campos: dict[str, str], pedido: Pedido) -> None:
    """Inhabitants always belong to a census; without `--censo` the newest of the catalogue is taken, and said."""
    if "poblacion" not in campos.values():
        return
    plan.censo = pedido.censo
    if plan.censo is None:
        ultimo = Censo.objects.order_by("-anio").first()
        plan.censo = ultimo.anio if ultimo else plan.desde.year
        plan.informe.aviso(
            f"los habitantes se cargan como del Censo {plan.censo}, el último del catálogo.",
            "Si son de otro censo, dígalo con --censo AÑO.",
            codigo="censo_supuesto",
        )
