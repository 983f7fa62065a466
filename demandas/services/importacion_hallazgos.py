"""Import of findings from a table: read and compare (`planear`), then store in one transaction (`escribir`)."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from demandas.models import Demanda, DemandaHallazgo, Grupo, Hallazgo, TipoDeHallazgo
from demandas.services.diagnostico import huecos
from territorio.importacion import pedido_tabla as comun
from territorio.importacion import valores
from territorio.importacion.informe import Informe
from territorio.importacion.pedido_tabla import PedidoTabla, opciones_de
from territorio.importacion.tabla import Celdas
from territorio.importacion.texto import a_codigo, normalizar
from territorio.importacion.unidades import Buscador
from territorio.models import UnidadTerritorial

DESTINOS: dict[str, tuple[str, ...]] = {
    "texto": ("hallazgo", "descripcion", "que se hallo"),
    "tipo": ("clase", "que es"),
    "unidad": ("comunidad", "otb"),
    "nivel": (),
    "sector": ("programa",),
    "grupo": ("quien lo dice",),
    "puesto": ("rango", "orden"),
    "demandas": ("demanda", "codigos de demanda"),
    "municipio": (),
}
TIPOS = opciones_de(TipoDeHallazgo) | {
    "problemas": "problema",
    "potencial": "potencialidad",
    "potencialidades": "potencialidad",
    "limitaciones": "limitacion",
    "aspiraciones": "aspiracion",
}
# What tells one finding from another: the same words of the same group in the same place are the same one.
Clave = tuple[int, str, str, str]


@dataclass
class FilaHallazgo:
    numero: int
    unidad: UnidadTerritorial
    campos: dict[str, Any]
    demandas: list[str]
    existente: Hallazgo | None = None

    @property
    def clave(self) -> Clave:
        return self.unidad.pk, self.campos["tipo"], self.campos["grupo"], normalizar(self.campos["texto"])


@dataclass
class Plan:
    informe: Informe
    municipio: UnidadTerritorial | None = None
    filas: list[FilaHallazgo] = field(default_factory=list)
    demandas: dict[str, Demanda] = field(default_factory=dict)
    # Findings that hold a rank which another is to have: they are stored without, first.
    desalojados: list[int] = field(default_factory=list)


def planear(pedido: PedidoTabla, *, simulado: bool = False) -> Plan:
    """Read the file, check each row and the orders of ranks, and compare with what is stored. Writes nothing."""
    plan = Plan(Informe("Importación de hallazgos", pedido.archivo.name, simulado=simulado))
    informe = plan.informe
    plan.municipio, nivel = comun.resolver_destino(pedido, informe)
    if not informe.aceptable:
        return plan
    tabla, campos = comun.abrir_tabla(pedido, informe, DESTINOS, obligatorio="texto", que="dice qué se halló")
    for obligatorio, que in (("tipo", "dice qué es (problema, potencialidad …)"), ("unidad", "dice la comunidad")):
        if informe.aceptable and obligatorio not in campos:
            informe.error(
                f"no se sabe qué columna {que}.",
                f"Dígalo con --columnas COLUMNA={obligatorio}; hay: {', '.join(tabla.columnas)}.",
                codigo=f"sin_{obligatorio}",
            )
    if not informe.aceptable:
        return plan
    plan.demandas = (
        {d.codigo: d for d in Demanda.objects.filter(municipio=plan.municipio)} if "demandas" in campos else {}
    )
    lector = _Lector(pedido, plan, Buscador(plan.municipio, informe, nivel, comun.NO_SE_CARGA))
    leidas = [lector.fila(Celdas(fila, campos, informe)) for fila in tabla.filas]
    filas = [fila for fila in leidas if fila is not None]
    informe.cuentas["sin_cargar"] = len(leidas) - len(filas)
    if informe.aceptable:
        _comparar(filas, plan, publicar=pedido.publicar)
        _revisar_puestos(filas, plan)
    return plan


@transaction.atomic
def escribir(plan: Plan, pedido: PedidoTabla) -> None:
    """Store the plan's findings and their links with demands; all or nothing."""
    if not plan.informe.aceptable:
        raise ValueError("Un plan con errores no se escribe.")
    Hallazgo.objects.filter(pk__in=plan.desalojados).update(puesto=None)
    nuevas = [f for f in plan.filas if f.existente is None]
    cambiadas = [f for f in plan.filas if f.existente is not None]
    objetos = [
        Hallazgo(municipio=plan.municipio, unidad=f.unidad, publicado=pedido.publicar, **f.campos) for f in nuevas
    ]
    Hallazgo.objects.bulk_create(objetos, batch_size=1000)
    for fila, objeto in zip(nuevas, objetos, strict=True):
        fila.existente = objeto
    for fila in cambiadas:
        for campo, valor in fila.campos.items():
            setattr(fila.existente, campo, valor)
        # A load may publish a draft; what the public has seen it never takes back.
        fila.existente.publicado = fila.existente.publicado or pedido.publicar
    campos = ["sector_id", "puesto", "texto", "publicado"]
    Hallazgo.objects.bulk_update([f.existente for f in cambiadas], campos, batch_size=500)
    DemandaHallazgo.objects.bulk_create(
        [DemandaHallazgo(demanda=plan.demandas[c], hallazgo=f.existente) for f in plan.filas for c in f.demandas],
        ignore_conflicts=True,
    )
    plan.informe.escrito = True


class _Lector:
    """Turns one row after the other into fields; a row that is of nobody is left out, and the report says so."""

    def __init__(self, pedido: PedidoTabla, plan: Plan, buscador: Buscador) -> None:
        self.pedido, self.plan, self.buscador = pedido, plan, buscador
        self.sectores = comun.sectores_por_codigo()
        self.nombres_de_sector = comun.sectores_por_nombre() | pedido.equivalencias("sector")
        self.tipos = TIPOS | pedido.equivalencias("tipo")
        self.grupos = opciones_de(Grupo) | {"todos": Grupo.COMUNIDAD.value} | pedido.equivalencias("grupo")
        self.usadas: dict[Clave, int] = {}

    def fila(self, celdas: Celdas) -> FilaHallazgo | None:
        numero = celdas.fila.numero
        if celdas.tiene("municipio"):
            comun.exigir_municipio(celdas, self.plan.municipio)
        for campo, que in (("texto", "no dice qué se halló."), ("tipo", "no dice qué es.")):
            if not celdas.tiene(campo):
                celdas.error(campo, valores.ValorInvalido(que, "Llene la celda, o quite la fila."))
        unidad = self._unidad(celdas)
        sector = celdas.leer("sector", valores.uno_de, self.nombres_de_sector)
        campos = {
            "tipo": celdas.leer("tipo", valores.uno_de, self.tipos) or TipoDeHallazgo.PROBLEMA.value,
            "grupo": celdas.leer("grupo", valores.uno_de, self.grupos) or Grupo.COMUNIDAD.value,
            "texto": celdas.leer("texto", valores.texto, 1000) or "",
            "sector_id": self.sectores[sector].pk if sector else None,
            "puesto": celdas.leer("puesto", valores.entero, maximo=999, minimo=1),
        }
        demandas = self._demandas(celdas)
        if unidad is None:
            return None
        fila = FilaHallazgo(numero, unidad, campos, demandas)
        if (antes := self.usadas.setdefault(fila.clave, numero)) != numero:
            self.plan.informe.aviso(
                f"dice lo mismo que la fila {antes}; {comun.NO_SE_CARGA}.",
                "Si son dos cosas, dígalo con otras palabras.",
                fila=numero,
                codigo="fila_repetida",
            )
            return None
        return fila

    def _unidad(self, celdas: Celdas) -> UnidadTerritorial | None:
        if not celdas.tiene("unidad"):
            self.plan.informe.aviso(
                f"no dice de qué comunidad es; {comun.NO_SE_CARGA}.",
                "Ponga su código o su nombre.",
                fila=celdas.fila.numero,
                campo=celdas.campos.get("unidad"),
                codigo="sin_unidad",
            )
        return self.buscador.hallar(
            celdas.crudo("unidad"),
            celdas.crudo("nivel") if celdas.tiene("unidad") else None,
            fila=celdas.fila.numero,
            campo=celdas.campos.get("unidad", "unidad"),
        )

    def _demandas(self, celdas: Celdas) -> list[str]:
        dichas = [codigo.strip() for codigo in a_codigo(celdas.crudo("demandas")).split(";") if codigo.strip()]
        for codigo in dichas:
            if codigo not in self.plan.demandas:
                celdas.error(
                    "demandas",
                    valores.ValorInvalido(f"no hay una demanda «{codigo}».", "Cárguela antes, o corrija el código."),
                )
        return list(dict.fromkeys(dichas))


def _comparar(filas: list[FilaHallazgo], plan: Plan, *, publicar: bool) -> None:
    """Keep what is new or differs; count the rest. Only what hangs on no meeting is compared: the rest has its own order."""
    guardados: dict[Clave, Hallazgo] = {
        (h.unidad_id, h.tipo, h.grupo, normalizar(h.texto)): h
        for h in Hallazgo.objects.filter(municipio=plan.municipio, evento=None).prefetch_related("demandas")
    }
    cuentas: Counter[str] = Counter()
    for fila in filas:
        fila.existente = guardados.get(fila.clave)
        if fila.existente is None:
            cuentas["nuevas"] += 1
        elif _difiere(fila) or (publicar and not fila.existente.publicado):
            cuentas["cambiadas"] += 1
        else:
            cuentas["iguales"] += 1
            continue
        plan.filas.append(fila)
    plan.informe.cuentas |= {clave: cuentas[clave] for clave in ("nuevas", "cambiadas", "iguales")}
    plan.informe.cuentas["con_demanda"] = sum(1 for f in filas if f.demandas)


def _difiere(fila: FilaHallazgo) -> bool:
    uno = fila.existente
    return any(getattr(uno, campo) != valor for campo, valor in fila.campos.items()) or not set(fila.demandas) <= {
        d.codigo for d in uno.demandas.all()
    }


def _revisar_puestos(filas: list[FilaHallazgo], plan: Plan) -> None:
    """A rank twice in one order, in the file or with what is stored, is an error; one that is skipped, a warning."""
    del_archivo = {f.existente.pk for f in filas if f.existente}
    tomados: dict[tuple, dict[int, str]] = defaultdict(dict)
    for h in Hallazgo.objects.filter(municipio=plan.municipio, evento=None).exclude(puesto=None):
        if h.pk not in del_archivo:
            tomados[h.unidad_id, h.tipo, h.grupo][h.puesto] = f"«{h}», que ya está guardado"
    for fila in filas:
        puesto, orden = fila.campos["puesto"], tomados[fila.clave[:3]]
        if puesto is None:
            continue
        if puesto in orden:
            grupo = Grupo(fila.campos["grupo"]).label
            plan.informe.error(
                f"el puesto {puesto} de {grupo} en {fila.unidad.nombre} ya lo tiene {orden[puesto]}.",
                "Dé a cada uno su puesto.",
                fila=fila.numero,
                campo="puesto",
                codigo="puesto_repetido",
            )
        else:
            orden[puesto] = f"la fila {fila.numero}"
    plan.desalojados = [f.existente.pk for f in plan.filas if f.existente and f.existente.puesto != f.campos["puesto"]]
    por_unidad: dict[int, list[FilaHallazgo]] = defaultdict(list)
    for fila in filas:
        por_unidad[fila.unidad.pk].append(fila)
    for suyas in por_unidad.values():
        de_la_unidad = [Hallazgo(**f.campos) for f in suyas]
        for hueco in huecos(de_la_unidad):
            plan.informe.aviso(
                f"{suyas[0].unidad.nombre}: {hueco}",
                "Se carga así; revise si falta una fila.",
                fila=suyas[0].numero,
                codigo="puesto_saltado",
            )
