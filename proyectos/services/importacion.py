"""Import of projects and their yearly operations: read and compare (`planear`), then store in one transaction."""

from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import shapely
from django.db.models.functions import Coalesce

from demandas.models import Demanda
from proyectos.models import EstadoProyecto, Proyecto
from territorio.importacion import pedido_tabla as comun
from territorio.importacion import valores
from territorio.importacion.informe import Informe
from territorio.importacion.pedido_tabla import PedidoTabla, geometria_en_columnas
from territorio.importacion.tabla import Celdas
from territorio.importacion.texto import a_codigo
from territorio.importacion.unidades import Buscador
from territorio.models import UnidadTerritorial

E = EstadoProyecto
# Words for the same states in municipal lists and in the procurement system (SICOES).
OTROS_NOMBRES = {
    "vigente": E.EN_LICITACION,
    "publicado": E.EN_LICITACION,
    "convocado": E.EN_LICITACION,
    "en curso": E.EN_LICITACION,
    "adjudicada": E.ADJUDICADO,
    "contratada": E.CONTRATADO,
    "con contrato": E.CONTRATADO,
    "ejecución": E.EN_EJECUCION,
    "en obra": E.EN_EJECUCION,
    "paralizada": E.PARALIZADO,
    "terminado": E.CONCLUIDO,
    "ejecutado": E.CONCLUIDO,
    "entregado": E.CONCLUIDO,
    "recepción definitiva": E.CONCLUIDO,
    "desierta": E.DESIERTO,
    "declarado desierto": E.DESIERTO,
    "anulada": E.ANULADO,
    "anulado desde la convocatoria": E.ANULADO,
    "cancelada": E.CANCELADO,
}
DESTINOS: dict[str, tuple[str, ...]] = {
    "codigo": ("cod",),
    "nombre": ("proyecto", "objeto", "obra", "titulo"),
    "descripcion": ("detalle",),
    "sector": ("programa",),
    "unidad": ("comunidad", "otb"),
    "nivel": (),
    "lat": ("latitud", "y"),
    "lon": ("longitud", "lng", "x"),
    "wkt": ("geometria", "geom"),
    "beneficiarias": (),
    "demandas": (),
    "pdm": (),
    "gestion": ("anio", "año"),
    "costo_total": ("costo", "monto"),
    "presupuesto_inicial": (),
    "presupuesto_vigente": ("presupuesto",),
    "devengado": (),
    "fisico_programado": (),
    "fisico_alcanzado": ("avance fisico",),
    "estado": (),
    "inicio": ("fecha inicio",),
    "fin": ("fecha fin",),
    "sisin": ("codigo sisin",),
    "cuce": (),
    "municipio": (),
}
CAMPOS = (
    "nombre", "descripcion", "sector_id", "unidad_id", "costo_total", "estado", "inicio", "fin", "sisin", "cuce",
    "punto", "linea", "poligono",
)  # fmt: skip
CAMPOS_OPERACION = ("presupuesto_inicial", "presupuesto_vigente", "devengado", "fisico_programado", "fisico_alcanzado")


@dataclass
class FilaProyecto:
    """A project with its operations by year, its answers and its beneficiaries (ids)."""

    numero: int
    codigo: str
    campos: dict[str, Any]
    periodo: tuple[int, int] | None = None
    operaciones: dict[int, dict[str, Decimal]] = field(default_factory=dict)
    demandas: frozenset[int] = frozenset()
    beneficiarias: frozenset[int] = frozenset()
    existente: Proyecto | None = None


@dataclass
class Plan:
    informe: Informe
    municipio: UnidadTerritorial | None = None
    filas: list[FilaProyecto] = field(default_factory=list)


def planear(pedido: PedidoTabla, *, simulado: bool = False) -> Plan:
    """Read the file, check each row, gather the years of each project, and compare. Writes nothing."""
    plan = Plan(Informe("Importación de proyectos", pedido.archivo.name, simulado=simulado))
    informe = plan.informe
    plan.municipio, nivel = comun.resolver_destino(pedido, informe)
    if not informe.aceptable:
        return plan
    tabla, campos = comun.abrir_tabla(pedido, informe, DESTINOS, obligatorio="nombre", que="nombra el proyecto")
    if not informe.aceptable:
        return plan
    lector = _Lector(pedido, plan, Buscador(plan.municipio, informe, nivel))
    for fila in tabla.filas:
        lector.fila(Celdas(fila, campos, informe))
    lector.contar_estados()
    _cuces_repetidos(tabla, campos, informe)
    if informe.aceptable:
        _comparar(list(lector.proyectos.values()), plan, publicar=pedido.publicar)
    return plan


class _Lector:
    """Turns rows into projects: rows of one code and different years are one project with several operations."""

    def __init__(self, pedido: PedidoTabla, plan: Plan, buscador: Buscador) -> None:
        self.pedido, self.plan, self.buscador = pedido, plan, buscador
        self.sectores = comun.sectores_por_codigo()
        self.nombres_de_sector = comun.sectores_por_nombre() | pedido.equivalencias("sector")
        etiquetas = {nombre: valor for valor, etiqueta in E.choices for nombre in (valor, str(etiqueta))}
        self.estados = {k: str(v) for k, v in OTROS_NOMBRES.items()} | etiquetas | pedido.equivalencias("estado")
        self.vistos: Counter[tuple[str, str]] = Counter()
        # What answers a demand that was joined to another answers that one.
        propias = Demanda.objects.filter(municipio=plan.municipio)
        self.demandas = dict(propias.values_list("codigo", Coalesce("unida_a", "pk")))
        self.proyectos: dict[str, FilaProyecto] = {}
        self.usados: set[str] = set()

    def fila(self, celdas: Celdas) -> None:
        gestion = celdas.leer("gestion", valores.entero, minimo=1990, maximo=2100)
        if not celdas.tiene("gestion") and any(celdas.tiene(campo) for campo in CAMPOS_OPERACION):
            celdas.error("gestion", valores.ValorInvalido("hay montos o avances sin gestión.", "Diga de qué año son."))
        codigo = celdas.leer("codigo", valores.texto, 70)
        anterior = self.proyectos.get(codigo) if codigo else None
        es_otro_anio = anterior is not None and gestion is not None and gestion not in anterior.operaciones
        proyecto = self._proyecto(celdas, codigo, es_otro_anio)
        distintos = _distintos(anterior, proyecto) if es_otro_anio else []
        if es_otro_anio and not distintos:
            proyecto = anterior
        else:
            if es_otro_anio:
                self.plan.informe.error(
                    f"«{codigo}» dice otra cosa en la fila {anterior.numero}: {', '.join(distintos)}.",
                    "Un proyecto con varias gestiones repite sus datos en cada fila; si son dos, dé a cada uno su código.",
                    fila=celdas.fila.numero,
                    campo=celdas.campos.get("codigo"),
                    codigo="proyecto_contradictorio",
                )
            elif anterior is not None:
                self.plan.informe.aviso(
                    f"«{codigo}» ya está en la fila {anterior.numero}; se carga como otro proyecto.",
                    "Si es el mismo, quite una de las filas.",
                    fila=celdas.fila.numero,
                    campo=celdas.campos.get("codigo"),
                    codigo="codigo_repetido",
                )
            proyecto.codigo = comun.codigo_unico(proyecto.codigo, self.usados)
            self.proyectos[proyecto.codigo] = proyecto
        if gestion is not None:
            proyecto.operaciones[gestion] = self._operacion(celdas)

    def _proyecto(self, celdas: Celdas, codigo: str | None, es_otro_anio: bool) -> FilaProyecto:
        numero = celdas.fila.numero
        if celdas.tiene("municipio"):
            comun.exigir_municipio(celdas, self.plan.municipio)
        nombre = celdas.leer("nombre", valores.texto, 500) or ""
        if not nombre and not celdas.tiene("nombre"):
            celdas.error("nombre", valores.ValorInvalido("el proyecto no tiene nombre.", "Escriba qué se hace."))
        geom = celdas.lugar(self.pedido.lectura.caja)
        sector = celdas.leer("sector", valores.uno_de, self.nombres_de_sector)
        unidad = self.buscador.hallar(
            celdas.crudo("unidad"),
            celdas.crudo("nivel") if celdas.tiene("unidad") else None,
            fila=numero,
            campo=celdas.campos.get("unidad", "unidad"),
        )
        campos = {
            "nombre": nombre,
            "descripcion": celdas.leer("descripcion", valores.texto, 5000) or "",
            "sector_id": self.sectores[sector].pk if sector else None,
            "unidad_id": unidad.pk if unidad else None,
            "costo_total": celdas.leer("costo_total", valores.dinero),
            "estado": self._estado(celdas),
            "inicio": celdas.leer("inicio", valores.fecha),
            "fin": celdas.leer("fin", valores.fecha),
            "sisin": celdas.leer("sisin", valores.texto, 20) or "",
            "cuce": celdas.leer("cuce", valores.texto, 40) or "",
            **geometria_en_columnas(geom),
        }
        if campos["inicio"] and campos["fin"] and campos["fin"] < campos["inicio"]:
            celdas.error("fin", valores.ValorInvalido("el proyecto termina antes de empezar.", "Corrija las fechas."))
        periodo = celdas.leer("pdm", _periodo)
        return FilaProyecto(
            numero,
            codigo
            or comun.codigo_de_contenido(
                "P",
                nombre,
                celdas.crudo("unidad"),
                celdas.crudo("cuce"),
                shapely.to_wkb(geom) if geom is not None else "",
            ),
            campos,
            periodo,
            demandas=self._referidas(celdas),
            beneficiarias=self._beneficiarias(celdas),
        )

    def _estado(self, celdas: Celdas) -> str:
        estado = (
            celdas.leer("estado", valores.uno_de, self.estados)
            or (E.PROGRAMADO if celdas.tiene("gestion") else E.IDEA).value
        )
        if celdas.tiene("estado"):
            self.vistos[valores.texto(celdas.crudo("estado")), estado] += 1
        return estado

    def contar_estados(self) -> None:
        """Say how each word of the file for a state was taken, so that nobody has to guess."""
        if self.vistos:
            nombres = dict(E.choices)
            self.plan.informe.listas["estados"] = [
                f"«{texto}» → {nombres.get(estado, estado)} ({veces})"
                for (texto, estado), veces in self.vistos.most_common()
            ]

    def _referidas(self, celdas: Celdas) -> frozenset[int]:
        codigos = [c.strip() for c in a_codigo(celdas.crudo("demandas")).split(";") if c.strip()]
        faltan = [c for c in codigos if c not in self.demandas]
        if faltan:
            celdas.error(
                "demandas", valores.ValorInvalido(f"no hay demandas {', '.join(faltan[:5])}.", "Cárguelas antes.")
            )
        return frozenset(self.demandas[c] for c in codigos if c in self.demandas)

    def _beneficiarias(self, celdas: Celdas) -> frozenset[int]:
        halladas = set()
        for parte in a_codigo(celdas.crudo("beneficiarias")).split(";"):
            nivel, dos, codigo = parte.strip().rpartition(":")
            if not codigo:
                continue
            unidad = self.buscador.por_codigo(codigo, nivel if dos else None)
            if unidad is None:
                celdas.error(
                    "beneficiarias",
                    valores.ValorInvalido(f"no hay unidad «{parte.strip()}».", "Escriba nivel:código; separe con ;."),
                )
            else:
                halladas.add(unidad.pk)
        return frozenset(halladas)

    def _operacion(self, celdas: Celdas) -> dict[str, Decimal]:
        """Money and progress of a year; empty cells are zero, the initial budget stands for a missing one in force."""
        montos = {c: celdas.leer(c, valores.dinero) for c in CAMPOS_OPERACION[:3]}
        avances = {c: celdas.leer(c, valores.porcentaje) for c in CAMPOS_OPERACION[3:]}
        if montos["presupuesto_vigente"] is None:
            montos["presupuesto_vigente"] = montos["presupuesto_inicial"]
        if montos["presupuesto_inicial"] is None:
            montos["presupuesto_inicial"] = montos["presupuesto_vigente"]
        operacion = {clave: valor or Decimal(0) for clave, valor in (montos | avances).items()}
        if operacion["devengado"] > operacion["presupuesto_vigente"]:
            celdas.error(
                "devengado",
                valores.ValorInvalido(
                    f"lo devengado ({operacion['devengado']}) pasa del presupuesto vigente"
                    f" ({operacion['presupuesto_vigente']}).",
                    "Cargue el presupuesto con sus modificaciones, o corrija el monto.",
                ),
            )
        return operacion


def _periodo(valor: object) -> tuple[int, int] | None:
    texto = a_codigo(valor).replace("–", "-").replace(" ", "")
    if not texto:
        return None
    desde, _guion, hasta = texto.partition("-")
    if not (desde.isdecimal() and hasta.isdecimal() and 1990 <= int(desde) <= int(hasta) <= 2100):
        raise valores.ValorInvalido(f"«{texto}» no es el periodo de un PDM.", "Escríbalo como 2025-2029.")
    return int(desde), int(hasta)


def _distintos(uno: FilaProyecto, otro: FilaProyecto) -> list[str]:
    """The fields in which two rows of one code, of different years, do not tell of the same project."""
    distintos = [campo.removesuffix("_id") for campo in CAMPOS if uno.campos[campo] != otro.campos[campo]]
    otros = (("pdm", "periodo"), ("demandas", "demandas"), ("beneficiarias", "beneficiarias"))
    return distintos + [campo for campo, atributo in otros if getattr(uno, atributo) != getattr(otro, atributo)]


def _cuces_repetidos(tabla, campos: dict[str, str], informe: Informe) -> None:
    columna = campos.get("cuce")
    if columna is None:
        return
    filas: dict[str, list[int]] = {}
    for fila in tabla.filas:
        if cuce := a_codigo(fila.celdas.get(columna)):
            filas.setdefault(cuce, []).append(fila.numero)
    repetidos = {cuce: numeros for cuce, numeros in filas.items() if len(numeros) > 1}
    informe.cuentas["cuce_repetidos"] = len(repetidos)
    for cuce, numeros in repetidos.items():
        informe.aviso(
            f"el CUCE «{cuce}» está en las filas {', '.join(map(str, numeros))}; se cargan todas.",
            "Un CUCE identifica una contratación: revise si es la misma.",
            fila=numeros[-1],
            campo=columna,
            codigo="cuce_repetido",
        )


def _comparar(filas: list[FilaProyecto], plan: Plan, *, publicar: bool) -> None:
    """Keep what is new or differs; count the rest."""
    guardados = {
        p.codigo: p
        for p in Proyecto.objects.filter(municipio=plan.municipio, codigo__in=[f.codigo for f in filas])
        .select_related("pdm")
        .prefetch_related("operaciones__poa", "beneficiarias", "demandas")
    }
    cuentas = Counter()
    for fila in filas:
        fila.existente = guardados.get(fila.codigo)
        if fila.existente is None:
            cuentas["nuevas"] += 1
        elif _difiere(fila) or (publicar and not fila.existente.publicado):
            cuentas["cambiadas"] += 1
        else:
            cuentas["iguales"] += 1
            continue
        plan.filas.append(fila)
    plan.informe.cuentas["proyectos"] = len(filas)
    plan.informe.cuentas["operaciones"] = sum(len(f.operaciones) for f in filas)
    plan.informe.cuentas |= {clave: cuentas[clave] for clave in ("nuevas", "cambiadas", "iguales")}


def _difiere(fila: FilaProyecto) -> bool:
    p = fila.existente
    guardadas = {o.poa.gestion: {c: getattr(o, c) for c in CAMPOS_OPERACION} for o in p.operaciones.all()}
    periodo = (p.pdm.desde, p.pdm.hasta) if p.pdm else None
    return (
        any(getattr(p, campo) != fila.campos[campo] for campo in CAMPOS)
        or periodo != fila.periodo
        or any(guardadas.get(gestion) != operacion for gestion, operacion in fila.operaciones.items())
        or {d.pk for d in p.demandas.all()} != fila.demandas
        or {u.pk for u in p.beneficiarias.all()} != fila.beneficiarias
    )


def escribir(plan: Plan, pedido: PedidoTabla) -> None:
    """Store the plan; see `proyectos.services.escritura`."""
    from proyectos.services.escritura import escribir_proyectos

    escribir_proyectos(plan, pedido)
