"""Import of services from a table or a geographic file: read and compare (`planear`), then store at once (`escribir`)."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import shapely
from django.db import transaction

from territorio.importacion import pedido_tabla as comun
from territorio.importacion import valores
from territorio.importacion.informe import Informe
from territorio.importacion.pedido_tabla import PedidoTabla, geometria_en_columnas, opciones_de
from territorio.importacion.tabla import Celdas
from territorio.importacion.texto import a_codigo, normalizar
from territorio.importacion.unidades import Buscador
from territorio.localizacion import localizar
from territorio.models import Equipamiento, EstadoEquipamiento, Limite, UnidadTerritorial
from territorio.models.localizacion import GEOMETRIAS

DESTINOS: dict[str, tuple[str, ...]] = {
    "codigo": ("cod", "rue", "codigo rue", "codigo sie", "id"),
    "nombre": ("equipamiento", "establecimiento", "unidad educativa", "descripcion"),
    "sector": ("programa",),
    "tipo": ("clase", "tipo de establecimiento"),
    "unidad": ("comunidad", "otb"),
    "nivel": (),
    "lat": ("latitud", "y"),
    "lon": ("longitud", "lng", "x"),
    "wkt": ("geometria", "geom"),
    "estado": ("situacion", "funcionamiento"),
    "municipio": (),
}
E = EstadoEquipamiento
ESTADOS: dict[str, str] = {
    **opciones_de(E),
    **dict.fromkeys(
        ("funcionando", "en funcionamiento", "si funciona", "activo", "activa", "abierto", "abierta", "operativo",
         "operativa", "en servicio", "en operacion", "habilitado", "habilitada"), E.FUNCIONA.value
    ),
    **dict.fromkeys(("parcial", "parcialmente", "a medias", "funciona a medias", "en refaccion"), E.EN_PARTE.value),
    **dict.fromkeys(("en obra", "en obras", "construyendo", "por inaugurar", "inconcluso"), E.EN_CONSTRUCCION.value),
    **dict.fromkeys(
        ("cerrada", "inactivo", "inactiva", "clausurado", "clausurada", "abandonado", "abandonada", "no funciona",
         "fuera de servicio", "en desuso", "inhabilitado", "inhabilitada"), E.CERRADO.value
    ),
    **dict.fromkeys(("desconocido", "sin dato", "sin datos", "nd", "s d"), E.DESCONOCIDO.value),
}  # fmt: skip
CAMPOS = ("nombre", "sector_id", "tipo", "unidad_id", "estado", *GEOMETRIAS)
TIPO_MAXIMO = 80


@dataclass
class FilaEquipamiento:
    numero: int
    codigo: str
    campos: dict[str, Any]
    geom: Any = None
    existente: Equipamiento | None = None


@dataclass
class Plan:
    informe: Informe
    municipio: UnidadTerritorial | None = None
    filas: list[FilaEquipamiento] = field(default_factory=list)


def planear(pedido: PedidoTabla, *, sector: str = "", tipo: str = "", simulado: bool = False) -> Plan:
    """Read the file, check each row, and compare with what is stored; `sector` and `tipo` stand for rows without."""
    plan = Plan(Informe("Importación de equipamientos", pedido.archivo.name, simulado=simulado))
    informe = plan.informe
    plan.municipio, nivel = comun.resolver_destino(pedido, informe)
    if not informe.aceptable:
        return plan
    tabla, campos = comun.abrir_tabla(pedido, informe, DESTINOS, obligatorio="nombre", que="dice el nombre")
    for campo, dado, ejemplo in (("sector", sector, "20"), ("tipo", tipo, "'puesto de salud'")):
        if informe.aceptable and campo not in campos and not dado:
            informe.error(
                f"no se sabe de qué {campo} son.",
                f"Dígalo con --columnas COLUMNA={campo}, o para todo el archivo con --{campo} {ejemplo}.",
                codigo=f"sin_{campo}",
            )
    if not informe.aceptable:
        return plan
    lector = _Lector(pedido, plan, Buscador(plan.municipio, informe, nivel), sector, tipo)
    filas = [lector.fila(Celdas(fila, campos, informe)) for fila in tabla.filas]
    if informe.aceptable:
        _dar_codigos(filas, informe)
        _decir_los_de_fuera(filas, plan)
        lector.decir_estados()
        _comparar(filas, plan)
    return plan


@transaction.atomic
def escribir(plan: Plan, pedido: PedidoTabla) -> None:
    """Store the plan's services, and place them; all or nothing."""
    if not plan.informe.aceptable:
        raise ValueError("Un plan con errores no se escribe.")
    fuente = pedido.fuente or plan.informe.archivo
    nuevas = [
        Equipamiento(municipio=plan.municipio, codigo=f.codigo, fuente=fuente, **f.campos)
        for f in plan.filas
        if f.existente is None
    ]
    cambiadas = [f.existente for f in plan.filas if f.existente is not None]
    Equipamiento.objects.bulk_create(nuevas, batch_size=1000)
    for fila in plan.filas:
        if fila.existente is not None:
            for campo, valor in (fila.campos | {"fuente": fuente}).items():
                setattr(fila.existente, campo, valor)
    if cambiadas:
        Equipamiento.objects.bulk_update(cambiadas, [*CAMPOS, "fuente"], batch_size=500)
    localizar(Equipamiento.objects.filter(pk__in=[e.pk for e in (*nuevas, *cambiadas)]))
    plan.informe.escrito = True


class _Lector:
    """Turns one row after the other into fields."""

    def __init__(self, pedido: PedidoTabla, plan: Plan, buscador: Buscador, sector: str, tipo: str) -> None:
        self.pedido, self.plan, self.buscador = pedido, plan, buscador
        self.sector, self.tipo = sector, tipo
        self.sectores = comun.sectores_por_codigo()
        self.nombres_de_sector = comun.sectores_por_nombre() | pedido.equivalencias("sector")
        self.estados = ESTADOS | pedido.equivalencias("estado")
        # One spelling for each kind: the one that is stored, else the first of the file.
        guardados = Equipamiento.objects.order_by("tipo").values_list("tipo", flat=True).distinct()
        self.tipos = {normalizar(t): t for t in guardados} | {
            normalizar(texto): valor for texto, valor in pedido.equivalencias("tipo").items()
        }
        self.estados_leidos: Counter[tuple[str, str]] = Counter()

    def fila(self, celdas: Celdas) -> FilaEquipamiento:
        numero = celdas.fila.numero
        if celdas.tiene("municipio"):
            comun.exigir_municipio(celdas, self.plan.municipio)
        nombre = celdas.leer("nombre", valores.texto, 200) or ""
        if not nombre and not celdas.tiene("nombre"):
            celdas.error("nombre", valores.ValorInvalido("el equipamiento no tiene nombre.", "Diga cómo se llama."))
        geom = celdas.lugar(self.pedido.lectura.caja)
        unidad = self.buscador.hallar(
            celdas.crudo("unidad"),
            celdas.crudo("nivel") if celdas.tiene("unidad") else None,
            fila=numero,
            campo=celdas.campos.get("unidad", "unidad"),
        )
        sector = self._sector(celdas)
        estado = celdas.leer("estado", valores.uno_de, self.estados) or E.DESCONOCIDO.value
        self.estados_leidos[a_codigo(celdas.crudo("estado")), estado] += 1
        campos = {
            "nombre": nombre,
            "sector_id": sector.pk if sector else None,
            "tipo": self._tipo(celdas),
            "unidad_id": unidad.pk if unidad else None,
            "estado": estado,
            **geometria_en_columnas(geom),
        }
        return FilaEquipamiento(numero, celdas.leer("codigo", valores.texto, 70) or "", campos, geom)

    def _sector(self, celdas: Celdas):
        if celdas.tiene("sector"):
            codigo = celdas.leer("sector", valores.uno_de, self.nombres_de_sector)
            return self.sectores[codigo] if codigo else None
        try:
            return self.sectores[valores.uno_de(self.sector, self.nombres_de_sector)]
        except valores.ValorInvalido as e:
            celdas.error("sector", e)
        except KeyError:
            celdas.error(
                "sector", valores.ValorInvalido("no dice el sector.", "Llene la celda, o use --sector CÓDIGO.")
            )
        return None

    def _tipo(self, celdas: Celdas) -> str:
        escrito = celdas.leer("tipo", valores.texto, TIPO_MAXIMO) or self.tipo
        if not escrito and not celdas.tiene("tipo"):
            celdas.error("tipo", valores.ValorInvalido("no dice qué es.", "Por ejemplo: puesto de salud."))
        return self.tipos.setdefault(normalizar(escrito), escrito)

    def decir_estados(self) -> None:
        """How each word for a state was taken, and how many do not say it."""
        self.plan.informe.listas["estados"] = [
            f"«{escrito or '(vacío)'}» → {E(estado).label}: {n}"
            for (escrito, estado), n in sorted(self.estados_leidos.items())
        ]
        callan = sum(n for (_escrito, estado), n in self.estados_leidos.items() if estado == E.DESCONOCIDO)
        if callan:
            self.plan.informe.aviso(
                f"{callan} no dicen si funcionan: se cargan, y no cuentan como servicio que funcione.",
                "Llene la columna del estado, o cambie el estado en la página de cada uno.",
                codigo="sin_estado",
            )


def _dar_codigos(filas: list[FilaEquipamiento], informe: Informe) -> None:
    """A code for each row: its own, else one of its contents; the place is part of it only where the rest repeats."""

    def contenido(fila: FilaEquipamiento) -> tuple:
        return tuple(str(fila.campos[c] or "") for c in ("nombre", "sector_id", "tipo", "unidad_id"))

    veces = Counter(contenido(f) for f in filas if not f.codigo)
    usados: set[str] = set()
    for fila in filas:
        if not fila.codigo:
            lugar = shapely.to_wkb(fila.geom) if fila.geom is not None and veces[contenido(fila)] > 1 else ""
            fila.codigo = comun.codigo_de_contenido("E", *contenido(fila), lugar)
        if fila.codigo in usados:
            informe.aviso(
                f"«{fila.codigo}» ya está antes en el archivo; se carga como otro equipamiento.",
                "Si es el mismo, quite una de las filas.",
                fila=fila.numero,
                codigo="codigo_repetido",
            )
        fila.codigo = comun.codigo_unico(fila.codigo, usados)


def _decir_los_de_fuera(filas: list[FilaEquipamiento], plan: Plan) -> None:
    """What stands outside the municipality's limit is loaded, counted apart, and named here."""
    limite = Limite.objects.en_vigor().filter(unidad=plan.municipio).first()
    con_lugar = [f for f in filas if f.geom is not None]
    sin_lugar = [f for f in filas if f.geom is None and f.campos["unidad_id"] is None]
    if limite is not None and con_lugar:
        suyo = shapely.from_wkb(bytes(limite.geom.wkb))
        shapely.prepare(suyo)
        fuera = [
            f
            for f, toca in zip(con_lugar, shapely.intersects(suyo, [f.geom for f in con_lugar]), strict=True)
            if not toca
        ]
        plan.informe.cuentas["fuera_del_municipio"] = len(fuera)
        if fuera:
            plan.informe.listas["fuera_del_municipio"] = [f"fila {f.numero}: {f.campos['nombre']}" for f in fuera]
            plan.informe.aviso(
                f"{len(fuera)} están fuera del límite de {plan.municipio.nombre}; se cargan y se cuentan aparte.",
                "Revise sus coordenadas.",
                codigo="fuera_del_municipio",
            )
    if sin_lugar:
        plan.informe.listas["sin_lugar"] = [f"fila {f.numero}: {f.campos['nombre']}" for f in sin_lugar]
        plan.informe.aviso(
            f"{len(sin_lugar)} no dicen dónde están: ni coordenadas ni comunidad.",
            "Se cargan sin ubicar y no sirven para medir distancias.",
            codigo="sin_lugar",
        )


def _comparar(filas: list[FilaEquipamiento], plan: Plan) -> None:
    """Keep what is new or differs; count the rest; name what is stored and the file does not bring."""
    guardados = {e.codigo: e for e in Equipamiento.objects.filter(municipio=plan.municipio)}
    cuentas: Counter[str] = Counter()
    for fila in filas:
        fila.existente = guardados.get(fila.codigo)
        if fila.existente is None:
            cuentas["nuevas"] += 1
        elif any(getattr(fila.existente, campo) != fila.campos[campo] for campo in CAMPOS):
            cuentas["cambiadas"] += 1
        else:
            cuentas["iguales"] += 1
            continue
        plan.filas.append(fila)
    plan.informe.cuentas |= {clave: cuentas[clave] for clave in ("nuevas", "cambiadas", "iguales")}
    plan.informe.cuentas["con_geometria_propia"] = sum(1 for f in filas if f.geom is not None)
    tipos, presentes = {f.campos["tipo"] for f in filas}, {f.codigo for f in filas}
    faltan = [e for codigo, e in guardados.items() if codigo not in presentes and e.tipo in tipos]
    plan.informe.cuentas["faltan_en_el_archivo"] = len(faltan)
    if faltan:
        plan.informe.listas["faltan_en_el_archivo"] = [f"{e.nombre} ({e.codigo})" for e in faltan]
        plan.informe.aviso(
            f"{len(faltan)} equipamientos guardados de estos tipos no están en el archivo; se conservan.",
            "Si alguno cerró, cárguelo con el estado «cerrado».",
            codigo="faltan_en_el_archivo",
        )
